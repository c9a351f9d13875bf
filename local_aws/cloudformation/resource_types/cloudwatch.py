"""Alarms.

Source: AWS CloudFormation resource reference, AWS::CloudWatch::Alarm. What of a setting is honoured is for the local
CloudWatch to say: it refuses the rest itself.
"""

from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import LATER, PropertyError, Shape, flag, many, record, text, whole


@Shape
def number(value: Any, path: str) -> float | str:
    """Read a number."""
    if isinstance(value, str) and LATER in value:
        return value
    try:
        if not isinstance(value, bool):
            return float(str(value))
    except ValueError:
        pass
    raise PropertyError(f"{path}: expected a number, found {value!r}")


class Alarm(ResourceType):
    """An alarm on one metric."""

    name = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"
    attributes = frozenset({"Arn"})
    form = record(
        {
            "ActionsEnabled": flag,
            "AlarmActions": many(text),
            "AlarmDescription": text,
            "AlarmName": text,
            "ComparisonOperator": text,
            "DatapointsToAlarm": whole,
            "Dimensions": many(record({"Name": text, "Value": text}, ("Name", "Value"))),
            "EvaluationPeriods": whole,
            "InsufficientDataActions": many(text),
            "MetricName": text,
            "Namespace": text,
            "OKActions": many(text),
            "Period": whole,
            "Statistic": text,
            "Threshold": number,
            "TreatMissingData": text,
        },
        ("ComparisonOperator", "EvaluationPeriods", "MetricName", "Namespace", "Period", "Statistic", "Threshold"),
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self.update(place, name, {}, properties)
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("cloudwatch").put_metric_alarm(**(new | {"AlarmName": physical_id}))

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("cloudwatch").delete_alarms(AlarmNames=[physical_id])
        except ClientError as error:
            if not gone(error, "ResourceNotFound", "ResourceNotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return place.arn("cloudwatch", f"alarm:{physical_id}")
