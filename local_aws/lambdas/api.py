"""Lambda's API where moto's is not enough: Invoke, permissions, and the config of asynchronous invocations.

Each function stands in for a method of moto's LambdaResponse or LambdaBackend of the same parameters.
Source: Lambda API reference; the quotas of a payload from "Lambda quotas".
"""

import base64
import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda import models as moto_lambda
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.responses import LambdaResponse

from local_aws.cloudwatch import metrics
from local_aws.lambdas import asynchronous, functions, invocations
from local_aws.lambdas.processes import Busy

LARGEST_PAYLOAD = 6 * 1024 * 1024
LARGEST_EVENT = 256 * 1024
LOG_TAIL_BYTES = 4096

Answer = tuple[int, dict[str, Any], str | bytes]


class InvocationError(LambdaClientError):
    """A refused invocation, with an HTTP status of its own."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.code = status
        super().__init__(kind, message)


def invoke(self: LambdaResponse) -> Answer:
    """Do Invoke: wait for the answer, accept an event, or only look whether it could be done."""
    function = self.backend.get_function(unquote(self.path.rsplit("/", 2)[-2]), self._get_param("Qualifier"))
    how = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    event = _payload(self.body, LARGEST_EVENT if how == "Event" else LARGEST_PAYLOAD)
    if how == "DryRun":
        return 204, {"status": 204}, ""
    if how == "Event":
        asynchronous.queue(function, event)
        return 202, {"status": 202}, ""
    worker = asynchronous.worker()
    try:
        worker.processes.begin(function)
    except Busy:
        metrics.emit("AWS/Lambda", "Throttles", 1, {"FunctionName": function.function_name})
        raise InvocationError(429, "TooManyRequestsException", "Rate Exceeded.") from None
    try:
        outcome = invocations.invoke(worker.processes, function, event)
    finally:
        worker.wake()  # there is room again
    headers: dict[str, Any] = {"content-type": "application/json", "x-amz-executed-version": "$LATEST"}
    if outcome.failed:
        headers["x-amz-function-error"] = "Unhandled"
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        tail = "\n".join(outcome.lines).encode()[-LOG_TAIL_BYTES:]
        headers["x-amz-log-result"] = base64.b64encode(tail).decode()
    return 200, headers, outcome.payload


def _payload(body: str | bytes, largest: int) -> str:
    text = body.decode() if isinstance(body, bytes) else body
    size = len(text.encode())
    if size > largest:
        message = f"{size} byte payload is too large for the RequestResponse invocation type (limit {largest} bytes)"
        raise InvocationError(413, "RequestTooLargeException", message)
    try:
        json.loads(text or "{}")
    except ValueError as problem:
        message = f"Could not parse request body into json: {problem}"
        raise InvocationError(400, "InvalidRequestContentException", message) from None
    return text or "{}"


def add_permission(
    self: moto_lambda.LambdaBackend, function_name: str, qualifier: str | None, raw: str
) -> dict[str, Any]:
    """Do AddPermission; a statement's id can be used once."""
    function = self.get_function(function_name, qualifier)
    given = json.loads(raw)
    unknown = given.keys() - {"Action", "Principal", "SourceAccount", "SourceArn", "StatementId", "RevisionId"}
    if unknown:
        raise InvalidParameterValueException(f"The local AWS does not do {', '.join(sorted(unknown))} for real.")
    if any(statement["Sid"] == given["StatementId"] for statement in function.policy.statements):
        message = (
            f"The statement id ({given['StatementId']}) provided already exists. Please provide a new statement id, or "
            "remove the existing statement."
        )
        raise InvocationError(409, "ResourceConflictException", message)
    statement, _ = function.policy.add_statement(raw, qualifier)
    return dict(statement)


def update_function_code(
    self: moto_lambda.LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Do UpdateFunctionCode, once: moto does it twice."""
    changed = self.get_function(function_name, qualifier).update_function_code(body)
    asynchronous.worker().processes.end_idle(changed["FunctionName"])
    return changed


def put_function_event_invoke_config(
    self: moto_lambda.LambdaBackend, function_name: str, config: dict[str, Any]
) -> dict[str, Any]:
    """Do PutFunctionEventInvokeConfig: it replaces the one before."""
    return functions.set_event_invoke_config(self.get_function(function_name), config)


def update_function_event_invoke_config(
    self: moto_lambda.LambdaBackend, function_name: str, config: dict[str, Any]
) -> dict[str, Any]:
    """Do UpdateFunctionEventInvokeConfig: what is not given stays."""
    function = self.get_function(function_name)
    before = function.event_invoke_config[0].config if function.event_invoke_config else {}
    return functions.set_event_invoke_config(function, before | config)


def put_function_concurrency(self: moto_lambda.LambdaBackend, function_name: str, reserved_concurrency: str) -> int:
    """Do PutFunctionConcurrency; moto keeps 0 and does not show it."""
    function = self.get_function(function_name)
    function.reserved_concurrency = int(reserved_concurrency)
    asynchronous.worker().wake()
    return function.reserved_concurrency


def delete_function(self: moto_lambda.LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
    """Do DeleteFunction, its idle processes included."""
    name = self.get_function(function_name, qualifier).function_name
    moto_delete_function(self, function_name, qualifier)
    asynchronous.worker().processes.end_idle(name)
    asynchronous.worker().wake()


moto_delete_function = moto_lambda.LambdaBackend.delete_function
