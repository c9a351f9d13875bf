"""Rules: which targets get an event, and how it reaches them.

A target here is a Lambda function (its queue takes the event before this returns) or an SQS queue; both are in this
process and never busy, so there is nothing to try again: a delivery fails for good, as on AWS, when a permission is
missing or the target is gone, and then goes to the target's dead-letter queue. Source: EventBridge User Guide, "How
EventBridge retries delivering events" and "Using dead-letter queues to process undelivered events".
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events import models
from moto.events.exceptions import ValidationException

from local_aws import queues, state
from local_aws.cloudwatch import metrics
from local_aws.events import patterns
from local_aws.lambdas import asynchronous, permissions

SERVICE = "events.amazonaws.com"
DONE_TARGETS = ("lambda", "sqs")
TARGET_FIELDS = {"Id", "Arn", "Input", "InputPath", "DeadLetterConfig", "RetryPolicy"}
MOST_TARGETS = 5

log = logging.getLogger("local_aws")


class Undelivered(Exception):
    """A target did not take an event; `code` is EventBridge's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def put(account: str, region: str, event: dict[str, Any], bus: str = "default") -> None:
    """Hand an event to the targets of each rule that it matches."""
    found = models.events_backends[account][region].event_buses.get(bus)
    for rule in list(found.rules.values()) if found is not None else ():
        send_to_targets(rule, event)


def send_to_targets(rule: Any, event: dict[str, Any], transform_input: bool = True) -> None:
    """Hand an event to the targets of a rule, if it is on and the event matches. Stands in for moto's."""
    if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
        return
    event = _as_sent(event)
    if not patterns.matches(rule.event_pattern.get_pattern(), event):
        return
    named = {"RuleName": rule.name}
    metrics.emit("AWS/Events", "TriggeredRules", 1, named)
    for target in list(rule.targets):
        metrics.emit("AWS/Events", "Invocations", 1, named)
        try:
            _deliver(rule, target, body_for(target, event))
        except Undelivered as problem:
            log.warning("%s: %s (%s)", rule.arn, problem, problem.code)
            metrics.emit("AWS/Events", "FailedInvocations", 1, named)
            _to_dead_letters(rule, target, event, problem)


def body_for(target: dict[str, Any], event: dict[str, Any]) -> str:
    """Return what a target gets: the event, a part of it, or a constant."""
    if "Input" in target:
        return str(target["Input"])
    found: Any = event
    for name in target.get("InputPath", "$").removeprefix("$").split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return json.dumps(found)


def _as_sent(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event as targets see it: moto has seconds for its time and one field too many."""
    event = {name: value for name, value in event.items() if name != "ingestion-time"}
    if isinstance(event.get("time"), datetime):
        event["time"] = event["time"].timestamp()
    if isinstance(event.get("time"), (int, float)):
        event["time"] = datetime.fromtimestamp(event["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return event


def _deliver(rule: Any, target: dict[str, Any], body: str) -> None:
    arn = target["Arn"]
    if arn.split(":")[2] == "lambda":
        function = asynchronous.find_function(arn)
        if function is None:
            raise Undelivered("RESOURCE_NOT_FOUND", f"Function not found: {arn}")
        if not permissions.may_invoke(function, SERVICE, rule.arn):
            message = f"The policy of {arn} does not let {SERVICE} invoke it for {rule.arn}"
            raise Undelivered("NO_PERMISSIONS", message)
        asynchronous.queue(function, body)
        return
    _send(rule, arn, body, {})


def _send(rule: Any, arn: str, body: str, attributes: dict[str, str]) -> None:
    queue = queues.find(arn)
    if queue is None:
        raise Undelivered("RESOURCE_NOT_FOUND", f"The specified queue does not exist: {arn}")
    if not queues.lets_send(queue, SERVICE, rule.arn):
        raise Undelivered("NO_PERMISSIONS", f"The policy of {arn} does not let {SERVICE} send for {rule.arn}")
    queues.send(queue, body, attributes)
    state.save()  # a message that was accepted is not lost by a kill


def _to_dead_letters(rule: Any, target: dict[str, Any], event: dict[str, Any], problem: Undelivered) -> None:
    arn = target.get("DeadLetterConfig", {}).get("Arn")
    if arn is None:
        return
    named = {"RuleName": rule.name}
    attributes = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": problem.code,
        "ERROR_MESSAGE": str(problem)[:1000],
    }
    try:
        _send(rule, arn, json.dumps(event), attributes)
    except Undelivered as worse:
        log.warning("%s: not even to the dead-letter queue: %s", rule.arn, worse)
        metrics.emit("AWS/Events", "InvocationsFailedToBeSentToDlq", 1, named)
    else:
        metrics.emit("AWS/Events", "InvocationsSentToDlq", 1, named)


# what a rule may be


def put_rule(self: models.EventsBackend, name: str, **settings: Any) -> Any:
    """Make or change a rule, after refusing what would be pretended. Stands in for moto's."""
    for setting, shown in (("scheduled_expression", "ScheduleExpression"), ("role_arn", "RoleArn")):
        if settings.get(setting):
            raise ValidationException(f"The local AWS does not do {shown} for real: rules here have an EventPattern.")
    if settings.get("state") not in (None, "ENABLED", "DISABLED"):
        raise ValidationException(f"The local AWS does not do State {settings['state']} for real.")
    if settings.get("event_pattern"):
        try:
            patterns.parse(settings["event_pattern"])
        except patterns.PatternError as problem:
            reason = f"Event pattern is not valid. Reason: {problem}"
            raise JsonRESTError("InvalidEventPatternException", reason) from None
    return moto_put_rule(self, name, **settings)


def put_targets(
    self: models.EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
) -> None:
    """Give a rule targets, after refusing what would be pretended. Stands in for moto's."""
    for target in targets:
        _check_target(target)
    had = {target["Id"] for target in self.describe_rule(name, event_bus_arn).targets}
    if len(had | {target["Id"] for target in targets}) > MOST_TARGETS:
        raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    moto_put_targets(self, name, event_bus_arn, targets)


def _check_target(target: dict[str, Any]) -> None:
    unknown = sorted(target.keys() - TARGET_FIELDS)
    if unknown:
        raise ValidationException(f"Target {target['Id']}: the local AWS does not do {', '.join(unknown)} for real.")
    parts = target["Arn"].split(":")
    if len(parts) < 6 or parts[2] not in DONE_TARGETS or target["Arn"].endswith(".fifo"):
        raise ValidationException(
            f"Target {target['Id']}: the local AWS sends events to Lambda functions and SQS queues that are not FIFO, "
            f"not to {target['Arn']}."
        )
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError:
            raise ValidationException(f"JSON syntax error in input for target {target['Id']} at Input.") from None
    if "Input" in target and "InputPath" in target:
        raise ValidationException(f"Only one of Input and InputPath can be given for target {target['Id']}.")
    path = target.get("InputPath", "$")
    if not path.startswith("$") or "[" in path or "*" in path or ".." in path:
        raise ValidationException(f"Target {target['Id']}: the local AWS follows names only ($.a.b), not {path}.")
    retries = target.get("RetryPolicy", {})
    _check_number(retries, "MaximumRetryAttempts", 0, 185)
    _check_number(retries, "MaximumEventAgeInSeconds", 60, 86400)


def _check_number(given: dict[str, Any], name: str, least: int, most: int) -> None:
    if not least <= given.get(name, least) <= most:
        raise ValidationException(f"{name} must be from {least} to {most}, not {given[name]}.")


def test_event_pattern(self: Any) -> str:
    """Do TestEventPattern. Stands in for moto's, which does nothing."""
    try:
        pattern = patterns.parse(self._get_param("EventPattern"))
        event = json.loads(self._get_param("Event"))
    except (patterns.PatternError, ValueError) as problem:
        raise JsonRESTError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {problem}") from None
    return json.dumps({"Result": patterns.matches(pattern, event)})


moto_put_rule = models.EventsBackend.put_rule
moto_put_targets = models.EventsBackend.put_targets
