import boto3
import pytest
from botocore.exceptions import ClientError

EGGS = """create external table if not exists eggs (hen string comment 'who laid', n int)
partitioned by (day string)
row format delimited fields terminated by ','
stored as textfile
location 's3://barn/eggs/'
tblproperties ('skip.header.line.count'='1')"""


@pytest.fixture(scope="module")
def eggs(athena):
    athena.run(EGGS)
    athena.s3.put_object(Bucket="barn", Key="eggs/day=2021-01-01/a.csv", Body=b"hen,n\nberta,1\nclara,x\n")
    athena.s3.put_object(Bucket="barn", Key="eggs/day=2021-01-02/a.csv", Body=b"hen,n\nberta,3,more\n\\N,7\nclara\n")
    athena.s3.put_object(Bucket="barn", Key="eggs/day=2021-01-02/_SUCCESS", Body=b"x")
    athena.rows("msck repair table eggs")
    return athena


def malformed(athena, sql, **more):
    with pytest.raises(ClientError) as e:
        athena.start(sql, **more)
    assert e.value.response["Error"]["Code"] == "InvalidRequestException"
    return e.value.response["Error"]["Message"]


def test_a_text_table_reads_as_hive_does(eggs):
    # too many fields: the rest is left out; too few or not a number: null; \N is null; _SUCCESS is hidden
    assert eggs.rows("select hen, n, day from eggs order by day, n, hen") == [
        ["berta", "1", "2021-01-01"],
        ["clara", None, "2021-01-01"],
        ["berta", "3", "2021-01-02"],
        [None, "7", "2021-01-02"],
        ["clara", None, "2021-01-02"],
    ]


def test_create_table_makes_the_catalog_entry(eggs):
    table = eggs.glue.get_table(DatabaseName="farm", Name="eggs")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "hen", "Type": "string", "Comment": "who laid"},
        {"Name": "n", "Type": "int"},
    ]
    assert table["StorageDescriptor"]["Location"] == "s3://barn/eggs/"
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["field.delim"] == ","
    assert table["Parameters"]["skip.header.line.count"] == "1"


def test_create_table_refuses_what_it_cannot_read(athena):
    assert "STORED AS orc" in malformed(athena, "create external table t (a int) stored as orc location 's3://barn/t/'")
    assert "column type uniontype" in malformed(athena, "create external table t (a uniontype) location 's3://barn/t/'")
    assert "Expecting: 'LOCATION'" in malformed(athena, "create external table t (a int)")
    assert "SERDE x.y" in malformed(
        athena, "create external table t (a int) row format serde 'x.y' location 's3://barn/t/'"
    )


def test_create_table_twice(eggs):
    eggs.run(EGGS)
    assert "AlreadyExistsException(message:Table eggs already exists.)" in eggs.fails(
        EGGS.replace("if not exists ", "")
    )


def test_open_csv_serde(athena):
    athena.run(
        """create external table quoted (a string, b int) row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
           with serdeproperties ('separatorChar'=';') location 's3://barn/quoted/'"""
    )
    athena.s3.put_object(Bucket="barn", Key="quoted/x.csv", Body=b'"x;y";"1"\nplain;2\n')
    assert athena.rows("select a, b + 1 from quoted order by 2") == [["x;y", "2"], ["plain", "3"]]


def test_msck_adds_what_lies_there_and_says_so(athena):
    athena.run("create external table visits (n int) partitioned by (y string, m int) location 's3://barn/visits/'")
    athena.s3.put_object(Bucket="barn", Key="visits/y=2021/m=3/f", Body=b"5\n")
    athena.s3.put_object(Bucket="barn", Key="visits/other/f", Body=b"6\n")
    assert athena.rows("msck repair table visits") == [
        ["Partitions not in metastore:", "visits:y=2021/m=3"],
        ["Repair: Added partition to metastore visits:y=2021/m=3"],
    ]
    assert athena.rows("msck repair table visits") == []
    athena.run("create external table whole (n int) location 's3://barn/whole/'")
    assert "is not a partitioned table" in athena.fails("show partitions whole")
    assert athena.rows("select * from visits where m = 3") == [["5", "2021", "3"]]
    assert athena.rows("show partitions visits") == [["y=2021/m=3"]]


def test_partitions_are_added_and_dropped(eggs):
    eggs.run("alter table eggs add partition (day='2021-01-05') location 's3://barn/eggs/day=2021-01-01/'")
    assert eggs.rows("select count(*) from eggs where day = '2021-01-05'") == [["2"]]
    assert "Partition already exists" in eggs.fails("alter table eggs add partition (day='2021-01-05')")
    eggs.run("alter table eggs add if not exists partition (day='2021-01-05')")
    eggs.run("alter table eggs drop partition (day='2021-01-05')")
    assert "Partition not found" in eggs.fails("alter table eggs drop partition (day='2021-01-05')")
    eggs.run("alter table eggs drop if exists partition (day='2021-01-05')")
    assert eggs.rows("show partitions eggs") == [["day=2021-01-01"], ["day=2021-01-02"]]
    assert "ALTER TABLE ... SET" in malformed(eggs, "alter table eggs set tblproperties ('a'='b')")


def test_show_and_describe(eggs):
    assert ["eggs"] in eggs.rows("show tables")
    assert eggs.rows("show tables in farm 'egg*'") == [["eggs"]]
    assert ["farm"] in eggs.rows("show databases")
    assert eggs.rows("show columns in eggs") == [["hen"], ["n"], ["day"]]
    assert [c.strip() for c in eggs.rows("describe eggs")[0]] == ["hen", "string", "who laid"]
    statement = "\n".join(r[0] for r in eggs.rows("show create table eggs"))
    assert "CREATE EXTERNAL TABLE `farm.eggs`(" in statement
    assert "`hen` string COMMENT 'who laid'" in statement
    assert "'s3://barn/eggs'" in statement


def test_databases(athena):
    athena.run("create database mill comment 'flour'")
    assert athena.glue.get_database(Name="mill")["Database"]["Description"] == "flour"
    assert "already exists" in athena.fails("create database mill")
    athena.run("create database if not exists mill")
    athena.run("create external table mill.t (a int) location 's3://barn/mill/'")
    assert "is not empty" in athena.fails("drop database mill")
    athena.run("drop database mill cascade")
    assert "Database does not exist" in athena.fails("drop database mill")
    athena.run("drop database if exists mill")


def test_create_table_as_select(eggs):
    execution = eggs.run(
        """create table laid with (format = 'PARQUET', external_location = 's3://barn/laid', partitioned_by = array['day'],
           write_compression = 'SNAPPY') as select upper(hen) hen, n, cast(n as decimal(5,1)) / 2 half, day from eggs"""
    )
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "CREATE_TABLE_AS_SELECT")
    table = eggs.glue.get_table(DatabaseName="farm", Name="laid")["Table"]
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("hen", "string"), ("n", "int"), ("half", "decimal(5,1)"),
    ]  # fmt: skip
    assert {k.rsplit("/", 1)[0] for k in eggs.keys("barn", "laid/")} == {"laid/day=2021-01-01", "laid/day=2021-01-02"}
    assert eggs.rows("select hen, half from laid where day = '2021-01-02' and n = 3") == [["BERTA", "1.5"]]
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert sorted(eggs.object(manifest).decode().split()) == sorted(
        f"s3://barn/{k}" for k in eggs.keys("barn", "laid/")
    )
    assert "Destination table 'awsdatacatalog.farm.laid' already exists" in eggs.fails(
        "create table laid as select 1 as a"
    )
    eggs.run("create table if not exists laid as select 1 as a")


def test_create_table_as_select_below_the_results(eggs):
    execution = eggs.run("create table sums as select sum(n) total from eggs")
    location = eggs.glue.get_table(DatabaseName="farm", Name="sums")["Table"]["StorageDescriptor"]["Location"]
    assert location == f"s3://results/athena/tables/{execution['QueryExecutionId']}/"
    assert eggs.rows("select total from sums") == [["11"]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("create table x as select 1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"),
        (
            "create table x as select 1 a, 2 a",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
        ),
        ("create table x as select null a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a"),
        ("create table x with (format = 'ORC') as select 1 a", "NOT_SUPPORTED: format ORC of CREATE_TABLE_AS_SELECT"),
        ("create table x with (bucket_count = 5) as select 1 a", "NOT_SUPPORTED: property bucket_count"),
        ("create table x with (partitioned_by = array['a']) as select 1 a, 2 b", "HIVE_COLUMN_ORDER_MISMATCH"),
        ("create table x as select nosuch from eggs", "COLUMN_NOT_FOUND: line 1:26: Column 'nosuch'"),
        ("create table x with (external_location = 's3://barn/eggs/') as select 1 a", "HIVE_PATH_ALREADY_EXISTS"),
        (
            "create table x with (partitioned_by = array['p']) as select 1 a, p from unnest(sequence(1, 101)) as t(p)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets",
        ),
    ],
)
def test_create_table_as_select_that_fails(eggs, sql, reason):
    assert eggs.fails(sql).startswith(reason)
    with pytest.raises(ClientError):
        eggs.glue.get_table(DatabaseName="farm", Name="x")


def test_insert_into(eggs):
    eggs.run(
        "create table stock with (external_location = 's3://barn/stock/', partitioned_by = array['day']) as select 'a' hen, 1 n, '2021-01-01' day"
    )
    execution = eggs.run("insert into stock select 'b', cast(2 as integer), '2021-01-02'")
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "INSERT")
    found = eggs.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert found["UpdateCount"] == 1
    eggs.run("insert into stock (hen, day) values ('c', '2021-01-02'), ('d', '2021-01-03')")
    assert eggs.rows("select hen, n, day from stock order by hen") == [
        ["a", "1", "2021-01-01"], ["b", "2", "2021-01-02"], ["c", None, "2021-01-02"], ["d", None, "2021-01-03"],
    ]  # fmt: skip
    assert eggs.fails("insert into stock values (1, 2, 3)") == (
        "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
        "Table: [varchar(1), integer, varchar(10)], Query: [integer, integer, integer]"
    )
    assert eggs.fails("insert into stock (nosuch) values (1)").startswith("COLUMN_NOT_FOUND")
    assert eggs.fails("insert into eggs values ('x', 1, '2021-01-01')").startswith(
        "NOT_SUPPORTED: INSERT INTO a table of format text"
    )


def test_unload(eggs):
    unload = "unload (select hen, n from eggs where n is not null) to 's3://barn/unloaded/' with (format = 'PARQUET', compression = 'SNAPPY')"
    execution = eggs.run(unload)
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "UNLOAD")
    eggs.run("create external table back (hen string, n int) stored as parquet location 's3://barn/unloaded/'")
    assert eggs.rows("select sum(n) from back") == [["11"]]
    assert eggs.fails(unload).startswith("HIVE_PATH_ALREADY_EXISTS")
    assert "property 'format'" in malformed(eggs, "unload (select 1 a) to 's3://barn/u/'")
    assert eggs.fails("unload (select 1 a) to 's3://barn/u/' with (format = 'AVRO')").startswith(
        "NOT_SUPPORTED: format AVRO of UNLOAD"
    )


def test_views(eggs):
    eggs.run("create view layers as select hen, sum(n) total from eggs where day >= '2021-01-01' group by hen")
    assert eggs.rows("select total from layers where hen = 'berta'") == [["4"]]
    assert eggs.rows(
        "select l.total from layers l join eggs e on e.hen = l.hen where e.day = '2021-01-01' order by 1"
    ) == [["4"], [None]]
    assert "View already exists" in eggs.fails("create view layers as select 1 a")
    eggs.run("create or replace view layers as select 1 a")
    assert eggs.rows("select * from layers") == [["1"]]
    assert "Cannot drop a view with DROP TABLE" in eggs.fails("drop table layers")
    eggs.run("drop view layers")
    assert "does not exist" in eggs.fails("drop view layers")
    eggs.run("drop view if exists layers")


def test_a_view_whose_table_went_away(eggs):
    eggs.run("create table gone as select 1 a")
    eggs.run("create view over_gone as select a from gone")
    eggs.run("drop table gone")
    assert eggs.fails("select * from over_gone").startswith(
        "INVALID_VIEW: Failed analyzing stored view 'farm.over_gone': TABLE_NOT_FOUND"
    )


def test_parameters(eggs):
    assert eggs.rows("select hen from eggs where n = ? and day = ?", ExecutionParameters=["3", "'2021-01-02'"]) == [
        ["berta"]
    ]
    assert "expected 1 but found 0" in malformed(eggs, "select ?")
    assert "expected 0 but found 1" in malformed(eggs, "select 1", ExecutionParameters=["1"])


def test_prepared_statements(eggs):
    eggs.run("prepare mine from select hen from eggs where n > ? order by 1")
    assert eggs.rows("execute mine using 2") == [["berta"], [None]]
    assert eggs.rows("execute mine", ExecutionParameters=["5"]) == [[None]]
    eggs.run("deallocate prepare mine")
    assert "Prepared statement mine not found" in malformed(eggs, "execute mine using 2")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * frm eggs where", "line 1:14: mismatched input 'eggs'"),
        ("selec 1", "Queries of this type are not supported: SELEC"),
        ("explain select 1", "Queries of this type are not supported: EXPLAIN"),
        ("update eggs set n = 1", "Queries of this type are not supported: UPDATE"),
        ("select 1; select 2", "Only one sql statement is allowed"),
        ("select 'a", "line 1:1:"),
        ("create table t (a int)", "line 1:16: mismatched input '('. Expecting: 'AS'"),
        ("drop table a b", "line 1:14: mismatched input 'b'. Expecting: <EOF>"),
        ("", "Queries of this type are not supported: nothing"),
    ],
)
def test_malformed(athena, sql, message):
    if not sql:
        sql = "-- nothing"
    assert message in malformed(athena, sql)


def test_drop_table_keeps_the_files(athena):
    athena.run("create table short_lived with (external_location = 's3://barn/short/') as select 1 a")
    athena.run("drop table short_lived")
    assert len(athena.keys("barn", "short/")) == 1
    assert "Table not found farm.short_lived" in athena.fails("drop table short_lived")
    athena.run("drop table if exists short_lived")


def test_clients_of_another_region_see_another_catalog(athena):
    url = athena.client.meta.endpoint_url
    elsewhere = boto3.client("athena", endpoint_url=url, region_name="eu-west-1")
    assert elsewhere.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"] == []
