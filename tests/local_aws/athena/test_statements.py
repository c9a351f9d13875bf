"""What changes the catalog and writes: CTAS, UNLOAD, DDL in Hive's words, and what shows it."""

import pytest
from botocore.exceptions import ClientError


def test_create_table_as_with_partitions(lake):
    execution = lake.run(
        "create table forest.copies with (format = 'PARQUET', external_location = 's3://elsewhere/copies/', "
        "partitioned_by = array['day']) as select id, price, day from trees"
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert lake.rows("select id, price, day from copies order by id")[1:] == [
        ["1", "10.00", "2020-01-01"], ["2", "0.10", "2020-01-01"], ["3", "7.25", "2020-01-02"],
    ]  # fmt: skip
    assert lake.rows("show partitions forest.copies") == [["day=2020-01-01"], ["day=2020-01-02"]]
    manifest = execution["Statistics"]["DataManifestLocation"].removeprefix("s3://results/")
    files = lake.s3.get_object(Bucket="results", Key=manifest)["Body"].read().decode().split()
    assert [file.rpartition("/")[0] for file in files] == [
        "s3://elsewhere/copies/day=2020-01-01", "s3://elsewhere/copies/day=2020-01-02",
    ]  # fmt: skip
    assert lake.reason("create table forest.copies as select 1 as a").startswith("TABLE_ALREADY_EXISTS")


def test_unload(lake):
    lake.rows("unload (select id from trees order by id) to 's3://elsewhere/unloaded/' with (format = 'PARQUET')")
    listed = lake.s3.list_objects_v2(Bucket="elsewhere", Prefix="unloaded/")["Contents"]
    assert len(listed) == 1
    assert "WITH (format = ORC)" in lake.reason("unload (select 1 as a) to 's3://elsewhere/x/' with (format = 'ORC')")


def test_unload_names_folders_as_hive_does(lake):
    lake.rows(
        "unload (select 1 as id, 'a b/c' as part) to 's3://elsewhere/parted/' "
        "with (format = 'PARQUET', partitioned_by = array['part'])"
    )
    (entry,) = lake.s3.list_objects_v2(Bucket="elsewhere", Prefix="parted/")["Contents"]
    assert entry["Key"].startswith("parted/part=a b%2Fc/")


def test_what_there_is(lake):
    assert ["trees"] in lake.rows("show tables in `forest`")
    assert lake.rows("SHOW TABLES IN forest 'tre*'") == [["trees"]]
    assert ["forest"] in lake.rows("show databases")
    assert lake.rows("show columns in `forest`.`trees`") == [["id"], ["kind"], ["height"], ["price"], ["day"]]
    described = [line.split() for (line,) in lake.rows("describe `forest`.`trees`")]
    assert described[3:] == [
        ["price", "decimal(12,2)"], ["day", "string"], [],
        ["#", "Partition", "Information"], ["#", "col_name", "data_type", "comment"], [], ["day", "string"],
    ]  # fmt: skip
    assert any("READ_PARQUET" in row[0] for row in lake.rows("explain select id from trees"))


def test_information_schema_and_partitions(lake):
    assert lake.rows(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'forest' and table_name = 'trees' order by ordinal_position"
    )[1:] == [
        ["id", "integer"],
        ["kind", "varchar"],
        ["height", "double"],
        ["price", "decimal(12,2)"],
        ["day", "varchar"],
    ]
    assert lake.rows('select max(day) from "trees$partitions"')[1:] == [["2020-01-02"]]


def test_databases_tables_and_partitions_come_and_go(lake):
    lake.rows("create database if not exists `grove`")
    lake.rows("create database if not exists `grove`")
    assert "AlreadyExistsException" in lake.reason("create schema grove")
    lake.rows(
        "create external table `grove`.`t` (a int) partitioned by (d string) stored as parquet location 's3://lake/t/'"
    )
    lake.rows(
        "alter table grove.t add if not exists partition (d = '1') location 's3://lake/t/one/' partition (d = '2')"
    )
    assert lake.rows("show partitions grove.t") == [["d=1"], ["d=2"]]
    lake.rows("alter table grove.t drop partition (d = '1')")
    assert lake.rows("show partitions grove.t") == [["d=2"]]
    lake.rows("drop table `grove`.`t`")
    lake.rows("drop table if exists grove.t")
    lake.rows("drop database grove")
    assert "EntityNotFoundException" in lake.reason("drop table nobody")


def test_a_table_that_is_not_there_is_not_invented(lake):
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="forest", TableName="nobody")
