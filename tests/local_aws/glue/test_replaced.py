"""What ministack does without this room. A test that fails says that an upgrade moved or mended something."""

import json
import time

import pytest
from ministack.core import responses
from ministack.services import glue
from ministack.services.cloudformation import provisioners

REPLACED = (
    "_handle_request_sync", "_create_crawler", "_update_crawler", "_delete_crawler", "_create_job", "_update_job",
    "load_persisted_state",
)  # fmt: skip


@pytest.fixture(autouse=True)
def empty():
    glue.reset()
    glue._create_database({"DatabaseInput": {"Name": "forest"}})
    yield
    glue.reset()


def ask(operation, **request):
    headers = {"x-amz-target": f"AWSGlue.{operation}"}
    status, _, body = glue._handle_request_sync("POST", "/", headers, json.dumps(request).encode(), {})
    return status, json.loads(body)


@pytest.mark.parametrize("name", REPLACED)
def test_the_replaced_functions_are_there(name):
    assert callable(getattr(glue, name))


@pytest.mark.parametrize("operation", ["BatchDeletePartition", "ListCrawlers", "ListJobs"])
def test_operations_that_ministack_lacks(operation):
    assert ask(operation)[1]["__type"] == "InvalidAction"


def test_get_partitions_ignores_its_expression_and_pages():
    place = {"DatabaseName": "forest", "TableName": "trees"}
    glue._create_table({"DatabaseName": "forest", "TableInput": {"Name": "trees"}})
    glue._batch_create_partition(place | {"PartitionInputList": [{"Values": [day]} for day in "123"]})
    answer = ask("GetPartitions", **place, Expression="day = '1'", MaxResults=1)[1]
    assert (len(answer["Partitions"]), "NextToken" in answer) == (3, False)


def test_a_crawl_looks_at_nothing(monkeypatch):
    monkeypatch.setattr(glue, "CRAWLER_RUN_SECONDS", 0)
    targets = {"JdbcTargets": [{"Path": "nowhere"}]}  # taken, too
    assert (
        ask("CreateCrawler", Name="c", DatabaseName="nobody", Targets=targets, Schedule="cron(0 1 * * ? *)")[0] == 200
    )
    ask("StartCrawler", Name="c")
    until_ready = time.monotonic() + 10
    while (crawler := ask("GetCrawler", Name="c")[1]["Crawler"])["State"] != "READY" and time.monotonic() < until_ready:
        time.sleep(0.02)
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    assert ask("GetCrawlerMetrics", CrawlerNameList=["c"])[1]["CrawlerMetricsList"][0]["TablesCreated"] == 0


def test_crawlers_change_while_they_run():
    ask("CreateCrawler", Name="c", Targets={})
    glue._crawlers["c"]["State"] = "RUNNING"
    assert [ask(operation, Name="c")[0] for operation in ("UpdateCrawler", "DeleteCrawler")] == [200, 200]


def test_a_spark_job_is_not_run_and_has_no_limit(monkeypatch):
    monkeypatch.setattr(glue, "_get_docker", lambda: None)
    command = {"Name": "glueetl", "ScriptLocation": "s3://nobody/has-this.py"}
    assert ask("CreateJob", Name="j", Command=command, ExecutionProperty={"MaxConcurrentRuns": 2})[0] == 200
    assert "ExecutionProperty" not in ask("GetJob", JobName="j")[1]["Job"]
    assert "ExecutionProperty" not in provisioners._glue_job_fields({"ExecutionProperty": {"MaxConcurrentRuns": 2}})
    assert ask("UpdateJob", JobName="j", JobUpdate={"ExecutionProperty": {"MaxConcurrentRuns": 2}})[0] == 200
    runs = [ask("StartJobRun", JobName="j")[1]["JobRunId"] for _ in range(2)]
    time.sleep(0.3)
    states = [run["JobRunState"] for run in ask("GetJobRuns", JobName="j")[1]["JobRuns"]]
    assert states == ["SUCCEEDED", "SUCCEEDED"]
    assert [run["Id"] for run in ask("GetJobRuns", JobName="j")[1]["JobRuns"]] == runs  # the oldest first
    stopped = ask("BatchStopJobRun", JobName="j", JobRunIds=runs)[1]["Errors"]
    assert stopped[0]["ErrorDetail"]["ErrorCode"] == "InvalidInputException"


def test_what_was_under_way_goes_on_after_a_restart():
    ask("CreateCrawler", Name="c", Targets={})
    glue._crawlers["c"]["State"] = "RUNNING"
    glue.load_persisted_state(glue.get_state())
    assert glue._crawlers["c"]["State"] == "RUNNING"


def test_services_are_not_told_apart_in_trust_policies():
    from ministack.core.iam_evaluator import evaluate_trust_policy

    lambdas = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert evaluate_trust_policy({"Statement": [lambdas]}, f"arn:aws:iam::{responses.get_account_id()}:root")
