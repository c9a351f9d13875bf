"""From an upload to the call of Airflow's REST API, on the template that is deployed; only Airflow is played here.

S3's event, the rule, Lambda in a process of its own, its retries (a second apart here), the dead-letter queue and its
replay are what the template made. Alarms are made, and AWS alone watches them. The real Airflow stands at the end in
tests/smoke.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from infrastructure import artifacts, deploy, replay
from tests.infrastructure.fake_airflow import FakeAirflow, fake_airflow

STACK, ACCOUNT = "till", "123456789012"
RAW = f"{STACK}-raw-{ACCOUNT}"
SECONDS = 30

pytestmark = pytest.mark.slow


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Return what the condition says once it says something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def stack(aws: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The names of a stack with events and alarms, whose Airflow is away."""
    with fake_airflow() as server:  # a free port, for the whole module
        url = server.url
    file = tmp_path_factory.mktemp("names") / "till.env"
    words = ["--stack", STACK, "--env-file", str(file)]
    words += ["--parameter", f"AirflowUrl={url}", "--parameter", "AlarmMail=pipeline@coffee-shop.example"]
    deploy.deploy(deploy.arguments(words))
    names = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    aws("secretsmanager").put_secret_value(
        SecretId=names["COFFEE_SHOP_AIRFLOW_SECRET"], SecretString=json.dumps(server.user)
    )
    return names


@pytest.fixture
def airflow(aws: Any, stack: dict[str, str]) -> Iterator[FakeAirflow]:
    """Airflow, up and without any run."""
    with fake_airflow(int(stack["COFFEE_SHOP_AIRFLOW_URL"].rpartition(":")[2])) as server:
        yield server


def settled(airflow: FakeAirflow, aws: Any) -> list[str]:
    """Upload one file more, wait for its run, and return the keys of all runs but that one."""
    last = f"sales-target/last-{time.monotonic_ns()}.csv"
    aws("s3").put_object(Bucket=RAW, Key=last, Body=b"x")
    until(lambda: last in airflow.started_by())
    return [key for key in airflow.started_by() if key != last]


def letters(stack: dict[str, str]) -> int:
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=stack["COFFEE_SHOP_DEAD_LETTER_QUEUE"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(queue["Attributes"]["ApproximateNumberOfMessages"])


def test_with_airflow_away_an_event_waits_and_its_run_starts_when_airflow_is_back(aws, stack):
    aws("s3").put_object(Bucket=RAW, Key="sales-reciept/early.csv", Body=b"x")
    log = f"/aws/lambda/{STACK}-start-load"
    logs = aws("logs")
    until(lambda: "refused" in str(logs.filter_log_events(logGroupName=log)["events"]))  # the first try failed
    with fake_airflow(int(stack["COFFEE_SHOP_AIRFLOW_URL"].rpartition(":")[2])) as back:
        until(lambda: back.started_by() == ["sales-reciept/early.csv"])
    assert letters(stack) == 0


def test_after_the_retries_the_event_is_a_dead_letter(aws, stack):
    aws("s3").put_object(Bucket=RAW, Key="sales-reciept/lost.csv", Body=b"x")
    until(lambda: letters(stack) == 1)


def test_put_copy_and_multipart_upload_start_one_run_each(airflow, aws):
    s3 = aws("s3")
    s3.put_object(Bucket=RAW, Key="sales-reciept/put.csv", Body=b"x")
    s3.copy_object(Bucket=RAW, Key="sales-reciept/shop 1/copy+é.csv", CopySource=f"{RAW}/sales-reciept/put.csv")
    upload = s3.create_multipart_upload(Bucket=RAW, Key="pastry-inventory/parts.csv")["UploadId"]
    part = s3.upload_part(Bucket=RAW, Key="pastry-inventory/parts.csv", UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(
        Bucket=RAW,
        Key="pastry-inventory/parts.csv",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    wanted = ["pastry-inventory/parts.csv", "sales-reciept/put.csv", "sales-reciept/shop 1/copy+é.csv"]
    until(lambda: sorted(airflow.started_by()) == wanted)
    assert sorted(settled(airflow, aws)) == wanted


def test_other_keys_start_nothing(airflow, aws):
    s3 = aws("s3")
    for key in (
        "sales-reciept/notes.txt",
        "elsewhere/day.csv",
        "Sales-Reciept/day.csv",
        "sales-reciept/",
        "sales-reciept/._day.csv",
        "sales-reciept/archive/day.csv",
        "day.csv",
    ):
        s3.put_object(Bucket=RAW, Key=key, Body=b"")
    assert settled(airflow, aws) == []


def test_the_corrected_spelling_and_csv_in_any_case_start_a_run_each(airflow, aws):
    keys = ["sales-receipt/day.csv", "sales-reciept/DAY.CSV"]
    for key in keys:
        aws("s3").put_object(Bucket=RAW, Key=key, Body=b"x")
    until(lambda: sorted(airflow.started_by()) == keys)


def test_a_disabled_rule_starts_nothing(airflow, aws, stack):
    events = aws("events")
    events.disable_rule(Name=stack["COFFEE_SHOP_UPLOAD_RULE"])
    aws("s3").put_object(Bucket=RAW, Key="sales-reciept/unseen.csv", Body=b"x")
    events.enable_rule(Name=stack["COFFEE_SHOP_UPLOAD_RULE"])
    assert settled(airflow, aws) == []


def test_without_its_permission_the_rule_cannot_call_lambda_and_the_event_is_a_dead_letter(airflow, aws, stack):
    functions, name = aws("lambda"), stack["COFFEE_SHOP_START_LOAD_FUNCTION"]
    (statement,) = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    before = letters(stack)
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    aws("s3").put_object(Bucket=RAW, Key="sales-reciept/barred.csv", Body=b"x")
    until(lambda: letters(stack) == before + 1)
    assert airflow.started_by() == []
    functions.add_permission(
        FunctionName=name,
        StatementId=statement["Sid"],
        Action=statement["Action"],
        Principal=statement["Principal"]["Service"],
        SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
    )
    assert settled(airflow, aws) == []


def test_a_burst_of_a_hundred_files_starts_a_hundred_runs_named_after_them(airflow, aws):
    s3 = aws("s3")
    keys = [f"sales-reciept/burst/{number:03}.csv" for number in range(100)]
    for key in keys:
        s3.put_object(Bucket=RAW, Key=key, Body=b"x")
    until(lambda: len(airflow.bodies) == 100, 120)
    assert sorted(airflow.started_by()) == keys
    assert len(airflow.runs) == 100


def test_a_replay_that_fails_keeps_the_letters(aws, stack, capsys):
    there = letters(stack)
    assert there == 2
    assert replay.main(["--stack", STACK]) == 1
    assert "2 failed again and stay in the queue" in capsys.readouterr().out
    assert letters(stack) == there


def test_a_replay_starts_the_runs_that_were_lost(airflow, aws, stack, capsys):
    assert replay.main(["--stack", STACK]) == 0
    assert "2 handed over, 0 failed again" in capsys.readouterr().out
    assert sorted(airflow.started_by()) == ["sales-reciept/barred.csv", "sales-reciept/lost.csv"]
    assert letters(stack) == 0
    assert replay.main(["--stack", STACK]) == 0
    assert "Nothing there" in capsys.readouterr().out


def test_a_stack_without_airflow_has_nothing_to_replay(aws, capsys):
    assert replay.main(["--stack", "nowhere"]) == 1
    assert "The stack nowhere is not there" in capsys.readouterr().err


def test_the_package_of_the_lambda_is_small():
    assert len(artifacts.start_load_zip(artifacts.START_LOAD)[1]) < 1_000_000


def test_deleting_the_stack_leaves_nothing_but_the_data_buckets(aws, stack):
    deploy.deploy(deploy.arguments(["--stack", STACK, "--remove"]))

    def ours(names: list[str]) -> list[str]:
        return [name for name in names if STACK in name]

    assert set(ours([one["Name"] for one in aws("s3").list_buckets()["Buckets"]])) == {
        f"{STACK}-{role}-{ACCOUNT}" for role in ("raw", "clean", "conform", "reports", "state")
    }
    glue, iam = aws("glue"), aws("iam")
    left = {
        "databases": [one["Name"] for one in glue.get_databases()["DatabaseList"]],
        "crawlers": glue.list_crawlers()["CrawlerNames"],
        "jobs": glue.list_jobs()["JobNames"],
        "workgroups": [one["Name"] for one in aws("athena").list_work_groups()["WorkGroups"]],
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "policies": [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]],
        "functions": [one["FunctionName"] for one in aws("lambda").list_functions()["Functions"]],
        "rules": [one["Name"] for one in aws("events").list_rules()["Rules"]],
        "queues": aws("sqs").list_queues().get("QueueUrls", []),
        "topics": [one["TopicArn"] for one in aws("sns").list_topics()["Topics"]],
        "alarms": [one["AlarmName"] for one in aws("cloudwatch").describe_alarms()["MetricAlarms"]],
        "logs": [one["logGroupName"] for one in aws("logs").describe_log_groups()["logGroups"]],
        "secrets": [one["Name"] for one in aws("secretsmanager").list_secrets()["SecretList"]],
        "senders": aws("ses").list_identities()["Identities"],
    }
    assert {kind: ours(names) for kind, names in left.items() if ours(names)} == {}
