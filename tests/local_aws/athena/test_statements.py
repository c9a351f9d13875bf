"""What writes, CTAS and INSERT, and what shows the catalog."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.athena.conftest import make_table


def test_create_table_as_with_partitions(lake):
    execution = lake.run(
        "create table forest.copies with (format = 'PARQUET', external_location = 's3://elsewhere/copies/', "
        "partitioned_by = array['day']) as select id, price, day from trees"
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert lake.rows("select id, price, day from copies order by id")[1:] == [
        ["1", "10.00", "2020-01-01"], ["2", "0.10", "2020-01-01"], ["3", "7.25", "2020-01-02"],
    ]  # fmt: skip
    assert lake.rows('select day from "copies$partitions" order by 1')[1:] == [["2020-01-01"], ["2020-01-02"]]
    manifest = execution["Statistics"]["DataManifestLocation"].removeprefix("s3://results/")
    files = lake.s3.get_object(Bucket="results", Key=manifest)["Body"].read().decode().split()
    assert [file.rpartition("/")[0] for file in files] == [
        "s3://elsewhere/copies/day=2020-01-01", "s3://elsewhere/copies/day=2020-01-02",
    ]  # fmt: skip
    assert lake.reason("create table forest.copies as select 1 as a").startswith("TABLE_ALREADY_EXISTS")


def test_insert(lake, aws):
    make_table(aws.client("glue"), "grown", ["id int", "note string"], ["day string"])
    lake.rows("insert into grown (day, id) values ('2020-01-01', 1)")
    lake.rows("insert into forest.grown select id, kind, day from trees where id = 3")
    assert lake.rows("select id, note, day from grown order by id")[1:] == [
        ["1", None, "2020-01-01"], ["3", "oak, old", "2020-01-02"],
    ]  # fmt: skip
    assert len(lake.s3.list_objects_v2(Bucket="lake", Prefix="grown/day=2020-01-01/")["Contents"]) == 1


def test_files_of_other_formats_are_refused(lake, aws):
    assert "does not do WITH (format = ORC)" in lake.reason("create table orc with (format = 'ORC') as select 1 as a")
    assert "does not do INSERT into a table of csv files" in lake.reason("insert into notes values (1, 'a')")
    make_table(aws.client("glue"), "lines", ["id int"], kind="json")
    lake.s3.put_object(Bucket="lake", Key="lines/a.json", Body=b'{"id": 1}')
    assert "does not do tables of json files" in lake.reason("select * from lines")


def test_what_there_is(lake):
    assert ["trees"] in lake.rows("show tables in `forest`")
    assert ["trees"] in lake.rows("SHOW TABLES")
    described = [line.split() for (line,) in lake.rows("describe `forest`.`trees`")]
    assert described[3:] == [
        ["price", "decimal(12,2)"], ["day", "string"], [],
        ["#", "Partition", "Information"], ["#", "col_name", "data_type", "comment"], [], ["day", "string"],
    ]  # fmt: skip
    assert lake.rows('select max(day) from "trees$partitions"')[1:] == [["2020-01-02"]]


def test_a_table_that_is_not_there_is_not_invented(lake):
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="forest", TableName="nobody")
