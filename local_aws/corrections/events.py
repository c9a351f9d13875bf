"""From S3 by EventBridge to Lambda: nothing is lost, versions are named, and a rule calls only whom it may."""

import json
from contextvars import ContextVar
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, s3, sqs

from local_aws.hooks import replaces, wraps

SERVICE = "events.amazonaws.com"
_version: ContextVar[str | None] = ContextVar("version of the object that an event is about", default=None)


@replaces(s3, "_fire_s3_event_async")
def fire(bucket: str, key: str, name: str, *rest: Any, **more: Any) -> None:
    """Send an event of S3 before the call that caused it is answered.

    AWS: each event is delivered at least once (S3 User Guide, "Amazon S3 Event Notifications"). ministack: sends it
    from a thread after the answer; a kill in between loses it.
    """
    _version.set(more.get("version_id"))
    s3._fire_s3_event(bucket, key, name, *rest, sequencer=s3._next_event_sequencer(name), **more)


@wraps(eventbridge, "_dispatch_event")
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


@wraps(eventbridge, "_invoke_target")
def call_if_allowed(plain: Any, target: Any, event: Any, rule: Any, view: Any = None) -> None:
    """Call a rule's target, or put the event into the target's dead-letter queue.

    AWS: the function's policy has to let EventBridge invoke it for this rule; else the event goes to the target's
    dead-letter queue, if the queue's policy lets it (EventBridge User Guide, "Using resource-based policies", "Using
    dead-letter queues to process undelivered events"). ministack: calls without asking, and has no such queue.
    """
    if ":lambda:" not in target["Arn"] or may_invoke(target["Arn"], rule["Arn"]):
        plain(target, event, rule, view)
        return
    texts = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": "NO_PERMISSIONS"}
    texts["ERROR_MESSAGE"] = f"The policy of {target['Arn']} does not let {SERVICE} invoke it for {rule['Arn']}"
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if sqs.queue_policy_allows(queue, SERVICE, rule["Arn"], get_account_id()):
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
        body = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
        sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, sqs._queue_by_arn(queue)["url"])


def may_invoke(arn: str, rule_arn: str) -> bool:
    """Tell whether a function is there and its policy lets EventBridge invoke it for a rule."""
    caller = {"principal_arn": "*", "principal_type": "Service", "principal_account": ""}
    rule = {"aws:sourcearn": rule_arn, "aws:sourceaccount": get_account_id()}
    call = {"action": "lambda:InvokeFunction", "resource_arn": arn, "region": get_region(), "service_context": rule}
    policy = (lambda_svc._get_func_record_for_ref(arn)[0] or {}).get("policy")
    return bool(evaluate_resource_policy(policy, EvalContext(**caller, **call), service=SERVICE).decision == "Allow")


@replaces(eventbridge, "_dispatch_to_lambda")
def call_function(arn: str, payload: str) -> None:
    """Invoke a function as functions.py does; ministack tries once."""
    lambda_svc.invoke_async_with_retry({"FunctionArn": arn}, json.loads(payload))
