"""From S3 by EventBridge to Lambda: nothing is lost, versions are named, a rule calls only whom it may, roles hold.

AWS: a function that fails is tried twice again, after one minute and after two more; what fails then goes to the
function's dead-letter queue, the event as it came, with RequestID, ErrorCode and ErrorMessage as attributes, sent as
the function's role (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation",
"Capturing records of Lambda asynchronous invocations"). ministack: a thread for each event, which a restart forgets; an
event of EventBridge is tried once; the dead letter is an envelope around the event, without attributes.
"""

import json
import os
import threading
import time
import uuid
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, s3, sqs

from local_aws.clients import client_of, log
from local_aws.hooks import replaces

SERVICE = "events.amazonaws.com"
# Lambda Developer Guide, "Log and monitor Python Lambda functions": the runtime gives the root logger a handler with
# such lines, and leaves its level at WARNING. ministack: none, so a line of INFO that a logger lets through is lost.
LOGGING = 'import logging\nlogging.basicConfig(format="[%(levelname)s]\\t%(asctime)s\\t%(message)s")\n'
lambda_runtime._PYTHON_WORKER_SCRIPT = LOGGING + lambda_runtime._PYTHON_WORKER_SCRIPT
WAITS = [0.0, *map(float, os.environ.get("LOCAL_AWS_LAMBDA_RETRY_SECONDS", "60,120").split(","))]  # before each try
_room = threading.Semaphore(4)  # each invocation is a process of its own
_secret = uuid.uuid4().hex
_version: ContextVar[str | None] = ContextVar("version of the object that an event is about", default=None)


@replaces(s3, "_fire_s3_event_async")
def fire(bucket: str, key: str, name: str, *rest: Any, **more: Any) -> None:
    """Send an event of S3 before the call that caused it is answered.

    AWS: each event is delivered at least once (S3 User Guide, "Amazon S3 Event Notifications"). ministack: sends it
    from a thread after the answer; a kill in between loses it.
    """
    _version.set(more.get("version_id"))
    s3._fire_s3_event(bucket, key, name, *rest, sequencer=s3._next_event_sequencer(name), **more)


@replaces(eventbridge, "_dispatch_event")
def name_version(plain: Any, event: dict[str, Any], view: Any = None) -> None:
    """Give S3's events the version of their object.

    AWS: `version-id` of an object in a bucket with versions (S3 User Guide, "EventBridge event message structure").
    ministack: left out.
    """
    if event.get("Source") == "aws.s3" and _version.get():
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = _version.get()
        event = event | {"Detail": json.dumps(detail)}
    plain(event, view)


@replaces(eventbridge, "_invoke_target")
def call_if_allowed(plain: Any, target: Any, event: Any, rule: Any, view: Any = None) -> None:
    """Call a rule's target, or put the event into the target's dead-letter queue.

    AWS: the function's policy has to let EventBridge invoke it for this rule; else the event goes to the target's
    dead-letter queue, if the queue's policy lets it (EventBridge User Guide, "Using resource-based policies", "Using
    dead-letter queues to process undelivered events"). ministack: calls without asking, and has no such queue.
    """
    caller = {"principal_arn": "*", "principal_type": "Service", "principal_account": "", "region": get_region()}
    context = {"aws:sourcearn": rule["Arn"], "aws:sourceaccount": get_account_id()}
    call = {"action": "lambda:InvokeFunction", "resource_arn": target["Arn"], "service_context": context}
    function = lambda_svc._get_func_record_for_ref(target["Arn"])[0] if ":lambda:" in target["Arn"] else None
    answer = evaluate_resource_policy((function or {}).get("policy"), EvalContext(**caller, **call), service=SERVICE)
    if ":lambda:" not in target["Arn"] or answer.decision == "Allow":
        plain(target, event, rule, view)
        return
    texts = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": "NO_PERMISSIONS"}
    texts["ERROR_MESSAGE"] = f"The policy of {target['Arn']} does not let {SERVICE} invoke it for {rule['Arn']}"
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if sqs.queue_policy_allows(queue, SERVICE, rule["Arn"], get_account_id()):
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
        body = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
        sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, sqs._queue_by_arn(queue)["url"])


@replaces(lambda_svc, "invoke_async_with_retry")
def accept(function: dict[str, Any], event: Any) -> None:
    """Take an event for a function (ministack's record of it): a file and a thread, whose tries a kill begins again."""
    half = Path(os.environ["LOCAL_AWS_HOME"], "lambda", f"{uuid.uuid4()}.new")
    half.write_text(json.dumps([(function.get("config") or function)["FunctionArn"], event]))
    _start(half.rename(half.with_suffix(".json")))


# EventBridge tries once
replaces(eventbridge, "_dispatch_to_lambda")(lambda arn, payload: accept({"FunctionArn": arn}, json.loads(payload)))


def resume() -> None:
    """Go on with what an earlier run of the server had accepted."""
    for file in Path(os.environ["LOCAL_AWS_HOME"], "lambda").glob("*.json"):
        _start(file)


def _start(file: Path) -> None:
    arn, event = json.loads(file.read_text())
    call = ({"FunctionArn": arn}, _see_through, file, arn, event)  # as in a request of the ARN's account
    threading.Thread(target=lambda_svc._run_with_function_config_scope, args=call, daemon=True).start()


def _see_through(file: Path, arn: str, event: Any) -> None:
    """Try until the function works or is given up; then the file goes."""
    for attempt, wait in enumerate(WAITS):
        time.sleep(wait)
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:  # it was deleted
            break
        with _room:
            result = lambda_svc._execute_function_dispatch(function, config, event, file.stem, time.time())
        if not result.get("error"):
            break
        limits = function.get("event_invoke_config") or function["event_invoke_configs"].get("$LATEST") or {}
        if attempt == min(limits.get("MaximumRetryAttempts", 2), len(WAITS) - 1):
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
        letter = {"QueueUrl": queue["url"], "MessageBody": json.dumps(event), "MessageAttributes": attributes}
        client_of("sqs", lambda_runtime.execution_credentials(config)).send_message(**letter)
        time.sleep(5)  # until the server has written the queue to disk (server.py)


@replaces(lambda_svc, "_emit_lambda_logs")
def write_log(function: dict[str, Any], request_id: str, text: str, *_: Any, **__: Any) -> None:
    """Write an invocation's lines into /aws/lambda/<name>, in a stream of their own.

    AWS: as the function's role, which needs logs:CreateLogStream and logs:PutLogEvents (Lambda Developer Guide,
    "Sending Lambda function logs to CloudWatch Logs"). ministack: without asking.
    """
    config = function.get("config") or function
    group, stream = f"/aws/lambda/{config['FunctionName']}", f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
    lines = [f"START RequestId: {request_id} Version: $LATEST", *text.splitlines(), f"END RequestId: {request_id}"]
    log(lambda_runtime.execution_credentials(config), group, stream, makes_group=False)(*lines)


@replaces(lambda_runtime, "execution_credentials")
def credentials(plain: Any, config: dict[str, Any]) -> Any:
    """Return the credentials of a function's role.

    AWS: temporary and known to nobody else (Lambda Developer Guide, "Defining Lambda function permissions with an
    execution role"). ministack: a hash of the function's and the role's names, which anybody can compute.
    """
    return plain(config | {"FunctionArn": f"{config['FunctionArn']}:{_secret}"})
