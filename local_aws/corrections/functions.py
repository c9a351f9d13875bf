"""Lambda: asynchronous invocations that a kill does not lose, and logs that are written as the function's role.

AWS: a function that fails is tried twice again, after one minute and after two more; what fails then goes to the
function's dead-letter queue, the event as it came, with RequestID, ErrorCode and ErrorMessage as attributes, sent as
the function's role (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation",
"Capturing records of Lambda asynchronous invocations"). ministack: a thread for each event, which a restart forgets; an
event of EventBridge is tried once; the dead letter is an envelope around the event, without attributes.
"""

import contextlib
import json
import logging
import os
import secrets
import threading
import time
import uuid
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ministack.core import lambda_runtime, persistence
from ministack.services import lambda_svc, sqs

from local_aws import hooks

AT_A_TIME = 4  # each is a process of its own
# Lambda Developer Guide, "Log and monitor Python Lambda functions": the runtime gives the root logger a handler with
# such lines, and leaves its level at WARNING. ministack: none, so a line of INFO that a logger lets through is lost.
LOGGING = r"""
import logging, time
logging.Formatter.converter = time.gmtime
logging.basicConfig(format="[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(message)s", datefmt="%Y-%m-%dT%H:%M:%S")
"""

log = logging.getLogger("local_aws")
_secret = secrets.token_hex(16)
_writing = threading.Lock()


def install(folder: Path, retry_seconds: list[float]) -> "Invocations":
    """Replace asynchronous invocation, the writing of logs, and the credentials of functions."""
    invocations = Invocations(folder, retry_seconds)
    hooks.replace(lambda_svc, "invoke_async_with_retry", invocations.accept)
    hooks.replace(lambda_svc, "_emit_lambda_logs", write_log)
    hooks.replace(lambda_runtime, "_PYTHON_WORKER_SCRIPT", LOGGING + lambda_runtime._PYTHON_WORKER_SCRIPT)
    hooks.replace(lambda_runtime, "execution_credentials", partial(credentials, lambda_runtime.execution_credentials))
    return invocations


class Invocations:
    """The events that wait, each a file and a thread. After a kill the tries of an event begin again."""

    def __init__(self, folder: Path, retry_seconds: list[float]) -> None:
        self._folder, self._retry_seconds = folder, retry_seconds
        self._room = threading.Semaphore(AT_A_TIME)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def accept(self, function: dict[str, Any], event: Any) -> None:
        """Take an event for a function (ministack's record of it); it is on disk when this returns."""
        file = self._folder / f"{uuid.uuid4()}.json"
        half = file.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(json.dumps({"function": (function.get("config") or function)["FunctionArn"], "event": event}))
        half.replace(file)
        self._start(file)

    def resume(self) -> None:
        """Go on with what an earlier run of the server had accepted."""
        for file in self._folder.glob("*.json"):
            self._start(file)

    def _start(self, file: Path) -> None:
        waiting = json.loads(file.read_text())
        arn, event = waiting["function"], waiting["event"]
        call = ({"FunctionArn": arn}, self._see_through, file, arn, event)  # as in a request of the ARN's account
        threading.Thread(target=lambda_svc._run_with_function_config_scope, args=call, daemon=True).start()

    def _see_through(self, file: Path, arn: str, event: Any) -> None:
        """Try until the function works or is given up; then the file goes."""
        for attempt, wait in enumerate((0.0, *self._retry_seconds)):
            time.sleep(wait)
            function, config, _ = lambda_svc._get_func_record_for_ref(arn)
            if not function or not config:  # it was deleted
                break
            record = lambda_svc._execution_record_for_config(function, config)
            with self._room:
                result = lambda_svc._execute_function_dispatch(record, config, event, file.stem, time.time())
            if not result.get("error"):
                break
            limits = function.get("event_invoke_config") or function["event_invoke_configs"].get("$LATEST") or {}
            if attempt == limits.get("MaximumRetryAttempts", len(self._retry_seconds)):
                send_dead_letter(config, event, file.stem, result["body"].get("errorMessage", ""))
                break
        file.unlink()


def send_dead_letter(config: dict[str, Any], event: Any, request_id: str, error: str) -> None:
    """Send an event to its function's queue, as the function's role. Refused, the event waits for the next start."""
    if arn := (config.get("DeadLetterConfig") or {}).get("TargetArn"):
        queue = sqs._queue_by_arn(arn) or {"url": f"no queue {arn}"}
        texts = {"RequestID": request_id, "ErrorMessage": error[:1024] or "-"}
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
        attributes["ErrorCode"] = {"DataType": "Number", "StringValue": "200"}
        letter = {"MessageBody": json.dumps(event), "MessageAttributes": attributes}
        client_of(config, "sqs").send_message(QueueUrl=queue["url"], **letter)
        keep_queues()


def keep_queues() -> None:
    """Write the queues to disk now, so that a message which was accepted outlives a kill."""
    with _writing, contextlib.suppress(RuntimeError):  # one more message meanwhile: the server's next round has both
        persistence.save_state("sqs", sqs.get_state())


def write_log(function: dict[str, Any], request_id: str, text: str, error: bool, duration_ms: int, **_: Any) -> None:
    """Write an invocation's lines into /aws/lambda/<name>, in a stream of their own.

    AWS: as the function's role, which needs logs:CreateLogStream and logs:PutLogEvents (Lambda Developer Guide,
    "Sending Lambda function logs to CloudWatch Logs"). ministack: without asking.
    """
    config = function.get("config") or function
    lines = [f"START RequestId: {request_id} Version: $LATEST", *text.splitlines(), f"END RequestId: {request_id}"]
    lines.append(f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tMemory Size: {config['MemorySize']} MB")
    events = [{"timestamp": int(time.time() * 1000), "message": line or " "} for line in lines]
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}"
    names = {"logGroupName": f"/aws/lambda/{config['FunctionName']}", "logStreamName": stream}
    try:
        logs = client_of(config, "logs")
        logs.create_log_stream(**names)
        logs.put_log_events(**names, logEvents=events)
    except ClientError as refused:
        log.warning("%s: nothing could be logged: %s", config["FunctionName"], refused)


def credentials(plain: Any, config: dict[str, Any]) -> Any:
    """Return the credentials of a function's role.

    AWS: temporary and known to nobody else (Lambda Developer Guide, "Defining Lambda function permissions with an
    execution role"). ministack: a hash of the function's and the role's names, which anybody can compute.
    """
    return plain(config | {"FunctionArn": f"{config['FunctionArn']}:{_secret}"})


def client_of(config: dict[str, Any], service: str) -> Any:
    """Return a client that calls this server as a function's role."""
    return _client(service, *lambda_runtime.execution_credentials(config).values())


@cache
def _client(service: str, key_id: str, secret: str, token: str) -> Any:
    make: Any = boto3.Session(key_id, secret, token, os.environ["MINISTACK_REGION"]).client
    return make(service, endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
