"""Lambda: what it logs and as whom, its retries, dead letters and what a kill leaves; events of S3 and their versions."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.local_aws.corrections.conftest import ACCOUNT, KEY, answers, clients, function, messages, role, until
from tests.local_aws_process import ROOT

LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/"
FAILS = """
import logging, os
LOG = logging.getLogger("till")
LOG.setLevel(logging.INFO)

def handler(event, context):
    LOG.info("tried by %s", os.environ["AWS_ACCESS_KEY_ID"][:4])
    raise LookupError("no such till")
"""


def make_failing(aws, name, **more):
    """Make a function that fails, its queue for dead letters and its log; return its ARN and the queue's address."""
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    may_log = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{LOGS}{name}:*"}
    worker = role(aws, name, may_log, {"Action": "sqs:SendMessage", "Resource": arn})
    return function(aws, name, FAILS, worker, DeadLetterConfig={"TargetArn": arn}, **more), queue


def log(aws, name):
    events = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def test_an_event_that_fails_is_tried_three_times_and_then_a_dead_letter(aws):
    _, queue = make_failing(aws, "fails")
    event = {"till": 7, "name": "é"}
    answer = aws("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202
    (letter,) = until(lambda: messages(aws, queue))
    assert json.loads(letter["Body"]) == event
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    started = [line.split()[2] for line in log(aws, "fails") if line.startswith("START")]
    assert started == [attributes["RequestID"]] * 3
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", "no such till")


def test_an_error_is_named_and_the_log_has_the_functions_lines(aws):
    make_failing(aws, "logged")
    answer = aws("lambda").invoke(FunctionName="logged", Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], said["errorType"], said["errorMessage"]) == (
        "Unhandled",
        "LookupError",
        "no such till",
    )
    lines = log(aws, "logged")
    assert lines[0].startswith("START RequestId: ")
    assert [line for line in lines if line.startswith("[INFO]\t") and line.endswith("\ttried by ASIA")]
    assert "LookupError: no such till" in lines
    assert lines[-2].startswith("END RequestId: ")
    assert lines[-1].startswith("REPORT RequestId: ")
    aws("logs").delete_log_group(logGroupName="/aws/lambda/logged")
    aws("logs").create_log_group(logGroupName="/aws/lambda/logged")
    aws("lambda").invoke(FunctionName="logged", Payload=b"{}")
    assert "LookupError: no such till" in log(aws, "logged")


def test_a_function_whose_role_may_not_log_works_without_a_log(aws):
    aws("logs").create_log_group(logGroupName="/aws/lambda/silent")
    function(aws, "silent", "def handler(event, context): return event", role(aws, "silent"))
    assert aws("lambda").invoke(FunctionName="silent", Payload=b"7")["Payload"].read() == b"7"
    assert log(aws, "silent") == []


@pytest.fixture
def bucket(aws):
    """A bucket with versions that tells EventBridge."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="tells")
    s3.put_bucket_versioning(Bucket="tells", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket="tells", NotificationConfiguration={"EventBridgeConfiguration": {}})
    return s3


def test_an_event_of_s3_names_the_version_and_goes_to_dead_letters_when_the_function_lets_nobody_in(aws, bucket):
    arn, queue = make_failing(aws, "barred")
    letters = f"arn:aws:sqs:us-east-1:{ACCOUNT}:barred"
    rule = aws("events").put_rule(Name="barred", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    target = {"Id": "f", "Arn": arn, "DeadLetterConfig": {"Arn": letters}}
    aws("events").put_targets(Rule="barred", Targets=[target])
    bucket.put_object(Bucket="tells", Key="unheard", Body=b"a")  # the queue lets nobody in either
    may_send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    may_send |= {"Resource": letters, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}
    aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [may_send]})})
    version = bucket.put_object(Bucket="tells", Key="a b+é.csv", Body=b"a")["VersionId"]
    (letter,) = messages(aws, queue)  # it was there before the put was answered
    detail = json.loads(letter["Body"])["detail"]
    assert (detail["object"]["key"], detail["object"]["version-id"]) == ("a b+é.csv", version)
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (rule, arn, "NO_PERMISSIONS")
    aws("events").remove_targets(Rule="barred", Ids=["f"])


def test_retries_go_on_after_a_kill_and_dead_letters_outlive_one(tmp_path):
    """Accepted and tried once, killed: the next start goes on with the second try."""

    def start(waits):
        environment = {**os.environ, **KEY, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": waits}
        command = [sys.executable, "-m", "local_aws", "--home", str(tmp_path), "--port", "0"]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        aws = clients(server.stdout.readline().split()[4].rstrip(","))
        until(lambda: answers(aws))
        return server, aws

    server, aws = start("2,60")
    _, queue = make_failing(aws, "killed")
    aws("lambda").invoke(FunctionName="killed", InvocationType="Event", Payload=b"{}")
    until(lambda: "LookupError: no such till" in log(aws, "killed"))
    until(lambda: '"killed"' in (tmp_path / "state" / "lambda.json").read_text())
    until(lambda: '"attempts": 1' in next((tmp_path / "lambda").glob("*.json")).read_text())
    server.send_signal(signal.SIGKILL)
    server.wait()
    (file,) = (tmp_path / "lambda").glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    server, aws = start("0.2,0.2")
    queue = aws("sqs").get_queue_url(QueueName="killed")["QueueUrl"]
    until(lambda: messages(aws, queue))
    until(lambda: not list((tmp_path / "lambda").glob("*.json")))
    server.send_signal(signal.SIGKILL)
    server.wait()
    server, aws = start("1,1")
    assert len(messages(aws, aws("sqs").get_queue_url(QueueName="killed")["QueueUrl"])) == 1
    server.send_signal(signal.SIGKILL)
    server.wait()
