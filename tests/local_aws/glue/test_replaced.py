"""What ministack does without this room. A test that fails says that an upgrade moved or mended something."""

import json
import time

import pytest
from ministack.services import glue


@pytest.fixture(autouse=True)
def empty():
    glue.reset()
    glue._create_database({"DatabaseInput": {"Name": "forest"}})
    yield
    glue.reset()


def ask(operation, **request):
    headers = {"x-amz-target": f"AWSGlue.{operation}"}
    return json.loads(glue._handle_request_sync("POST", "/", headers, json.dumps(request).encode(), {})[2])


@pytest.mark.parametrize("operation", ["BatchDeletePartition", "ListCrawlers", "ListJobs"])
def test_operations_that_ministack_lacks(operation):
    assert ask(operation)["__type"] == "InvalidAction"


def test_get_partitions_ignores_its_expression_and_pages():
    place = {"DatabaseName": "forest", "TableName": "trees"}
    glue._create_table({"DatabaseName": "forest", "TableInput": {"Name": "trees"}})
    glue._batch_create_partition(place | {"PartitionInputList": [{"Values": [day]} for day in "123"]})
    answer = ask("GetPartitions", **place, Expression="day = '1'", MaxResults=1)
    assert (len(answer["Partitions"]), "NextToken" in answer) == (3, False)


def test_a_table_without_an_owner_is_given_an_empty_one():
    ask("CreateTable", DatabaseName="forest", TableInput={"Name": "trees"})
    assert ask("GetTable", DatabaseName="forest", Name="trees")["Table"]["Owner"] == ""


def test_a_crawl_looks_at_nothing(monkeypatch):
    monkeypatch.setattr(glue, "CRAWLER_RUN_SECONDS", 0)
    ask("CreateCrawler", Name="c", DatabaseName="nobody", Targets={"JdbcTargets": [{"Path": "nowhere"}]})
    ask("StartCrawler", Name="c")
    end = time.monotonic() + 10
    while not (last := ask("GetCrawler", Name="c")["Crawler"]["LastCrawl"]) and time.monotonic() < end:
        time.sleep(0.02)
    assert last["Status"] == "SUCCEEDED"


def test_a_spark_job_is_not_run_and_has_no_limit(monkeypatch):
    monkeypatch.setattr(glue, "_get_docker", lambda: None)
    ask("CreateJob", Name="j", Command={"Name": "glueetl", "ScriptLocation": "s3://nobody/has-this.py"})
    runs = [ask("StartJobRun", JobName="j")["JobRunId"] for _ in range(2)]
    time.sleep(0.3)
    assert [run["JobRunState"] for run in ask("GetJobRuns", JobName="j")["JobRuns"]] == ["SUCCEEDED", "SUCCEEDED"]
    stopped = ask("BatchStopJobRun", JobName="j", JobRunIds=runs)["Errors"]
    assert stopped[0]["ErrorDetail"]["ErrorCode"] == "InvalidInputException"


def test_what_was_under_way_goes_on_after_a_restart():
    ask("CreateCrawler", Name="c", Targets={})
    glue._crawlers["c"]["State"] = "RUNNING"
    glue.load_persisted_state(glue.get_state())
    assert glue._crawlers["c"]["State"] == "RUNNING"
