"""Lambda: its log, retries, dead letters, and what a kill leaves; the versions in events of S3."""

import json
import os
import signal

from tests.local_aws.conftest import ACCOUNT, LocalAws, wait_until
from tests.local_aws.corrections.conftest import function, messages
from tests.local_aws_process import running_local_aws

FAILS = """
import logging, os
LOG = logging.getLogger("till")
LOG.setLevel(logging.INFO)

def handler(event, context):
    LOG.info("tried by %s", os.environ["AWS_ACCESS_KEY_ID"][:4])
    raise LookupError("no such till")
"""


def make_failing(aws, name):
    """Make a function that fails, its queue for dead letters and its log."""
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    aws.client("sqs").create_queue(QueueName=name)
    aws.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    log = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/{name}:*"
    may_log = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log}
    may_send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    function(aws, name, FAILS, may_log, may_send, DeadLetterConfig={"TargetArn": queue})


def log(aws, name):
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def test_an_event_that_fails_is_tried_three_times_and_then_a_dead_letter(aws):
    make_failing(aws, "fails")
    event = {"till": 7, "name": "é"}
    aws.client("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=json.dumps(event))
    (letter,) = wait_until(lambda: messages(aws, "fails"))
    assert json.loads(letter["Body"]) == event
    lines, told = log(aws, "fails"), {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert [line.split()[2] for line in lines if line.startswith("START")] == [told["RequestID"]] * 3
    assert len([line for line in lines if line.startswith("[INFO]\t") and line.endswith("\ttried by ASIA")]) == 3
    assert lines.count("LookupError: no such till") == 3
    assert (told["ErrorCode"], told["ErrorMessage"]) == ("200", "no such till")


def test_a_function_whose_role_may_not_log_works_without_a_log(aws):
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/silent")
    function(aws, "silent", "def handler(event, context): return event")
    assert aws.client("lambda").invoke(FunctionName="silent", Payload=b"7")["Payload"].read() == b"7"
    assert log(aws, "silent") == []


def test_an_event_of_s3_is_there_once_the_object_is_and_names_its_version(aws):
    s3, events, told = aws.client("s3"), aws.client("events"), {"EventBridgeConfiguration": {}}
    s3.create_bucket(Bucket="tells")
    s3.put_bucket_versioning(Bucket="tells", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket="tells", NotificationConfiguration=told)
    aws.client("sqs").create_queue(QueueName="hears")
    events.put_rule(Name="hears", EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule="hears", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:hears"}])
    version = s3.put_object(Bucket="tells", Key="a b+é.csv", Body=b"a")["VersionId"]
    thing = json.loads(messages(aws, "hears")[0]["Body"])["detail"]["object"]
    assert (thing["key"], thing["version-id"]) == ("a b+é.csv", version)


def test_an_event_outlives_a_kill_and_so_does_its_dead_letter(tmp_path):
    def until_killed(waits, work):
        with running_local_aws(tmp_path, {**os.environ, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": waits}) as url:
            work(aws := LocalAws(url, tmp_path / "aws"))
            os.kill(int((aws.home / "pid").read_text()), signal.SIGKILL)

    def accept(aws):
        make_failing(aws, "killed")
        aws.wait_until_saved("lambda", '"killed"')
        aws.client("lambda").invoke(FunctionName="killed", InvocationType="Event", Payload=b"{}")

    until_killed("60,60", accept)
    (file,) = (tmp_path / "aws" / "lambda").glob("*.json")
    until_killed("0.2,0.2", lambda aws: wait_until(lambda: not file.exists()))
    letters = []
    until_killed("60,60", lambda aws: letters.extend(messages(aws, "killed")))
    assert len(letters) == 1
