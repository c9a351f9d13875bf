"""The AWS command line: s3, glue, athena, logs, cloudformation and lambda, as typed.

A command runs in this process, because its start takes a second; the program itself runs once.
"""

import json
import logging
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from awscli.clidriver import create_clidriver

FUNCTION = "coffee-shop-start-load"


@pytest.fixture(scope="module")
def driver():
    """The command line's own program, without pytest's record of the thousands of lines that it logs."""
    logging.disable(logging.DEBUG)
    yield create_clidriver()
    logging.disable(logging.NOTSET)


@pytest.fixture
def aws(driver, capfd):
    """Run what is typed after `aws` and return what it prints: JSON as Python's values, all else as it stands."""

    def run(*words: str):
        status = driver.main(list(words))
        out, err = capfd.readouterr()
        if status != 0:
            raise RuntimeError(err)
        return out if words[0] == "s3" or "text" in words else json.loads(out or "null")

    return run


def test_the_program(outputs):
    aws = Path(sys.executable).with_name("aws")
    done = subprocess.run([aws, "s3", "ls"], capture_output=True, text=True, check=True)
    assert outputs["ConformBucket"] in done.stdout


def test_who_it_is(aws):
    assert aws("sts", "get-caller-identity", "--query", "Arn", "--output", "text") == "arn:aws:iam::123456789012:root\n"


# --- s3


def test_list_objects(aws, conform_bucket):
    """A folder for each day but Easter Sunday, when the shops were closed."""
    listed = aws("s3", "ls", f"s3://{conform_bucket}/sales_reciept/")
    days = [day for day in range(1, 31) if day != 21]
    assert listed.splitlines() == [f"{'PRE business_date=2019-04-':>53}{day:02}/" for day in days]


def test_copy_list_move_and_remove(aws, folder, tmp_path):
    (tmp_path / "note.txt").write_text("freshly roasted\n")
    aws("s3", "cp", f"{tmp_path}/note.txt", f"{folder}note.txt", "--only-show-errors")
    assert aws("s3", "ls", f"{folder}note.txt").split()[-2:] == ["16", "note.txt"]
    assert aws("s3", "cp", f"{folder}note.txt", "-") == "freshly roasted\n"
    aws("s3", "mv", f"{folder}note.txt", f"{folder}moved.txt")
    aws("s3", "sync", f"{folder}", f"{tmp_path}/back", "--exclude", "*", "--include", "moved.txt")
    assert (tmp_path / "back" / "moved.txt").read_text() == "freshly roasted\n"
    assert "delete: " in aws("s3", "rm", f"{folder}moved.txt")
    with pytest.raises(RuntimeError, match="404"):
        aws("s3", "cp", f"{folder}moved.txt", "-")


def test_a_presigned_link(aws, folder, tmp_path):
    """Whoever has the link can read the object, and no other."""
    (tmp_path / "note.txt").write_text("freshly roasted\n")
    aws("s3", "cp", f"{tmp_path}/note.txt", f"{folder}linked.txt", "--only-show-errors")
    link = aws("s3", "presign", f"{folder}linked.txt", "--expires-in", "60").strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"freshly roasted\n"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("linked.txt", "other.txt"), timeout=10)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.partition("?")[0], timeout=10)


# --- glue


def test_tables(aws, conform, tables):
    names = aws("glue", "get-tables", "--database-name", conform, "--query", "TableList[].Name", "--output", "text")
    assert sorted(names.split()) == tables


def test_partitions_of_an_expression(aws, conform):
    table = ("--database-name", conform, "--table-name", "sales_reciept")
    expression = "business_date between '2019-04-09' and '2019-04-11' and business_date <> '2019-04-10'"
    values = aws("glue", "get-partitions", *table, "--expression", expression, "--query", "Partitions[].Values[]")
    assert values == ["2019-04-09", "2019-04-11"]


def test_a_crawl(aws, conform):
    """It is refused while it runs, and leaves the catalog as it was when nothing has changed."""
    version = ("glue", "get-table", "--database-name", conform, "--name", "staff", "--query", "Table.VersionId")
    before = aws(*version)
    aws("glue", "start-crawler", "--name", "coffee-shop-conform")
    with pytest.raises(RuntimeError, match="CrawlerRunningException"):
        aws("glue", "start-crawler", "--name", "coffee-shop-conform")
    crawler = ("glue", "get-crawler", "--name", "coffee-shop-conform", "--query")
    until(lambda: aws(*crawler, "Crawler.State") == "READY")
    assert aws(*crawler, "Crawler.LastCrawl.Status") == "SUCCEEDED"
    assert aws(*version) == before


def until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.2)


# --- athena


def test_a_query(aws, workgroup, conform):
    query = aws(
        *("athena", "start-query-execution", "--work-group", workgroup),
        *("--query-execution-context", f"Database={conform}"),
        *("--query-string", "select staffposition, count(*) as people from staff group by 1 order by 2"),
        *("--query", "QueryExecutionId", "--output", "text"),
    ).strip()
    execution = ("athena", "get-query-execution", "--query-execution-id", query, "--query")
    until(lambda: aws(*execution, "QueryExecution.Status.State") == "SUCCEEDED")
    rows = ("--query", "ResultSet.Rows[].Data[].VarCharValue", "--output", "text")
    assert aws("athena", "get-query-results", "--query-execution-id", query, *rows).split("\t") == [
        *("staffposition", "people", "Roaster", "2"),
        *("Store Manager", "3", "Coffee Wrangler", "7\n"),
    ]
    place = aws(*execution, "QueryExecution.ResultConfiguration.OutputLocation")
    assert aws("s3", "cp", place, "-").splitlines()[:2] == ['"staffposition","people"', '"Roaster","2"']


def test_a_query_that_cannot_be_read(aws, workgroup):
    with pytest.raises(RuntimeError, match="InvalidRequestException"):
        aws("athena", "start-query-execution", "--work-group", workgroup, "--query-string", "selec * from staff")


def test_the_catalog_of_athena(aws, conform, date_comment):
    table = ("--catalog-name", "AwsDataCatalog", "--database-name", conform, "--table-name", "sales_reciept")
    keys = aws("athena", "get-table-metadata", *table, "--query", "TableMetadata.PartitionKeys")
    assert keys == [{"Name": "business_date", "Type": "string", "Comment": date_comment}]


# --- logs, lambda, cloudformation


def test_log_events(aws):
    """A crawl's lines, by a pattern."""
    group = ("--log-group-name", "/aws-glue/crawlers", "--log-stream-names", "coffee-shop-conform")
    lines = aws("logs", "filter-log-events", *group, "--filter-pattern", "BENCHMARK", "--query", "events[].message")
    assert lines
    assert all("BENCHMARK" in line for line in lines)


def test_a_function(aws):
    shown = aws("lambda", "get-function-configuration", "--function-name", FUNCTION)
    assert (shown["Runtime"], shown["Handler"], shown["State"]) == ("python3.12", "start_load.handler", "Active")


def test_an_invocation_and_its_log(aws, tmp_path):
    """The function refuses an event that is no upload; the caller and the log hear of it."""
    began = int(time.time() * 1000) - 1000
    out = tmp_path / "answer.json"
    answer = aws("lambda", "invoke", "--function-name", FUNCTION, "--payload", '{"id": "no upload"}', str(out))
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(out.read_text())["errorMessage"] == "'detail'"
    events = ("--log-group-name", f"/aws/lambda/{FUNCTION}", "--start-time", str(began), "--query", "events[].message")
    until(lambda: "KeyError" in str(aws("logs", "filter-log-events", *events)))


def test_the_stack(aws, outputs, workgroup):
    stack = aws("cloudformation", "describe-stacks", "--stack-name", "coffee-shop", "--query", "Stacks[0]")
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]} == outputs
    resources = aws("cloudformation", "list-stack-resources", "--stack-name", "coffee-shop")["StackResourceSummaries"]
    made = {resource["LogicalResourceId"]: resource for resource in resources}
    assert made["StartLoad"]["PhysicalResourceId"] == FUNCTION
    assert made["Workgroup"]["PhysicalResourceId"] == workgroup
    assert {resource["ResourceStatus"].partition("_")[2] for resource in resources} == {"COMPLETE"}


def test_a_service_that_is_not_there(aws):
    """It says so and does not pretend."""
    with pytest.raises(RuntimeError, match="NotImplemented"):
        aws("dynamodb", "list-tables")
