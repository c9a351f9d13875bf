"""Alarms: what values make of their state, and who hears of it."""

import email
import json
import re
import time
from email.policy import default
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from local_aws.cloudwatch import alarms, watch

ACCOUNT = "123456789012"
HOUR = 3600


def alarm(comparison="GreaterThanThreshold", threshold=10, periods=3, datapoints=None, missing=None):
    return SimpleNamespace(
        comparison_operator=comparison,
        threshold=threshold,
        evaluation_periods=periods,
        datapoints_to_alarm=datapoints,
        treat_missing_data=missing,
    )


@pytest.mark.parametrize(
    ("settings", "values", "expected"),
    [
        ({}, [11, 12, 13], "ALARM"),
        ({}, [11, 10, 13], "OK"),
        ({"datapoints": 2}, [11, 10, 13], "ALARM"),
        ({"datapoints": 2}, [11, 10, 9], "OK"),
        ({"comparison": "GreaterThanOrEqualToThreshold"}, [10, 10, 10], "ALARM"),
        ({"comparison": "LessThanThreshold"}, [9, 9, 9], "ALARM"),
        ({"comparison": "LessThanThreshold"}, [10, 9, 9], "OK"),
        ({"comparison": "LessThanOrEqualToThreshold"}, [10, 10, 10], "ALARM"),
        ({}, [None, None, None], "INSUFFICIENT_DATA"),
        ({}, [None, None, 11], "ALARM"),
        ({}, [None, 11, 9], "OK"),
        ({"missing": "breaching"}, [None, None, None], "ALARM"),
        ({"missing": "breaching"}, [None, 9, None], "OK"),
        ({"missing": "breaching", "datapoints": 2}, [None, 9, None], "ALARM"),
        ({"missing": "notBreaching"}, [None, None, None], "OK"),
        ({"missing": "notBreaching"}, [11, None, 11], "OK"),
        ({"missing": "notBreaching", "datapoints": 1}, [None, None, 11], "ALARM"),
        ({"missing": "ignore"}, [None, None, None], None),
        ({"missing": "ignore"}, [None, None, 9], "OK"),
    ],
)
def test_what_values_make_of_an_alarm(settings, values, expected):
    assert alarms.judge(alarm(**settings), values) == expected


def put(running, name, **settings):
    how = {
        "AlarmName": name,
        "Namespace": "Garden",
        "MetricName": "Degrees",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        **settings,
    }
    running.client("cloudwatch").put_metric_alarm(**how)


def state(running, name):
    (found,) = running.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found["StateValue"]


def measure(running, value, seconds_ago=0, **more):
    datum = {"MetricName": "Degrees", "Value": value, "Timestamp": time.time() - seconds_ago, **more}
    running.client("cloudwatch").put_metric_data(Namespace="Garden", MetricData=[datum])


def mails(running, subject):
    folder = running.home / "mail"
    found = [email.message_from_bytes(file.read_bytes(), policy=default) for file in sorted(folder.glob("*.eml"))]
    return [one for one in found if subject in one["Subject"]]


def test_a_new_alarm_has_no_data_and_a_changed_one_keeps_its_state(running):
    put(running, "frost", MetricName="Frost")
    assert state(running, "frost") == "INSUFFICIENT_DATA"
    put(running, "frost", MetricName="Frost", TreatMissingData="notBreaching")
    assert state(running, "frost") == "OK"
    put(running, "frost", MetricName="Frost", TreatMissingData="ignore")
    assert state(running, "frost") == "OK"


def test_a_state_that_is_new_goes_out_as_a_mail_once(running):
    sns = running.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@garden.example")
    put(
        running,
        "heat",
        AlarmDescription="Water the beds.",
        AlarmActions=[topic],
        OKActions=[topic],
        TreatMissingData="notBreaching",
        Dimensions=[{"Name": "Bed", "Value": "1"}],
    )
    measure(running, 5)  # of no bed: not this metric
    measure(running, 5, Dimensions=[{"Name": "Bed", "Value": "2"}])
    assert state(running, "heat") == "OK"
    measure(running, 5, Dimensions=[{"Name": "Bed", "Value": "1"}])
    for _ in range(3):
        assert state(running, "heat") == "ALARM"
    (mail,) = mails(running, 'ALARM: "heat"')
    assert mail["To"] == "ann@garden.example"
    assert "went from OK to ALARM" in mail.get_content()
    assert "Water the beds." in mail.get_content()
    running.client("cloudwatch").set_alarm_state(AlarmName="heat", StateValue="OK", StateReason="by hand")
    assert "by hand" in mails(running, 'OK: "heat"')[-1].get_content()


def test_alarms_look_by_themselves(running, monkeypatch):
    sns = running.client("sns")
    topic = sns.create_topic(Name="clock")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@garden.example")
    put(running, "silence", MetricName="Steps", TreatMissingData="breaching", AlarmActions=[topic])
    watch.look()
    assert len(mails(running, 'ALARM: "silence"')) == 1


def test_a_quiet_week(running):
    """The state by the clock: one upload, then none for as long as the alarm waits."""
    put(
        running,
        "quiet",
        MetricName="Uploads",
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
        Period=86400,
        EvaluationPeriods=3,
        TreatMissingData="breaching",
    )
    running.client("cloudwatch").put_metric_data(Namespace="Garden", MetricData=[{"MetricName": "Uploads", "Value": 1}])
    backend = cloudwatch_backends[ACCOUNT]["us-east-1"]
    states = []
    for days in (0, 1, 2, 2.9, 3.1):
        alarms.evaluate(backend, time.time() + days * 24 * HOUR)
        states.append(backend.alarms["quiet"].state_value)
    assert states == ["OK", "OK", "OK", "OK", "ALARM"]


def test_a_queue_that_is_not_empty(running):
    url = running.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    put(
        running,
        "dead",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "dead"}],
        Statistic="Maximum",
    )
    assert state(running, "dead") == "INSUFFICIENT_DATA"
    watch.measure_queues()
    assert state(running, "dead") == "OK"
    running.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    watch.measure_queues()
    assert state(running, "dead") == "ALARM"


def test_actions_can_be_switched_off(running):
    cloudwatch, sns = running.client("cloudwatch"), running.client("sns")
    topic = sns.create_topic(Name="hushed")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@garden.example")
    put(running, "hushed", MetricName="None", TreatMissingData="notBreaching", AlarmActions=[topic])
    cloudwatch.disable_alarm_actions(AlarmNames=["hushed"])
    cloudwatch.set_alarm_state(AlarmName="hushed", StateValue="ALARM", StateReason="by hand")
    assert mails(running, '"hushed"') == []


def test_a_topic_s_own_policy_must_let_alarms_in(running):
    sns = running.client("sns")
    topic = sns.create_topic(Name="guarded")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@garden.example")
    put(running, "knock", MetricName="None", TreatMissingData="ignore", AlarmActions=[topic])

    def knock(service):
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": topic}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        for value in ("OK", "ALARM"):
            running.client("cloudwatch").set_alarm_state(AlarmName="knock", StateValue=value, StateReason="by hand")
        return len(mails(running, 'ALARM: "knock"'))

    assert knock("budgets.amazonaws.com") == 0
    assert knock("cloudwatch.amazonaws.com") == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Unit": "Count"}, "does not do Unit for real"),
        ({"ExtendedStatistic": "p99"}, "does not do ExtendedStatistic for real"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "does not compare by"),
        ({"Period": 10}, "whole minutes only"),
        ({"Period": 300, "EvaluationPeriods": 289}, "more than a day"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "or a week"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"TreatMissingData": "sometimes"}, "TreatMissingData"),
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:123456789012:function:f"]}, "takes SNS topics"),
    ],
)
def test_alarms_that_would_be_pretended_are_refused(running, settings, words):
    with pytest.raises(ClientError, match=re.escape(words)):
        put(running, "refused", **settings)
    assert running.client("cloudwatch").describe_alarms(AlarmNames=["refused"])["MetricAlarms"] == []


def test_filters_hold_together(running):
    for name in ("filter-a", "filter-b", "other-c"):
        put(running, name, MetricName="None", TreatMissingData="notBreaching" if name[-1] == "b" else "missing")

    def names(**wanted):
        found = running.client("cloudwatch").describe_alarms(**wanted)["MetricAlarms"]
        return {one["AlarmName"] for one in found}

    assert names(AlarmNamePrefix="filter-") == {"filter-a", "filter-b"}
    assert names(AlarmNamePrefix="filter-", StateValue="OK") == {"filter-b"}
    assert names(AlarmNames=["filter-a", "other-c"], StateValue="OK") == set()


def test_deleting_one_that_is_not_there(running):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        running.client("cloudwatch").delete_alarms(AlarmNames=["nobody"])
