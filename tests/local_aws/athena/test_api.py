import io
import os
import time

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def sheep(athena):
    """A table with a null, a quote, a comma and a line feed."""
    rows = {"name": ["Dolly", 'say "baa"', "a,b\nc", "", None], "n": pa.array([1, 2, 3, 4, 5], pa.int32())}
    body = io.BytesIO()
    pq.write_table(pa.table(rows), body)
    athena.s3.put_object(Bucket="barn", Key="sheep/data.parquet", Body=body.getvalue())
    athena.run("create external table sheep (name string, n int) stored as parquet location 's3://barn/sheep/'")
    return athena


@pytest.fixture
def group(athena):
    made = []

    def make(name, **configuration):
        configuration.setdefault("ResultConfiguration", {"OutputLocation": f"s3://results/{name}/"})
        athena.client.create_work_group(Name=name, Configuration=configuration)
        made.append(name)
        return name

    yield make
    for name in made:
        athena.client.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def refused(call, *args, **kwargs):
    with pytest.raises(ClientError) as e:
        call(*args, **kwargs)
    return e.value.response["Error"]


def test_result_file_is_quoted_as_athena_quotes(sheep):
    execution = sheep.run("select name, n, 1.5e0 as x from sheep order by n")
    assert (
        execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/athena/{execution['QueryExecutionId']}.csv"
    )
    assert sheep.object(execution["ResultConfiguration"]["OutputLocation"]) == (
        b'"name","n","x"\n"Dolly","1","1.5"\n"say ""baa""","2","1.5"\n"a,b\nc","3","1.5"\n"","4","1.5"\n,"5","1.5"\n'
    )
    assert f"athena/{execution['QueryExecutionId']}.csv.metadata" in sheep.keys("results", "athena/")


def test_results_with_types_and_nulls(sheep):
    execution = sheep.run("select name, n, cast(1.5 as decimal(5,2)) d, count(*) over () c from sheep order by n")
    found = sheep.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    info = found["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Name"], c["Label"], c["Type"], c["Precision"], c["Scale"], c["CaseSensitive"]) for c in info] == [
        ("name", "name", "varchar", 2147483647, 0, True),
        ("n", "n", "integer", 10, 0, False),
        ("d", "d", "decimal", 5, 2, False),
        ("c", "c", "bigint", 19, 0, False),
    ]
    assert {c["CatalogName"] for c in info} == {"hive"}
    assert {c["Nullable"] for c in info} == {"UNKNOWN"}
    rows = found["ResultSet"]["Rows"]
    assert rows[0]["Data"] == [{"VarCharValue": n} for n in ("name", "n", "d", "c")]
    assert rows[4]["Data"] == [{"VarCharValue": v} for v in ("", "4", "1.50", "5")]
    assert rows[5]["Data"] == [{}, {"VarCharValue": "5"}, {"VarCharValue": "1.50"}, {"VarCharValue": "5"}]


def test_results_come_in_pages(sheep):
    execution_id = sheep.run("select i from unnest(sequence(1, 2500)) as t(i) order by i")["QueryExecutionId"]
    first = sheep.client.get_query_results(QueryExecutionId=execution_id)
    assert len(first["ResultSet"]["Rows"]) == 1000
    pages = sheep.client.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
    values = [r["Data"][0]["VarCharValue"] for p in pages for r in p["ResultSet"]["Rows"]]
    assert values == ["i", *map(str, range(1, 2501))]
    few = sheep.client.get_query_results(QueryExecutionId=execution_id, MaxResults=2)
    assert [r["Data"][0]["VarCharValue"] for r in few["ResultSet"]["Rows"]] == ["i", "1"]
    assert (
        refused(sheep.client.get_query_results, QueryExecutionId=execution_id, NextToken="x")["Code"]
        == "InvalidRequestException"
    )


def test_results_of_a_query_that_failed(sheep):
    execution_id = sheep.start("select nosuch from sheep")
    sheep.wait(execution_id)
    error = refused(sheep.client.get_query_results, QueryExecutionId=execution_id)
    assert error["Message"] == "Query did not finish successfully. Final query state: FAILED"


def test_results_whose_file_is_gone(sheep):
    execution = sheep.run("select 1")
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    sheep.s3.delete_object(Bucket=bucket, Key=key)
    assert (
        "Could not find results"
        in refused(sheep.client.get_query_results, QueryExecutionId=execution["QueryExecutionId"])["Message"]
    )


def test_execution_tells_what_happened(sheep):
    execution = sheep.run("select n from sheep", ResultConfiguration={"OutputLocation": "s3://results/x"})
    assert execution["Query"] == "select n from sheep"
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["QueryExecutionContext"] == {"Database": "farm", "Catalog": "awsdatacatalog"}
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    statistics = execution["Statistics"]
    metadata = pq.read_metadata(io.BytesIO(sheep.object("s3://barn/sheep/data.parquet")))
    assert statistics["DataScannedInBytes"] == metadata.row_group(0).column(1).total_compressed_size
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] > 0
    assert statistics["QueryQueueTimeInMillis"] >= 0


def test_a_failure_has_code_message_and_category(sheep):
    status = sheep.wait(sheep.start("select\n nosuch from sheep"))["Status"]
    reason = (
        "COLUMN_NOT_FOUND: line 2:2: Column 'nosuch' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", reason)
    assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorType"]) == (2, 1301)
    assert status["AthenaError"]["ErrorMessage"] == reason
    assert status["AthenaError"]["Retryable"] is False


def test_unknown_execution(athena):
    error = refused(athena.client.get_query_execution, QueryExecutionId="no-such-id")
    assert (error["Code"], error["Message"]) == ("InvalidRequestException", "QueryExecution no-such-id was not found")
    assert (
        refused(athena.client.stop_query_execution, QueryExecutionId="no-such-id")["Code"] == "InvalidRequestException"
    )


def test_batch_get_and_list(athena, group):
    name = group("listed")
    ids = [athena.run("select 1", WorkGroup=name)["QueryExecutionId"] for _ in range(3)]
    found = athena.client.batch_get_query_execution(QueryExecutionIds=[ids[0], "no-such-id"])
    assert [e["QueryExecutionId"] for e in found["QueryExecutions"]] == [ids[0]]
    assert found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "no-such-id"
    assert athena.client.list_query_executions(WorkGroup=name)["QueryExecutionIds"] == ids[::-1]
    page = athena.client.list_query_executions(WorkGroup=name, MaxResults=2)
    rest = athena.client.list_query_executions(WorkGroup=name, NextToken=page["NextToken"])
    assert page["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]


def test_a_token_starts_one_query(athena):
    token = "t" * 32
    first = athena.start("select 1", ClientRequestToken=token)
    assert athena.start("select 1", ClientRequestToken=token) == first
    error = refused(athena.start, "select 2", ClientRequestToken=token)
    assert error["Message"] == "Idempotent parameters do not match"


def test_output_location_is_the_groups_where_it_is_enforced(athena, group):
    strict, free = (
        group("strict", EnforceWorkGroupConfiguration=True),
        group("free", EnforceWorkGroupConfiguration=False),
    )
    asked = {"OutputLocation": "s3://results/mine/"}
    for name, settings, prefix in (
        (strict, asked, "s3://results/strict/"), (strict, {}, "s3://results/strict/"),
        (free, asked, "s3://results/mine/"), (free, {}, "s3://results/free/"),
    ):  # fmt: skip
        execution = athena.run("select 1", WorkGroup=name, ResultConfiguration=settings)
        assert execution["ResultConfiguration"]["OutputLocation"] == f"{prefix}{execution['QueryExecutionId']}.csv"
    reason = athena.fails("create table t with (external_location = 's3://barn/t/') as select 1 a", WorkGroup=strict)
    assert "enforces a centralized output location" in reason


def test_no_output_location(athena):
    error = refused(athena.start, "select 1", ResultConfiguration={})
    assert error["Message"].startswith("No output location provided.")
    error = refused(athena.start, "select 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/x/"})
    assert error["Message"] == "Unable to verify/create output bucket no-such-bucket"


def test_a_query_that_reads_too_much_is_cancelled(athena, group):
    name = group("thrifty", BytesScannedCutoffPerQuery=10_000_000)
    body = io.BytesIO()
    wide = pa.table({"a": [os.urandom(6_000_000).hex()], "b": [os.urandom(600).hex()]})
    pq.write_table(wide, body, compression="none")
    athena.s3.put_object(Bucket="barn", Key="wide/data.parquet", Body=body.getvalue())
    athena.run("create external table wide (a string, b string) stored as parquet location 's3://barn/wide/'")
    execution = athena.wait(athena.start("select a from wide", WorkGroup=name))
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert execution["Statistics"]["DataScannedInBytes"] == 10_000_000
    athena.run("select b from wide", WorkGroup=name)


def test_a_running_query_can_be_stopped(athena):
    execution_id = athena.start(
        "select count(*) from unnest(sequence(1, 60000)) as a(x) cross join unnest(sequence(1, 60000)) as b(y) where x * y % 7 = 3"
    )
    while (
        athena.client.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"]["State"]
        == "QUEUED"
    ):
        time.sleep(0.01)
    athena.client.stop_query_execution(QueryExecutionId=execution_id)
    execution = athena.wait(execution_id)
    assert (execution["Status"]["State"], execution["Status"]["StateChangeReason"]) == (
        "CANCELLED",
        "Query cancelled by user",
    )
    athena.run("select 1")  # the worker is free again
    athena.client.stop_query_execution(QueryExecutionId=execution_id)
    assert athena.wait(execution_id)["Status"]["State"] == "CANCELLED"


def test_queries_wait_for_a_free_worker(athena):
    slow = "select count(*) from unnest(sequence(1, 60000)) as a(x) cross join unnest(sequence(1, 60000)) as b(y) where x * y % 7 = 3"
    running = [athena.start(slow), athena.start(slow)]
    waiting = athena.start("select 1")
    assert athena.client.get_query_execution(QueryExecutionId=waiting)["QueryExecution"]["Status"]["State"] == "QUEUED"
    for execution_id in running:
        athena.client.stop_query_execution(QueryExecutionId=execution_id)
    assert athena.wait(waiting)["Status"]["State"] == "SUCCEEDED"


def test_work_groups(athena, group):
    name = group("herd", BytesScannedCutoffPerQuery=20_000_000)
    found = athena.client.get_work_group(WorkGroup=name)["WorkGroup"]
    assert found["State"] == "ENABLED"
    assert found["Configuration"]["BytesScannedCutoffPerQuery"] == 20_000_000
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is True
    athena.client.update_work_group(
        WorkGroup=name, Description="sheep", State="DISABLED",
        ConfigurationUpdates={
            "RemoveBytesScannedCutoffPerQuery": True, "EnforceWorkGroupConfiguration": False,
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results/moved/"},
        },
    )  # fmt: skip
    found = athena.client.get_work_group(WorkGroup=name)["WorkGroup"]
    assert (found["State"], found["Description"]) == ("DISABLED", "sheep")
    assert "BytesScannedCutoffPerQuery" not in found["Configuration"]
    assert found["Configuration"]["ResultConfiguration"] == {"OutputLocation": "s3://results/moved/"}
    assert refused(athena.start, "select 1", WorkGroup=name)["Message"] == "WorkGroup herd is disabled."
    assert [g["Name"] for g in athena.client.list_work_groups()["WorkGroups"]] == ["herd", "primary"]
    assert "already created" in refused(athena.client.create_work_group, Name=name)["Message"]


def test_work_groups_that_are_not_there(athena):
    for call in (athena.client.get_work_group, athena.client.update_work_group, athena.client.delete_work_group):
        assert refused(call, WorkGroup="nosuch")["Message"] == "WorkGroup nosuch is not found."
    assert refused(athena.start, "select 1", WorkGroup="nosuch")["Message"] == "WorkGroup nosuch is not found."
    assert (
        "primary WorkGroup cannot be deleted"
        in refused(athena.client.delete_work_group, WorkGroup="primary")["Message"]
    )


def test_a_work_group_with_queries_is_deleted_only_when_asked_twice(athena):
    athena.client.create_work_group(
        Name="brief", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/b/"}}
    )
    athena.run("select 1", WorkGroup="brief")
    assert refused(athena.client.delete_work_group, WorkGroup="brief")["Message"] == "WorkGroup brief is not empty"
    athena.client.delete_work_group(WorkGroup="brief", RecursiveDeleteOption=True)
    assert "not found" in refused(athena.client.get_work_group, WorkGroup="brief")["Message"]


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({"RequesterPaysEnabled": True}, "RequesterPaysEnabled"),
        ({"EnableMinimumEncryptionConfiguration": True}, "EnableMinimumEncryptionConfiguration"),
        ({"ExecutionRole": "arn:aws:iam::123456789012:role/r"}, "ExecutionRole"),
        ({"EngineVersion": {"SelectedEngineVersion": "Athena engine version 2"}}, "Athena engine version 2"),
        (
            {"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"}}},
            "SSE_KMS",
        ),
        (
            {"ResultConfiguration": {"AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"}}},
            "AclConfiguration",
        ),
        ({"ResultConfiguration": {"OutputLocation": "file:///x"}}, "outputLocation is not a valid S3 path."),
    ],
)
def test_settings_that_would_be_pretended_are_refused(athena, configuration, named):
    assert named in refused(athena.client.create_work_group, Name="odd", Configuration=configuration)["Message"]
    assert "not found" in refused(athena.client.get_work_group, WorkGroup="odd")["Message"]


def test_result_reuse_and_other_catalogs_are_refused(athena):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    assert (
        "ResultReuseByAgeConfiguration" in refused(athena.start, "select 1", ResultReuseConfiguration=reuse)["Message"]
    )
    context = {"Catalog": "elsewhere", "Database": "farm"}
    assert "Catalog elsewhere" in refused(athena.start, "select 1", QueryExecutionContext=context)["Message"]


def test_metrics_are_published_where_the_group_says_so(athena, group):
    cloudwatch = boto3.client("cloudwatch", endpoint_url=athena.client.meta.endpoint_url)
    athena.run("select 1", WorkGroup=group("unmeasured", PublishCloudWatchMetricsEnabled=False))
    athena.run("select 1", WorkGroup=group("measured", PublishCloudWatchMetricsEnabled=True))
    found = []
    for _ in range(100):
        found = cloudwatch.list_metrics(Namespace="AWS/Athena")["Metrics"]
        if len(found) >= 4:
            break
        time.sleep(0.02)
    assert {m["MetricName"] for m in found} == {
        "ProcessedBytes", "EngineExecutionTime", "QueryQueueTime", "TotalExecutionTime",
    }  # fmt: skip
    assert {d["Value"] for m in found for d in m["Dimensions"] if d["Name"] == "WorkGroup"} == {"measured"}


def test_table_metadata(sheep):
    found = sheep.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="farm", TableName="sheep")[
        "TableMetadata"
    ]
    assert found["Columns"] == [{"Name": "name", "Type": "string"}, {"Name": "n", "Type": "int"}]
    assert (found["TableType"], found["Parameters"]["location"]) == ("EXTERNAL_TABLE", "s3://barn/sheep/")
    listed = sheep.client.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="farm", Expression="she.*")
    assert [t["Name"] for t in listed["TableMetadataList"]] == ["sheep"]
    error = refused(
        sheep.client.get_table_metadata, CatalogName="AwsDataCatalog", DatabaseName="farm", TableName="nosuch"
    )
    assert error["Code"] == "MetadataException"


def test_databases(athena):
    assert {"Name": "farm"} in athena.client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert athena.client.get_database(CatalogName="AwsDataCatalog", DatabaseName="farm")["Database"] == {"Name": "farm"}
    assert (
        refused(athena.client.get_database, CatalogName="AwsDataCatalog", DatabaseName="nosuch")["Code"]
        == "MetadataException"
    )
    assert refused(athena.client.list_databases, CatalogName="nosuch")["Code"] == "InvalidRequestException"


def test_catalogs(athena):
    assert athena.client.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    assert athena.client.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"


def test_named_queries(athena):
    made = athena.client.create_named_query(Name="n", Database="farm", QueryString="select 1", Description="d")[
        "NamedQueryId"
    ]
    assert athena.client.get_named_query(NamedQueryId=made)["NamedQuery"]["QueryString"] == "select 1"
    assert made in athena.client.list_named_queries()["NamedQueryIds"]
    athena.client.delete_named_query(NamedQueryId=made)
    assert made not in athena.client.list_named_queries()["NamedQueryIds"]


def test_prepared_statements(athena):
    athena.client.create_prepared_statement(StatementName="one", WorkGroup="primary", QueryStatement="select ? + 1")
    assert athena.rows("execute one using 4") == [["5"]]
    athena.client.update_prepared_statement(StatementName="one", WorkGroup="primary", QueryStatement="select ? + 2")
    assert athena.rows("execute one using 4") == [["6"]]
    found = athena.client.get_prepared_statement(StatementName="one", WorkGroup="primary")["PreparedStatement"]
    assert found["QueryStatement"] == "select ? + 2"
    assert [
        p["StatementName"] for p in athena.client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    ] == ["one"]
    athena.client.delete_prepared_statement(StatementName="one", WorkGroup="primary")
    assert (
        refused(athena.client.get_prepared_statement, StatementName="one", WorkGroup="primary")["Code"]
        == "ResourceNotFoundException"
    )


def test_runtime_statistics(sheep):
    execution = sheep.run("select n from sheep")
    found = sheep.client.get_query_runtime_statistics(QueryExecutionId=execution["QueryExecutionId"])[
        "QueryRuntimeStatistics"
    ]
    assert found["Timeline"]["TotalExecutionTimeInMillis"] == execution["Statistics"]["TotalExecutionTimeInMillis"]
