"""Metrics: minutes add up, dimensions are told apart, and a restart keeps them."""

import time

import pytest
from botocore.exceptions import ClientError

from local_aws.cloudwatch.metrics import Metrics, Summary

HOUR = 3600


def test_values_of_a_minute_come_together(tmp_path):
    store = Metrics(tmp_path / "m")
    day = time.time() // (24 * HOUR) * 24 * HOUR
    first, second, third, fourth = (day + minutes * 60 for minutes in range(1, 5))
    for value in (3.0, 1.0, 2.0):
        store.add("Garden", "Rain", {"Bed": "1"}, Summary(1, value, value, value), at=first + 0.5)
    store.add("Garden", "Rain", {"Bed": "1"}, Summary(2, 20, 5, 15), at=second + 5)
    assert store.summary("Garden", "Rain", {"Bed": "1"}, first, second) == Summary(3, 6, 1, 3)
    assert store.summary("Garden", "Rain", {"Bed": "1"}, first, third) == Summary(5, 26, 1, 15)
    assert store.summary("Garden", "Rain", {"Bed": "1"}, third, fourth) is None
    assert store.summary("Garden", "Rain", {}, first, third) is None
    found = store.summary("Garden", "Rain", {"Bed": "1"}, first, second)
    shown = {name: found.statistic(name) for name in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")}
    assert shown == {"Sum": 6, "Average": 2, "Minimum": 1, "Maximum": 3, "SampleCount": 3}
    store.close()


def test_they_outlive_the_process_and_not_fifteen_days(tmp_path):
    store = Metrics(tmp_path / "m")
    now = time.time()
    store.add("Garden", "Old", {}, Summary(1, 1, 1, 1), at=now - 16 * 24 * HOUR)
    store.add("Garden", "New", {"B": "2", "A": "1"}, Summary(1, 1, 1, 1), at=now)
    store.close()
    store = Metrics(tmp_path / "m")
    store.add("Garden", "Newer", {}, Summary(1, 1, 1, 1))  # the first write looks for what is too old
    assert store.names() == [("Garden", "New", {"A": "1", "B": "2"}), ("Garden", "Newer", {})]
    store.close()


def test_the_api(running):
    cloudwatch = running.client("cloudwatch")
    bed = [{"Name": "Bed", "Value": "1"}]
    at = time.time() // HOUR * HOUR - HOUR
    cloudwatch.put_metric_data(
        Namespace="Garden",
        MetricData=[
            {"MetricName": "Rain", "Dimensions": bed, "Timestamp": at, "Value": 2},
            {"MetricName": "Rain", "Dimensions": bed, "Timestamp": at + 60, "Values": [1, 5], "Counts": [3, 1]},
            {
                "MetricName": "Rain",
                "Dimensions": bed,
                "Timestamp": at + 300,
                "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 0, "Maximum": 7},
            },
        ],
    )
    points = cloudwatch.get_metric_statistics(
        Namespace="Garden",
        MetricName="Rain",
        Dimensions=bed,
        StartTime=at,
        EndTime=at + 600,
        Period=300,
        Statistics=["Sum", "Maximum", "SampleCount"],
    )["Datapoints"]
    assert [(one["Timestamp"].timestamp() - at, one["Sum"], one["Maximum"], one["SampleCount"]) for one in points] == [
        (0, 10, 5, 5),
        (300, 10, 7, 4),
    ]
    (listed,) = cloudwatch.list_metrics(Namespace="Garden", Dimensions=[{"Name": "Bed"}])["Metrics"]
    assert (listed["MetricName"], listed["Dimensions"]) == ("Rain", bed)
    assert cloudwatch.list_metrics(Namespace="Garden", MetricName="Snow")["Metrics"] == []


def test_what_is_aws_s_own_cannot_be_put(running):
    with pytest.raises(ClientError, match="AWS's own"):
        running.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 1}]
        )
