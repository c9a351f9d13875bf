"""Functions that are waited for: answers, errors, limits, what they see, and their log."""

import base64
import json
import os
import re
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

ECHO = "def run(event, context):\n    return event\n"


def test_a_function_answers_and_its_process_serves_the_next_one(aws):
    aws.function("counter", "n = 0\ndef run(event, context):\n    global n\n    n += 1\n    return [event, n]\n")
    assert aws.invoke("counter", {"a": "ä"}) == (None, [{"a": "ä"}, 1])
    assert aws.invoke("counter", 5) == (None, [5, 2])


def test_new_code_or_settings_take_a_new_process(aws, pack):
    aws.function("changing", "import os\ndef run(event, context):\n    return os.environ.get('WORD', 'none')\n")
    assert aws.invoke("changing") == (None, "none")
    functions = aws.client("lambda")
    functions.update_function_configuration(FunctionName="changing", Environment={"Variables": {"WORD": "one"}})
    assert aws.invoke("changing") == (None, "one")
    functions.update_function_code(
        FunctionName="changing", ZipFile=pack("def run(event, context):\n    return 'new'\n")
    )
    assert aws.invoke("changing") == (None, "new")


def test_code_from_s3_by_version(aws, pack):
    s3, functions = aws.client("s3"), aws.client("lambda")
    s3.create_bucket(Bucket="function-code")
    s3.put_bucket_versioning(Bucket="function-code", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="function-code", Key="f.zip", Body=pack("def run(e, c):\n    return 'old'\n"))[
        "VersionId"
    ]
    s3.put_object(Bucket="function-code", Key="f.zip", Body=pack("def run(e, c):\n    return 'new'\n"))
    place = {"S3Bucket": "function-code", "S3Key": "f.zip"}
    role = "arn:aws:iam::123456789012:role/all"
    how = {"FunctionName": "stored", "Role": role, "Runtime": "python3.11", "Handler": "main.run"}
    functions.create_function(**how, Code=place)
    assert aws.invoke("stored") == (None, "new")
    functions.update_function_code(FunctionName="stored", **place, S3ObjectVersion=old)
    assert aws.invoke("stored") == (None, "old")
    with pytest.raises(ClientError, match="S3 Error Code: NoSuchKey"):
        functions.update_function_code(FunctionName="stored", S3Bucket="function-code", S3Key="none.zip")


def test_what_a_function_sees(aws, monkeypatch):
    monkeypatch.setenv("OF_THE_SERVER", "1")
    code = """
import os, sys
def run(event, context):
    import boto3
    seen = {}
    for name in ("moto", "pytest", "duckdb"):
        try:
            __import__(name)
            seen[name] = "there"
        except ImportError:
            seen[name] = "not there"
    return {
        "caller": boto3.client("sts").get_caller_identity()["Arn"],
        "environment": dict(os.environ),
        "others": seen,
        "context": [context.function_name, context.memory_limit_in_mb, context.invoked_function_arn],
        "left": context.get_remaining_time_in_millis(),
        "here": os.listdir("."),
    }
"""
    arn = aws.function("seeing", code, Environment={"Variables": {"MINE": "yes"}}, MemorySize=192)
    error, seen = aws.invoke("seeing")
    assert error is None
    assert seen["caller"] == "arn:aws:sts::123456789012:assumed-role/all/seeing"
    assert seen["others"] == {"moto": "not there", "pytest": "not there", "duckdb": "not there"}
    assert seen["context"] == ["seeing", "192", arn]
    assert 0 < seen["left"] <= 20_000
    assert seen["here"] == ["main.py"]
    environment = seen["environment"]
    assert environment["MINE"] == "yes"
    assert environment["AWS_ENDPOINT_URL"] == aws.running.url
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "seeing"
    assert environment["AWS_REGION"] == "us-east-1"
    assert "OF_THE_SERVER" not in environment


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def run(event, context):\n    raise ValueError('no')\n", ("ValueError", "no")),
        ("import nothing_such\n", ("Runtime.ImportModuleError", "Unable to import module 'main': No module named 'nothing_such'")),
        ("x = 1\n", ("Runtime.HandlerNotFound", "Handler 'run' missing on module 'main'")),
        ("def run(:\n", ("Runtime.UserCodeSyntaxError", "Syntax error in module 'main': invalid syntax (main.py, line 1)")),
        ("raise KeyError('start')\n", ("KeyError", "'start'")),
        (
            "def run(event, context):\n    return {1, 2}\n",
            ("Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"),
        ),
    ],
)  # fmt: skip
def test_errors_in_the_words_of_lambda_s_python_runtime(aws, code, expected):
    aws.function("broken", code)
    try:
        error, answer = aws.invoke("broken")
    finally:
        aws.client("lambda").delete_function(FunctionName="broken")
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == expected


def test_a_trace_begins_in_the_handler(aws):
    aws.function("traced", "def run(event, context):\n    inner()\ndef inner():\n    raise ValueError('deep')\n")
    _, answer = aws.invoke("traced")
    assert [re.search(r"line (\d+), in (\w+)", one).groups() for one in answer["stackTrace"]] == [
        ("2", "run"),
        ("4", "inner"),
    ]
    (line,) = [line for line in aws.log("traced") if line.startswith("[ERROR]")]
    assert line.startswith("[ERROR] ValueError: deep\nTraceback (most recent call last):\n")


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(aws, wait):
    code = """
import subprocess, time
def run(event, context):
    if event == "quick":
        return "done"
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid, flush=True)
    time.sleep(1000)
"""
    aws.function("slow", code, Timeout=1)
    error, answer = aws.invoke("slow")
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(r"RequestId: \S+ Error: Task timed out after 1.00 seconds", answer["errorMessage"])
    log = aws.log("slow")
    assert any(re.fullmatch(r"\S+Z \S+ Task timed out after 1.00 seconds", line) for line in log)
    (pid,) = [line.split()[1] for line in log if line.startswith("child ")]
    wait(lambda: not _is_alive(int(pid)))  # it is told to end before the answer; the kernel takes its moment
    assert aws.invoke("slow", "quick") == (None, "done")


def _is_alive(pid: int) -> bool:
    """Tell whether a process is there and not dead, waiting for its parent to collect it."""
    try:
        os.kill(pid, 0)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory so")
def test_memory_ends_where_the_setting_says(aws):
    aws.function("hungry", "def run(megabytes, context):\n    return len(bytearray(megabytes * 1024 * 1024))\n")
    assert aws.invoke("hungry", 40) == (None, 40 * 1024 * 1024)
    error, answer = aws.invoke("hungry", 200)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.OutOfMemory")
    aws.client("lambda").update_function_configuration(FunctionName="hungry", MemorySize=512)
    assert aws.invoke("hungry", 200) == (None, 200 * 1024 * 1024)


def test_one_that_ends_its_own_process(aws):
    aws.function("leaving", "import os\ndef run(event, context):\n    os._exit(3)\n")
    error, answer = aws.invoke("leaving")
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert aws.invoke("leaving")[1]["errorType"] == "Runtime.ExitError"


def test_the_log(aws):
    code = """
import logging
logging.getLogger().setLevel("INFO")
print("at the start")
def run(event, context):
    print("printed")
    logging.info("informed")
    logging.debug("not this")
"""
    aws.function("telling", code)
    aws.invoke("telling")
    aws.invoke("telling")
    log = aws.log("telling")
    kinds = [line.split("\t")[0].split(" ")[0] for line in log]
    assert kinds == [
        "INIT_START", "at", "START", "printed", "[INFO]", "END", "REPORT",
        "START", "printed", "[INFO]", "END", "REPORT",
    ]  # fmt: skip
    assert re.fullmatch(r"\[INFO\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t[0-9a-f-]{36}\tinformed", log[4])
    assert re.fullmatch(
        r"REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms",
        log[6],
    )
    assert "Init Duration" not in log[11]
    (stream,) = aws.client("logs").describe_log_streams(logGroupName="/aws/lambda/telling")["logStreams"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])


def test_a_role_that_may_not_write_logs_leaves_none(aws):
    aws.function("silent", "def run(event, context):\n    print('unheard')\n", Role=aws.role("mute"))
    assert aws.invoke("silent") == (None, None)
    assert aws.log("silent") == []


def test_the_end_of_the_log_comes_with_the_answer_on_demand(aws):
    aws.function("tailing", "def run(event, context):\n    print('printed')\n")
    found = aws.client("lambda").invoke(FunctionName="tailing", LogType="Tail")
    assert "\nprinted\n" in base64.b64decode(found["LogResult"]).decode()


def test_a_dry_run_runs_nothing(aws):
    aws.function("dry", "def run(event, context):\n    print('ran')\n")
    found = aws.client("lambda").invoke(FunctionName="dry", InvocationType="DryRun")
    assert found["StatusCode"] == 204
    assert aws.log("dry") == []


def test_what_cannot_be_invoked(aws):
    aws.function("plain", ECHO)
    functions = aws.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="nobody")
    with pytest.raises(functions.exceptions.InvalidRequestContentException):
        functions.invoke(FunctionName="plain", Payload=b"{not json")
    with pytest.raises(functions.exceptions.RequestTooLargeException):
        functions.invoke(FunctionName="plain", InvocationType="Event", Payload=json.dumps("x" * 300_000))
    functions.put_function_concurrency(FunctionName="plain", ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName="plain")
    functions.delete_function_concurrency(FunctionName="plain")
    assert aws.invoke("plain", 1) == (None, 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Runtime": "nodejs20.x"}, "the local AWS runs python3.11 and python3.12, not nodejs20.x"),
        ({"Handler": "main"}, "expected module.function"),
        ({"MemorySize": 20480}, "MemorySize"),
        ({"Timeout": 901}, "Timeout"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request: AWS_REGION"),
        ({"Environment": {"Variables": {"LONG": "x" * 4096}}}, "4KB limit"),
        ({"VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"]}}, "does not do VpcConfig for real"),
        ({"Layers": ["arn:aws:lambda:us-east-1:1:layer:x:1"]}, "does not do Layers for real"),
        ({"TracingConfig": {"Mode": "Active"}}, "TracingConfig"),
        ({"EphemeralStorage": {"Size": 1024}}, "EphemeralStorage"),
        ({"Role": "arn:aws:iam::123456789012:role/nobody"}, "cannot be assumed by Lambda"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:sns:us-east-1:123456789012:t"}}, "sends to SQS queues"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:none"}}, "does not exist"),
    ],
)
def test_settings_that_are_wrong_or_would_be_pretended_are_refused(aws, settings, words):
    with pytest.raises(ClientError, match=re.escape(words)):
        aws.function("refused", ECHO, **settings)
    with pytest.raises(aws.client("lambda").exceptions.ResourceNotFoundException):
        aws.client("lambda").get_function(FunctionName="refused")


def test_a_role_that_others_may_assume_and_one_that_may_not_send(aws):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    role = aws.client("iam").create_role(RoleName="glue", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        aws.function("refused", ECHO, Role=role)
    _, queue = aws.queue("unsent")
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        aws.function("refused", ECHO, Role=aws.role("sender-not"), DeadLetterConfig={"TargetArn": queue})


def test_code_that_is_no_zip(aws):
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        aws.client("lambda").create_function(
            FunctionName="refused",
            Role="arn:aws:iam::123456789012:role/all",
            Runtime="python3.12",
            Handler="main.run",
            Code={"ZipFile": b"no zip"},
        )


def test_metrics_of_invocations(aws):
    aws.function("measured", "def run(event, context):\n    return 1 / event\n")
    for event in (1, 0, 2):
        aws.invoke("measured", event)
    found = {}
    for name in ("Invocations", "Errors"):
        points = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=name,
            Dimensions=[{"Name": "FunctionName", "Value": "measured"}],
            StartTime=0,
            EndTime=4102444800,
            Period=86400 * 365,
            Statistics=["Sum"],
        )["Datapoints"]
        found[name] = sum(point["Sum"] for point in points)
    assert found == {"Invocations": 3, "Errors": 1}


def test_what_lambda_does_as_the_role_is_in_the_record(aws):
    aws.function("recorded", ECHO)
    aws.invoke("recorded")
    noted = [json.loads(line) for line in (aws.home / "calls.jsonl").read_text().splitlines()]
    mine = [one for one in noted if one["caller"].get("session") == "recorded"]
    asked = [permission for one in mine for permission in one["permissions"]]
    assert {one["action"] for one in asked} >= {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert all("log-group:/aws/lambda/recorded" in one["resource"] for one in asked)
    assert {one["by"] for one in mine} == {"lambda.amazonaws.com"}


def test_a_function_goes_by_name_or_arn(aws):
    arn = aws.function("named", ECHO)
    assert aws.invoke("named", 1) == aws.invoke(arn, 1) == (None, 1)
