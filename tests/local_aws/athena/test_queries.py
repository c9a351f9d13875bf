"""Queries through Athena's API: rows, types, what was read, what is refused."""

import time

import duckdb
import pytest
from botocore.exceptions import ClientError

from local_aws.athena import queries
from local_aws.athena.trino import Result
from tests.local_aws.athena.conftest import Athena

READ = {
    "Effect": "Allow",
    "Action": ["athena:*", "glue:*", "s3:GetBucketLocation", "s3:ListBucket", "s3:PutObject"],
    "Resource": "*",
}


def test_rows_types_and_the_result_file(lake):
    sql = "select id, kind, height, price, cast(day as date) as day, id = 1 as first from trees order by id"
    assert lake.rows(sql) == [
        ["id", "kind", "height", "price", "day", "first"],
        ["1", "oak", "2.5", "10.00", "2020-01-01", "true"],
        ["2", "ash", None, "0.10", "2020-01-01", "false"],
        ["3", "oak, old", "12.0", "7.25", "2020-01-02", "false"],
    ]
    execution = lake.run(sql)
    place = execution["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://results/{execution['QueryExecutionId']}.csv"
    body = lake.s3.get_object(Bucket="results", Key=f"{execution['QueryExecutionId']}.csv")["Body"].read().decode()
    assert body.splitlines()[2] == '"2","ash",,"0.10","2020-01-01","false"'
    columns = lake.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
    described = columns["ResultSetMetadata"]["ColumnInfo"]
    assert [(column["Type"], column["Precision"], column["Scale"]) for column in described] == [
        ("integer", 10, 0), ("varchar", 2147483647, 0), ("double", 17, 0), ("decimal", 12, 2), ("date", 0, 0), ("boolean", 0, 0),
    ]  # fmt: skip


def test_results_come_page_by_page(lake):
    query_id = lake.run("select * from (values 1, 2, 3) as t (n) order by n")["QueryExecutionId"]
    pages = lake.client.get_paginator("get_query_results").paginate(
        QueryExecutionId=query_id, PaginationConfig={"PageSize": 2}
    )
    rows = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in pages]
    assert rows == [["n", "1"], ["2", "3"]]


def test_a_workgroup_that_enforces_its_place_decides(lake):
    elsewhere = {"ResultConfiguration": {"OutputLocation": "s3://elsewhere/"}}
    execution = lake.run("select 1", **elsewhere)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://results/")
    primary = Athena.__new__(Athena)
    primary.client, primary.s3, primary.workgroup = lake.client, lake.s3, "primary"
    assert primary.run("select 1", **elsewhere)["ResultConfiguration"]["OutputLocation"].startswith("s3://elsewhere/")


def scanned(lake, sql):
    return lake.run(sql)["Statistics"]["DataScannedInBytes"]


def test_bytes_scanned_are_those_of_the_columns_and_partitions_that_are_read(lake):
    everything = scanned(lake, "select * from trees")
    one_column = scanned(lake, "select id from trees")
    one_day = scanned(lake, "select id from trees where day = '2020-01-02'")
    beside = "trees cross join unnest(array[id]) as each_id (x)"
    assert scanned(lake, f"select x from {beside} where day = '2020-01-02'") == one_day
    later = scanned(lake, "select id from trees where day > cast(date '2020-01-02' - interval '1' day as varchar)")
    assert scanned(lake, "select count(*) from trees") == 0
    assert 0 < one_day == later < one_column < everything
    assert scanned(lake, "select id from notes") == len(b'id,words\n1,"a"\nx,\n')


def test_a_partition_that_a_left_join_finds_is_not_taken_for_one_that_is_missing(lake):
    others = "trees as one left join trees as other on one.id = other.id"
    assert lake.rows(f"select one.id from {others} where other.day is null") == [["id"]]
    assert lake.rows(f"select one.id from {others} where other.day = '2020-01-02'") == [["id"], ["3"]]


def test_the_scan_limit_cancels(lake, aws):
    lake.s3.put_object(Bucket="lake", Key="notes/big.csv", Body=b"1,x\n" * 2_600_000)
    narrow = Athena(aws, workgroup="narrow")
    status = narrow.run("select count(id) from notes")["Status"]
    lake.s3.delete_object(Bucket="lake", Key="notes/big.csv")
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")


def test_queries_that_are_stopped_make_room_for_others_whenever_that_is(lake):
    """Each of them would take days, and two are under way at most."""
    sequences = ", ".join(f"unnest(sequence(1, 3000)) as {name} ({name})" for name in "abcd")
    for pause in (0, 0, 0.01, 0.01, 0.05, 0.3):
        query_id = lake.start(f"select count(*) from trees, {sequences} where a * b * c = d + 1")
        time.sleep(pause)
        lake.client.stop_query_execution(QueryExecutionId=query_id)
        assert lake.wait(query_id)["Status"]["State"] == "CANCELLED"
    for _ in range(3):
        assert lake.rows("select id from trees where id = 3") == [["id"], ["3"]]


@pytest.mark.parametrize(("scanned", "stays"), [(queries.LARGE, True), (queries.LARGE + 1, False), (None, False)])
def test_the_engine_goes_after_a_large_query_or_a_failure(monkeypatch, scanned, stays):
    """What a query does and keeps is left out here: none is known that breaks an engine."""
    monkeypatch.setenv("TMPDIR", "/tmp")
    monkeypatch.setattr(queries, "_keep", lambda *_: None)

    def does(session):
        if scanned is None:
            raise duckdb.FatalException("database has been invalidated")
        return Result([], [], scanned)

    before = queries._engine()
    execution = queries._new_execution({"QueryString": "select 1"}, "lake", "s3://results/", "SELECT")
    queries._run(execution, does, "key", None)
    assert execution["Status"]["State"] == ("FAILED" if scanned is None else "SUCCEEDED")
    assert (queries._engine() is before) == stays


def test_text_is_read_as_hive_reads_it(lake):
    assert lake.rows("select id, words from notes") == [["id", "words"], ["1", '"a"'], [None, ""]]


def test_parameters(lake):
    rows = lake.rows("select id from trees where kind = ? and id < ?", ExecutionParameters=["'oak'", "3"])
    assert rows == [["id"], ["1"]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from nobody", "TABLE_NOT_FOUND: Table 'awsdatacatalog.forest.nobody' does not exist"),
        ("select * from nowhere.trees", "SCHEMA_NOT_FOUND: Schema 'nowhere' does not exist"),
        ("select nothing from trees", "SYNTAX_ERROR: "),
        ("select cast('x' as integer)", "SYNTAX_ERROR: "),
    ],
)
def test_why_a_query_failed(lake, sql, reason):
    assert lake.reason(sql).startswith(reason)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select from where", "MALFORMED_QUERY|Expected|Invalid"),
        ("create view v as select 1 as a", "does not do statements such as: create view v"),
        ("insert into trees select * from trees", "does not do statements such as: insert into trees"),
        ("delete from trees where id = 1", "does not do statements such as: delete from trees"),
        ("select ?", "Incorrect number of parameters"),
    ],
)
def test_what_is_refused_at_once(lake, sql, words):
    with pytest.raises(ClientError, match=words) as refused:
        lake.start(sql)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_query_does_what_its_caller_may(lake, aws):
    files = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::results/*", "arn:aws:s3:::lake/notes/*"],
    }
    analyst = Athena(aws, key=aws.role("analyst", READ, files))
    assert analyst.rows("select words from notes where id = 1") == [["words"], ['"a"']]
    reason = analyst.reason("select id from trees")
    who = "arn:aws:sts::123456789012:assumed-role/analyst/tests"
    file = "arn:aws:s3:::lake/trees/day=2020-01-01/data.parquet"
    denied = f"PERMISSION_DENIED: User: {who} is not authorized to perform: s3:GetObject on resource: {file} because"
    assert reason.startswith(denied)
    asked = {(line["action"], line["resource"]) for line in aws.record() if line["caller"] == who}
    place = "arn:aws:glue:us-east-1:123456789012:"
    assert {("glue:GetTable", f"{place}table/forest/notes"), ("glue:GetTable", f"{place}catalog")} <= asked


def test_a_query_under_way_has_failed_after_a_kill():
    from ministack.services import athena

    state = {"Status": {"State": "RUNNING"}}
    athena._executions["under-way"] = state
    queries.load(lambda _: None, {})
    assert state["Status"]["State"] == "FAILED"
    athena._executions.pop("under-way")
