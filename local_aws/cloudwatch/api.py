"""Metrics' part of CloudWatch's API, on our own store. Each function stands in for moto's of the same parameters."""

from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import models
from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.core.responses import ActionResult

from local_aws.cloudwatch import metrics
from local_aws.cloudwatch.metrics import Summary

MINUTE = 60


def put_metric_data(self: models.CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    """Do PutMetricData."""
    if namespace.startswith("AWS/"):
        raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid: it is AWS's own.")
    for number, one in enumerate(metric_data, 1):
        self._validate_parameters_put_metric_data(one, number)
    for one in metric_data:
        named = {dimension["Name"]: dimension["Value"] for dimension in one.get("Dimensions") or []}
        at = one["Timestamp"].replace(tzinfo=UTC).timestamp() if one.get("Timestamp") else None
        unit = one.get("Unit") or "None"
        for summary in _summaries(one):
            metrics.metrics().add(namespace, one["MetricName"], named, summary, at, unit)


def _summaries(given: dict[str, Any]) -> list[Summary]:
    if given.get("StatisticValues"):
        values = given["StatisticValues"]
        return [Summary(*(float(values[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")))]
    if given.get("Values"):
        counts = given.get("Counts") or [1] * len(given["Values"])
        pairs = zip(given["Values"], counts, strict=True)
        return [
            Summary(float(count), float(value) * float(count), float(value), float(value)) for value, count in pairs
        ]
    value = float(given.get("Value", 0))
    return [Summary(1, value, value, value)]


def get_metric_statistics(self: Any) -> ActionResult:
    """Do GetMetricStatistics. Periods begin at whole multiples of the period."""
    statistics = self._get_param("Statistics", [])
    if not statistics or self._get_param("ExtendedStatistics"):
        raise InvalidParameterValue("The local AWS gives Statistics, not ExtendedStatistics.")
    period = int(self._get_param("Period"))
    if period < MINUTE or period % MINUTE:
        raise InvalidParameterValue(f"The value {period} for parameter Period is invalid: it must be whole minutes.")
    named = {one["Name"]: one["Value"] for one in self._get_param("Dimensions", [])}
    start, end = (_seconds(self._get_param(name)) for name in ("StartTime", "EndTime"))
    name = self._get_param("MetricName")
    points = []
    for at in range(int(start) // period * period, int(end), period):
        found = metrics.metrics().summary(
            self._get_param("Namespace"), name, named, max(at, start), min(at + period, end)
        )
        if found is not None:
            values = {one: found.statistic(one) for one in statistics}
            points.append({"Timestamp": datetime.fromtimestamp(at, UTC), **values})
    return ActionResult({"Label": name, "Datapoints": points})


def list_metrics(self: Any) -> ActionResult:
    """Do ListMetrics."""
    wanted = {one["Name"]: one.get("Value") for one in self._get_param("Dimensions", [])}
    found = [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in named.items()],
        }
        for namespace, name, named in metrics.metrics().names()
        if self._get_param("Namespace") in (None, namespace)
        and self._get_param("MetricName") in (None, name)
        and all(key in named and value in (None, named[key]) for key, value in wanted.items())
    ]
    return ActionResult({"Metrics": found})


def _seconds(moment: Any) -> float:
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(moment)
