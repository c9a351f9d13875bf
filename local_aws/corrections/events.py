"""From S3 by EventBridge to Lambda: nothing is lost, versions are named, and a rule calls only whom it may."""

import json
import logging
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, s3, sqs

from local_aws import hooks
from local_aws.corrections.invocations import Invocations, keep_queues

SERVICE = "events.amazonaws.com"
log = logging.getLogger("local_aws")

_version: ContextVar[str | None] = ContextVar("version of the object that an event is about", default=None)
_delivery: ContextVar[tuple[Any, Any, Any]] = ContextVar("target, event and rule that are being delivered")


def install(invocations: Invocations) -> None:
    """Replace the sending of S3's events and the calls of Lambda by EventBridge."""
    hooks.replace(s3, "_fire_s3_event_async", fire)
    hooks.replace(eventbridge, "_dispatch_event", partial(name_version, eventbridge._dispatch_event))
    hooks.replace(eventbridge, "_invoke_target", partial(invoke_target, eventbridge._invoke_target))
    hooks.replace(eventbridge, "_dispatch_to_lambda", partial(call_function, invocations))


def fire(bucket: str, key: str, name: str, *rest: Any, version_id: str | None = None, **more: Any) -> None:
    """Send an event of S3 before the call that caused it is answered.

    AWS: each event is delivered at least once (S3 User Guide, "Amazon S3 Event Notifications"). ministack: sends it
    from a thread after the answer; a kill in between loses it.
    """
    if bucket in s3._bucket_notifications:
        token = _version.set(version_id)
        try:
            sequencer = s3._next_event_sequencer(name)
            s3._fire_s3_event(bucket, key, name, *rest, version_id=version_id, sequencer=sequencer, **more)
        finally:
            _version.reset(token)


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


def invoke_target(plain: Any, target: Any, event: Any, rule: Any, view: Any = None) -> None:
    """Remember who is being called for which rule."""
    token = _delivery.set((target, event, rule))
    try:
        plain(target, event, rule, view)
    finally:
        _delivery.reset(token)


def call_function(invocations: Invocations, arn: str, payload: str) -> None:
    """Call a function for a rule, or put the event into the target's dead-letter queue.

    AWS: invokes it asynchronously if the function's policy lets EventBridge do so for this rule; else the event goes
    to the target's dead-letter queue, if the queue's policy lets it (EventBridge User Guide, "Using resource-based
    policies", "Using dead-letter queues to process undelivered events"). ministack: calls it without asking, once, and
    has no such queue.
    """
    target, event, rule = _delivery.get()
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        undelivered(target, event, rule, "RESOURCE_NOT_FOUND", f"Function not found: {arn}")
    elif not lets(function.get("policy"), "lambda:InvokeFunction", arn, rule["Arn"]):
        words = f"The policy of {arn} does not let {SERVICE} invoke it for {rule['Arn']}"
        undelivered(target, event, rule, "NO_PERMISSIONS", words)
    else:
        invocations.accept(lambda_svc._execution_record_for_config(function, config), json.loads(payload))


def lets(policy: Any, action: str, resource: str, rule_arn: str) -> bool:
    """Tell whether a resource's policy lets EventBridge act for a rule."""
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": get_account_id()},
    )
    return bool(policy) and evaluate_resource_policy(policy, context, service=SERVICE).decision == "Allow"


def undelivered(target: Any, event: Any, rule: Any, code: str, words: str) -> None:
    """Put an event into its target's dead-letter queue."""
    log.warning("%s: %s (%s)", rule["Arn"], words, code)
    arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(arn)
    if queue is None or not lets(queue["attributes"].get("Policy"), "sqs:SendMessage", arn, rule["Arn"]):
        return
    body = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
    texts = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "ERROR_MESSAGE": words}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": attributes}, queue["url"])
    keep_queues()
