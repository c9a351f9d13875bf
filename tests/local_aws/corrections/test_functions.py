"""Lambda: its log, retries and dead letters, and what a kill leaves; events of S3 and their versions."""

import json
import os
import re
import subprocess
import sys

from tests.local_aws.corrections.conftest import ACCOUNT, KEY, clients, function, messages, role, until
from tests.local_aws_process import ROOT

FAILS = """
import logging, os
LOG = logging.getLogger("till")
LOG.setLevel(logging.INFO)

def handler(event, context):
    LOG.info("tried by %s", os.environ["AWS_ACCESS_KEY_ID"][:4])
    raise LookupError("no such till")
"""


def make_failing(aws, name):
    """Make a function that fails, its queue for dead letters and its log; return its ARN."""
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    aws("sqs").create_queue(QueueName=name)
    aws("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    log = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/{name}:*"
    may_log = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log}
    worker = role(aws, name, may_log, {"Action": "sqs:SendMessage", "Resource": queue})
    return function(aws, name, FAILS, worker, DeadLetterConfig={"TargetArn": queue})


def log(aws, name):
    events = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def attributes(letter):
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}


def test_an_event_that_fails_is_tried_three_times_and_then_a_dead_letter(aws):
    make_failing(aws, "fails")
    event = {"till": 7, "name": "é"}
    aws("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=json.dumps(event))
    (letter,) = until(lambda: messages(aws, "fails"))
    assert json.loads(letter["Body"]) == event
    lines = log(aws, "fails")
    assert [line.split()[2] for line in lines if line.startswith("START")] == [attributes(letter)["RequestID"]] * 3
    assert len([line for line in lines if line.startswith("[INFO]\t") and line.endswith("\ttried by ASIA")]) == 3
    assert lines.count("LookupError: no such till") == 3
    assert (attributes(letter)["ErrorCode"], attributes(letter)["ErrorMessage"]) == ("200", "no such till")


def test_a_function_whose_role_may_not_log_works_without_a_log(aws):
    aws("logs").create_log_group(logGroupName="/aws/lambda/silent")
    function(aws, "silent", "def handler(event, context): return event", role(aws, "silent"))
    assert aws("lambda").invoke(FunctionName="silent", Payload=b"7")["Payload"].read() == b"7"
    assert log(aws, "silent") == []


def test_an_event_of_s3_names_the_version_and_goes_to_dead_letters_when_the_function_lets_nobody_in(aws):
    s3, events = aws("s3"), aws("events")
    s3.create_bucket(Bucket="tells")
    s3.put_bucket_versioning(Bucket="tells", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket="tells", NotificationConfiguration={"EventBridgeConfiguration": {}})
    arn, letters = make_failing(aws, "barred"), f"arn:aws:sqs:us-east-1:{ACCOUNT}:barred"
    rule = events.put_rule(Name="barred", EventPattern=json.dumps({"source": ["aws.s3"]}))["RuleArn"]
    events.put_targets(Rule="barred", Targets=[{"Id": "f", "Arn": arn, "DeadLetterConfig": {"Arn": letters}}])
    s3.put_object(Bucket="tells", Key="unheard", Body=b"a")  # the queue lets nobody in either
    may_send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    may_send |= {"Resource": letters, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}
    queue = aws("sqs").get_queue_url(QueueName="barred")["QueueUrl"]
    aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [may_send]})})
    version = s3.put_object(Bucket="tells", Key="a b+é.csv", Body=b"a")["VersionId"]
    (letter,) = messages(aws, "barred")  # it was there before the put was answered
    detail = json.loads(letter["Body"])["detail"]
    assert (detail["object"]["key"], detail["object"]["version-id"]) == ("a b+é.csv", version)
    said = attributes(letter)
    assert (said["RULE_ARN"], said["TARGET_ARN"], said["ERROR_CODE"]) == (rule, arn, "NO_PERMISSIONS")


def test_an_event_outlives_a_kill_and_so_does_its_dead_letter(tmp_path):
    def start(waits):
        command = [sys.executable, "-m", "local_aws", "--home", str(tmp_path), "--port", "0"]
        settings = {**os.environ, **KEY, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": waits}
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
        return server, clients(re.search(r"http://[\d.:]+", server.stdout.readline())[0])

    server, aws = start("60,60")
    make_failing(aws, "killed")
    until(lambda: '"killed"' in (tmp_path / "state" / "lambda.json").read_text())
    aws("lambda").invoke(FunctionName="killed", InvocationType="Event", Payload=b"{}")
    server.kill()
    (file,) = (tmp_path / "lambda").glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    server, aws = start("0.2,0.2")
    until(lambda: not file.exists())
    server.kill()
    server, aws = start("60,60")
    assert len(messages(aws, "killed")) == 1
    server.kill()
