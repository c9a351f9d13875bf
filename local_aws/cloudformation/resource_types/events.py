"""Rules of EventBridge.

Source: AWS CloudFormation resource reference, AWS::Events::Rule. What of a target is honoured is for the local
EventBridge to say: it refuses the rest itself.
"""

import json

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import anything, many, only, record, text, whole

_TARGET = record(
    {
        "Id": text,
        "Arn": text,
        "Input": text,
        "InputPath": text,
        "DeadLetterConfig": record({"Arn": text}),
        "RetryPolicy": record({"MaximumEventAgeInSeconds": whole, "MaximumRetryAttempts": whole}),
    },
    ("Id", "Arn"),
)


class Rule(ResourceType):
    """A rule and its targets."""

    name = "AWS::Events::Rule"
    name_property = "Name"
    attributes = frozenset({"Arn"})
    form = record(
        {
            "Name": text,
            "Description": text,
            "EventBusName": only("default"),
            "EventPattern": anything,
            "State": only("ENABLED", "DISABLED"),
            "Targets": many(_TARGET),
        },
        ("EventPattern",),
    )

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix)[-64:]

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self._put(place, name, properties)
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        if properties.get("Targets"):
            place.client("events").put_targets(Rule=physical_id, Targets=properties["Targets"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        self._put(place, physical_id, new)
        had, wanted = ({one["Id"] for one in each.get("Targets", [])} for each in (old, new))
        if had - wanted:
            place.client("events").remove_targets(Rule=physical_id, Ids=sorted(had - wanted))
        self.configure(place, physical_id, new)

    def _put(self, place: Place, name: str, properties: Properties) -> None:
        place.client("events").put_rule(
            Name=name,
            Description=properties.get("Description", ""),
            EventPattern=json.dumps(properties["EventPattern"]),
            State=properties.get("State", "ENABLED"),
        )

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        events = place.client("events")
        try:
            targets = events.list_targets_by_rule(Rule=physical_id)["Targets"]
            if targets:
                events.remove_targets(Rule=physical_id, Ids=[target["Id"] for target in targets])
            events.delete_rule(Name=physical_id)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return place.arn("events", f"rule/{physical_id}")
