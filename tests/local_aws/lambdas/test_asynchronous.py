"""Events that are accepted: tried again, kept when they fail, throttled, and not lost by a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

NOTE = """
import json, os, time
def run(event, context):
    with open(event["file"], "a") as out:
        out.write(json.dumps([event.get("n"), context.aws_request_id, time.time()]) + "\\n")
    if event.get("fail"):
        raise ValueError(event["fail"])
"""


def send(aws, name, **event):
    answer = aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_an_event_is_done_once(aws, wait, tmp_path):
    aws.function("noting", NOTE)
    send(aws, "noting", file=str(tmp_path / "f"), n=1)
    wait(lambda: lines(tmp_path / "f"))
    time.sleep(1.2)  # longer than both retries would take
    assert [one[0] for one in lines(tmp_path / "f")] == [1]


def test_one_that_fails_is_tried_twice_more_and_kept(aws, wait, tmp_path):
    url, arn = aws.queue("dead")
    other_url, other = aws.queue("records")
    aws.function("failing", NOTE, DeadLetterConfig={"TargetArn": arn})
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="failing", DestinationConfig={"OnFailure": {"Destination": other}}
    )
    event = {"file": str(tmp_path / "f"), "fail": "no"}
    send(aws, "failing", **event)
    (message,) = wait(lambda: aws.messages(url))
    tries = lines(tmp_path / "f")
    assert len(tries) == 3
    assert len({request for _, request, _ in tries}) == 1
    first, second, third = (at for _, _, at in tries)
    assert second - first >= 0.3
    assert third - second >= 0.6
    assert json.loads(message["Body"]) == event
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": tries[0][1], "ErrorCode": "200", "ErrorMessage": "no"}
    (record,) = [json.loads(one["Body"]) for one in wait(lambda: aws.messages(other_url))]
    assert record["requestContext"] == {
        "requestId": tries[0][1],
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:failing:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == event
    assert record["responsePayload"]["errorType"] == "ValueError"

    # replay: what lies in the queue goes to the function again
    body = json.loads(message["Body"]) | {"fail": None}
    send(aws, "failing", **body)
    aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    wait(lambda: len(lines(tmp_path / "f")) == 4)


def test_how_often_is_a_setting(aws, wait, tmp_path):
    url, arn = aws.queue("once")
    aws.function("once", NOTE, DeadLetterConfig={"TargetArn": arn})
    aws.client("lambda").put_function_event_invoke_config(FunctionName="once", MaximumRetryAttempts=0)
    send(aws, "once", file=str(tmp_path / "f"), fail="no")
    wait(lambda: aws.messages(url))
    assert len(lines(tmp_path / "f")) == 1


def test_a_config_replaces_the_one_before_and_an_update_does_not(aws):
    aws.function("configured", NOTE)
    functions = aws.client("lambda")
    functions.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=1)
    functions.update_function_event_invoke_config(FunctionName="configured", MaximumEventAgeInSeconds=60)
    found = functions.get_function_event_invoke_config(FunctionName="configured")
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 60)
    functions.put_function_event_invoke_config(FunctionName="configured", MaximumEventAgeInSeconds=90)
    found = functions.get_function_event_invoke_config(FunctionName="configured")
    assert "MaximumRetryAttempts" not in found
    with pytest.raises(ClientError, match="sends to SQS queues"):
        functions.put_function_event_invoke_config(
            FunctionName="configured",
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sns:us-east-1:123456789012:topic"}},
        )


def test_a_burst_waits_for_room_and_loses_none(aws, wait, tmp_path):
    code = NOTE + "    time.sleep(0.05)\n    open(event['file'], 'a').write(json.dumps([-1, 0, time.time()]) + '\\n')\n"
    aws.function("narrow", code)
    aws.client("lambda").put_function_concurrency(FunctionName="narrow", ReservedConcurrentExecutions=1)
    for number in range(12):
        send(aws, "narrow", file=str(tmp_path / "f"), n=number)
    wait(lambda: len(lines(tmp_path / "f")) == 24)
    begun_and_ended = [one[0] for one in lines(tmp_path / "f")]
    assert sorted(begun_and_ended[::2]) == list(range(12))
    assert begun_and_ended[1::2] == [-1] * 12  # never two at a time


def test_with_no_room_at_all_events_are_kept_at_once(aws, wait, tmp_path):
    url, arn = aws.queue("shut")
    aws.function("shut", NOTE, DeadLetterConfig={"TargetArn": arn})
    aws.client("lambda").put_function_concurrency(FunctionName="shut", ReservedConcurrentExecutions=0)
    send(aws, "shut", file=str(tmp_path / "f"))
    wait(lambda: aws.messages(url))
    assert lines(tmp_path / "f") == []


def test_events_of_a_function_that_is_gone_are_dropped(aws, wait, tmp_path):
    aws.function("leaving-soon", NOTE)
    send(aws, "leaving-soon", file=str(tmp_path / "f"), fail="no")
    wait(lambda: lines(tmp_path / "f"))
    aws.client("lambda").delete_function(FunctionName="leaving-soon")
    aws.function("after", NOTE)
    send(aws, "after", file=str(tmp_path / "g"))
    wait(lambda: lines(tmp_path / "g"))
    time.sleep(0.5)
    assert len(lines(tmp_path / "f")) == 1


@pytest.mark.slow
def test_a_kill_loses_no_event(tmp_path, pack, wait):
    """Accepted, tried once, killed: the next start goes on with the second try; dead letters outlive a kill too."""
    home = tmp_path / "home"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

    def start():
        command = [
            sys.executable,
            "-m",
            "local_aws",
            "--port",
            "0",
            "--home",
            str(home),
            "--lambda-retry-seconds",
            "3,1",
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        url = next(line.split()[4].rstrip(",") for line in process.stdout if "ready at" in line)

        def client(service):
            config = Config(retries={"total_max_attempts": 1})
            keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            return boto3.client(service, endpoint_url=url, region_name="us-east-1", config=config, **keys)

        return process, client

    process, client = start()
    role = client("iam").create_role(RoleName="all", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    client("iam").put_role_policy(RoleName="all", PolicyName="p", PolicyDocument=json.dumps(allowed))
    client("sqs").create_queue(QueueName="dead")
    client("lambda").create_function(
        FunctionName="failing",
        Role=role,
        Runtime="python3.12",
        Handler="main.run",
        Timeout=20,
        Code={"ZipFile": pack(NOTE)},
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
    )
    file = tmp_path / "f"
    event = json.dumps({"file": str(file), "fail": "no", "n": 1})
    client("lambda").invoke(FunctionName="failing", InvocationType="Event", Payload=event)
    wait(lambda: lines(file))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    process, client = start()
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]

    def waiting():
        found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return found["Attributes"]["ApproximateNumberOfMessages"] == "1"

    wait(waiting)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(lines(file)) == 3

    process, client = start()
    try:
        assert waiting()
    finally:
        process.terminate()
        process.wait()
