"""Lambda's processes: what they log and as whom, and how their errors are named."""

import re
import secrets
import time
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local_aws import hooks

# Lambda Developer Guide, "Log and monitor Python Lambda functions": the runtime gives the root logger a handler of
# this form, and leaves its level at WARNING. ministack: none, so a line of INFO that a logger lets through is lost.
LOGGING = """
    import logging
    _ms_request = [""]
    _ms_handler = logging.StreamHandler(sys.stderr)
    _ms_handler.addFilter(lambda record: setattr(record, "aws_request_id", _ms_request[0]) or True)
    _ms_form = "[%(levelname)s]\\t%(asctime)s.%(msecs)03dZ\\t%(aws_request_id)s\\t%(message)s"
    _ms_handler.setFormatter(logging.Formatter(_ms_form, "%Y-%m-%dT%H:%M:%S"))
    _ms_handler.formatter.converter = time.gmtime
    logging.getLogger().addHandler(_ms_handler)
"""
BEFORE_HANDLER = "    _ms_install_invoke_depth()\n    try:\n"
EACH_REQUEST = '        _ms_ctx = _ms_msg.get("ctx") or {}\n'
ERROR = re.compile(r"^(?:[\w.]+\.)?(\w+)(?::|$)", re.MULTILINE)  # the first line of a traceback that is not indented

_endpoint_url = ""
_secret = secrets.token_hex(16)
_streams: dict[str, str] = {}


def install(endpoint_url: str) -> None:
    """Replace the worker's script, the writing of its log, its credentials and the naming of its errors."""
    global _endpoint_url
    _endpoint_url = endpoint_url
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for place in (BEFORE_HANDLER, EACH_REQUEST):
        if script.count(place) != 1:
            raise AttributeError(f"ministack's worker of Lambda has no {place!r} any more: has it been upgraded?")
    script = script.replace(BEFORE_HANDLER, LOGGING + BEFORE_HANDLER)
    script = script.replace(EACH_REQUEST, f'{EACH_REQUEST}        _ms_request[0] = _ms_ctx.get("request_id", "")\n')
    hooks.replace(lambda_runtime, "_PYTHON_WORKER_SCRIPT", script)
    hooks.replace(lambda_runtime, "execution_credentials", partial(credentials, lambda_runtime.execution_credentials))
    hooks.replace(lambda_svc, "_emit_lambda_logs", write_log)
    hooks.replace(lambda_svc, "_execute_function_warm", partial(execute, lambda_svc._execute_function_warm))


def credentials(plain: Any, config: dict[str, Any]) -> Any:
    """Return the credentials of a function's role.

    AWS: temporary and known to nobody else (Lambda Developer Guide, "Defining Lambda function permissions with an
    execution role"). ministack: a hash of the function's and the role's names, which anybody can compute.
    """
    return plain(config | {"FunctionArn": f"{config['FunctionArn']}:{_secret}"})


def client(service: str, config: dict[str, Any]) -> Any:
    """Return a client that calls this server as a function's role."""
    return _client(service, config["FunctionArn"], config["FunctionName"], config["Role"])


@cache
def _client(service: str, arn: str, name: str, role: str) -> Any:
    names = lambda_runtime.execution_credentials({"FunctionArn": arn, "FunctionName": name, "Role": role})
    make: Any = boto3.Session(region_name=arn.split(":")[3]).client
    return make(service, endpoint_url=_endpoint_url, **{name.lower(): value for name, value in names.items()})


def write_log(function: dict[str, Any], request_id: str, text: str, error: bool, duration_ms: int, **_: Any) -> None:
    """Write an invocation's lines into /aws/lambda/<name>.

    AWS: as the function's role, which needs logs:CreateLogStream and logs:PutLogEvents, into a stream for each
    process (Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs"). ministack: writes them without
    asking, in a stream for each invocation. Here a stream serves all processes of a function until a restart.
    """
    config = function.get("config") or function
    report = f"Duration: {duration_ms} ms\tBilled Duration: {duration_ms} ms\tMemory Size: {config['MemorySize']} MB"
    lines = [f"START RequestId: {request_id} Version: $LATEST", *text.splitlines(), f"END RequestId: {request_id}"]
    lines.append(f"REPORT RequestId: {request_id}\t{report}")
    group = {"logGroupName": config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"}
    events = [{"timestamp": int(time.time() * 1000), "message": line or " "} for line in lines]
    logs, arn = client("logs", config), config["FunctionArn"]
    for last in (False, True):
        try:
            logs.put_log_events(**group, logStreamName=_stream(logs, group, arn), logEvents=events)
            return
        except ClientError as refused:
            _streams.pop(arn, None)  # the log group may have been made anew
            if last:
                lambda_svc.logger.warning("%s: nothing could be logged: %s", config["FunctionName"], refused)


def _stream(logs: Any, group: dict[str, str], arn: str) -> str:
    if arn not in _streams:
        name = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}"
        logs.create_log_stream(**group, logStreamName=name)
        _streams[arn] = name
    return _streams[arn]


def execute(plain: Any, function: dict[str, Any], event: Any, request_id: str) -> Any:
    """Run a function; name an error by its class.

    AWS: `errorType` is the exception's class (Lambda Developer Guide, "Python function errors and exceptions").
    ministack: says `Runtime.HandlerError` of each.
    """
    result = plain(function, event, request_id)
    trace = result.get("log", "").rpartition("Traceback (most recent call last):\n")[2] if result.get("error") else ""
    if match := ERROR.search(trace):
        result["body"] |= {"errorType": match[1], "requestId": request_id}
    return result
