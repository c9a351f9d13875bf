"""Alarms that look: at each DescribeAlarms, and by themselves every few seconds.

An alarm looks at its last periods, the newest ending with the present minute. Its state, by its threshold, its
datapoints and what it makes of missing ones, is new when it differs; then its actions go out, to SNS topics.
Source: CloudWatch User Guide, "Evaluating an alarm", "Configuring how CloudWatch alarms treat missing data".
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import models
from moto.cloudwatch.exceptions import ResourceNotFound, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from local_aws import state
from local_aws.cloudwatch import metrics
from local_aws.sns import topics

LOOK_SECONDS = 10.0
MINUTE = 60
LONGEST = 7 * 86400
SERVICE = "cloudwatch.amazonaws.com"
COMPARISONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": ("greater than", lambda value, bound: value > bound),
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda value, bound: value >= bound),
    "LessThanThreshold": ("less than", lambda value, bound: value < bound),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, bound: value <= bound),
}
STATISTICS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
MISSING = ("missing", "notBreaching", "breaching", "ignore")
NOT_FOR_REAL = {
    "metric_data_queries": "Metrics",
    "extended_statistic": "ExtendedStatistic",
    "evaluate_low_sample_count_percentile": "EvaluateLowSampleCountPercentile",
    "threshold_metric_id": "ThresholdMetricId",
    "rule": "AlarmRule",
    "unit": "Unit",
}

log = logging.getLogger("local_aws")
_evaluating = threading.Lock()


def put_metric_alarm(self: models.CloudWatchBackend, name: str, **settings: Any) -> Any:
    """Make or change an alarm after refusing what would be pretended. Stands in for moto's."""
    for setting, shown in NOT_FOR_REAL.items():
        if settings.get(setting):
            raise ValidationError(
                f"The local AWS does not do {shown} for real: alarms here watch one metric's statistic."
            )
    _check(settings)
    before = self.alarms.get(name)
    made = moto_put_metric_alarm(self, name, **settings)
    made.actions_enabled = settings.get("actions_enabled") is not False
    if before is None:
        made.state_value, made.state_reason = "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"
    else:  # a change keeps the state until the next look
        made.history = before.history
        for kept in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"):
            setattr(made, kept, getattr(before, kept))
    return made


def _check(settings: dict[str, Any]) -> None:
    if settings.get("comparison_operator") not in COMPARISONS:
        raise ValidationError(f"The local AWS does not compare by {settings.get('comparison_operator')}.")
    if settings.get("statistic") not in STATISTICS:
        raise ValidationError(f"Statistic must be one of {', '.join(STATISTICS)}, not {settings.get('statistic')}.")
    if (settings.get("treat_missing_data") or "missing") not in MISSING:
        raise ValidationError(f"TreatMissingData must be one of {', '.join(MISSING)}.")
    period, periods = int(settings.get("period") or 0), int(settings["evaluation_periods"])
    if period < MINUTE or period % MINUTE:
        raise ValidationError("Period: the local AWS keeps metrics by the minute: whole minutes only.")
    if period * periods > (LONGEST if period >= 3600 else 86400):
        raise ValidationError(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400), or a week "
            "when the period is an hour or longer."
        )
    if not 1 <= int(settings.get("datapoints_to_alarm") or periods) <= periods:
        raise ValidationError("DatapointsToAlarm must be from 1 to EvaluationPeriods.")
    for kind in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
        for arn in settings.get(kind) or []:
            if arn.split(":")[2:3] != ["sns"]:
                raise ValidationError(f"The local AWS takes SNS topics as an alarm's actions, not {arn}.")


def describe_alarms(self: CloudWatchResponse) -> ActionResult:
    """Look, then return the alarms that fit everything asked for. Stands in for moto's, which takes one filter."""
    backend = self.cloudwatch_backend
    evaluate(backend)
    names, state_value = self._get_param("AlarmNames", []), self._get_param("StateValue")
    prefix, action = self._get_param("AlarmNamePrefix") or "", self._get_param("ActionPrefix") or ""
    found = [
        alarm
        for alarm in list(backend.alarms.values())
        if (not names or alarm.name in names)
        and alarm.name.startswith(prefix)
        and state_value in (None, alarm.state_value)
        and (not action or any(arn.startswith(action) for arn in alarm.alarm_actions))
    ]
    return ActionResult({"MetricAlarms": found, "CompositeAlarms": []})


def delete_alarms(self: models.CloudWatchBackend, alarm_names: list[str]) -> None:
    """Do DeleteAlarms: all of them, or none when one is not there. Stands in for moto's."""
    for name in alarm_names:
        if name not in self.alarms:
            raise ResourceNotFound
    moto_delete_alarms(self, alarm_names)


def set_alarm_state(
    self: models.CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
) -> None:
    """Set a state until the next look; a changed one has its actions. Stands in for moto's."""
    alarm = self.alarms.get(alarm_name)
    before = alarm.state_value if alarm is not None else None
    moto_set_alarm_state(self, alarm_name, reason, reason_data, state_value)
    if alarm is not None and before != state_value:
        _act(alarm, before or "")


def evaluate(backend: models.CloudWatchBackend, now: float | None = None) -> None:
    """Look at all alarms of a region and act on those whose state is new."""
    with _evaluating:
        for alarm in list(backend.alarms.values()):
            values = _values(alarm, time.time() if now is None else now)
            new = judge(alarm, values)
            if new is not None and new != alarm.state_value:
                before = alarm.state_value
                _update(alarm, new, values)
                _act(alarm, before)


def _values(alarm: Any, now: float) -> list[float | None]:
    """Return the statistic of each of the alarm's periods, oldest first; None where nothing was measured."""
    end = (math.floor(now / MINUTE) + 1) * MINUTE
    named = {one.name: one.value for one in alarm.dimensions}
    values: list[float | None] = []
    for number in range(int(alarm.evaluation_periods), 0, -1):
        start = end - number * int(alarm.period)
        found = metrics.metrics().summary(alarm.namespace, alarm.metric_name, named, start, start + int(alarm.period))
        values.append(None if found is None else found.statistic(alarm.statistic))
    return values


def judge(alarm: Any, values: list[float | None]) -> str | None:
    """Return the state that values give an alarm, None when it is to stay as it is."""
    treat = alarm.treat_missing_data or "missing"
    needed = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    _, breaches = COMPARISONS[alarm.comparison_operator]
    known = [breaches(value, float(alarm.threshold)) for value in values if value is not None]
    missing = len(values) - len(known)
    if treat in ("missing", "ignore"):
        if not known:
            return None if treat == "ignore" else "INSUFFICIENT_DATA"
        # what is there stands for what is not: with all of it breaching fewer datapoints are enough
        needed = min(needed, len(known))
    return "ALARM" if sum(known) + (missing if treat == "breaching" else 0) >= needed else "OK"


def _update(alarm: Any, new: str, values: list[float | None]) -> None:
    words, _ = COMPARISONS[alarm.comparison_operator]
    known = [f"{value}" for value in values if value is not None]
    if not known:
        treat = alarm.treat_missing_data or "missing"
        reason = f"no datapoints were received for {len(values)} period(s)"
        reason += (
            f" and {len(values)} missing datapoint(s) were treated as [{treat}]" if new != "INSUFFICIENT_DATA" else ""
        )
    else:
        verb = "were" if new == "ALARM" else "were not all"
        reason = f"{len(known)} datapoint(s) [{', '.join(known)}] {verb} {words} the threshold ({alarm.threshold})"
    data = {"version": "1.0", "queryDate": datetime.now(UTC).isoformat(), "recentDatapoints": known}
    alarm.update_state(f"Threshold Crossed: {reason}.", json.dumps(data), new)
    log.info("alarm %s: %s", alarm.name, new)
    state.changed()


def _act(alarm: Any, before: str) -> None:
    if not alarm.actions_enabled:
        return
    actions = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    for arn in actions:
        sent = topics.publish_for(arn, SERVICE, alarm.alarm_arn, _subject(alarm), _text(alarm, before))
        outcome = "Succeeded" if sent else "Failed"
        alarm.history.append(("Action", f"{outcome} to notify {arn}", "{}", alarm.state_value, utcnow()))


def _subject(alarm: Any) -> str:
    return f'{alarm.state_value}: "{alarm.name}" in {alarm.region_name}'[:100]


def _text(alarm: Any, before: str) -> str:
    """Return what a mail says."""
    named = ", ".join(f"{one.name} = {one.value}" for one in alarm.dimensions)
    return (
        f'The alarm "{alarm.name}" in {alarm.region_name} went from {before} to {alarm.state_value}: '
        f"{alarm.state_reason}\n\n"
        f"Description: {alarm.description or '-'}\n"
        f"Metric:      {alarm.namespace} {alarm.metric_name} ({named or 'no dimensions'})\n"
        f"Watched:     {alarm.statistic} of {alarm.period} seconds, {alarm.evaluation_periods} period(s), "
        f"{COMPARISONS[alarm.comparison_operator][0]} {alarm.threshold}\n"
        f"Alarm ARN:   {alarm.alarm_arn}\n"
    )


moto_put_metric_alarm = models.CloudWatchBackend.put_metric_alarm
moto_delete_alarms = models.CloudWatchBackend.delete_alarms
moto_set_alarm_state = models.CloudWatchBackend.set_alarm_state
