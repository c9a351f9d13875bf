"""Queues and their policies.

Source: AWS CloudFormation resource reference, AWS::SQS::Queue and AWS::SQS::QueuePolicy.
"""

import json
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import anything, flag, many, record, text, whole

NOT_THERE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
DEFAULTS = {
    "DelaySeconds": 0,
    "MaximumMessageSize": 262144,
    "MessageRetentionPeriod": 345600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}


class Queue(ResourceType):
    """A standard queue; its physical id is its URL."""

    name = "AWS::SQS::Queue"
    name_property = "QueueName"
    attributes = frozenset({"Arn", "QueueName", "QueueUrl"})
    form = record(
        {
            "DelaySeconds": whole,
            "MaximumMessageSize": whole,
            "MessageRetentionPeriod": whole,
            "QueueName": text,
            "ReceiveMessageWaitTimeSeconds": whole,
            "RedrivePolicy": anything,
            "SqsManagedSseEnabled": flag,
            "Tags": many(record({"Key": text, "Value": text})),
            "VisibilityTimeout": whole,
        }
    )

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix)[-80:]

    @override
    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        return f"{place.endpoint_url}/{place.account}/{name}"

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        sqs = place.client("sqs")
        if self.exists(place, name):  # SQS answers a second CreateQueue that asks for the same with success
            raise ValueError(f"{name} already exists")
        tags = {one["Key"]: one["Value"] for one in properties.get("Tags", [])}
        return str(sqs.create_queue(QueueName=name, Attributes=_attributes(properties), tags=tags)["QueueUrl"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        sqs = place.client("sqs")
        sqs.set_queue_attributes(
            QueueUrl=physical_id, Attributes={"RedrivePolicy": ""} | _attributes(DEFAULTS) | _attributes(new)
        )
        had, wanted = ({one["Key"]: one["Value"] for one in each.get("Tags", [])} for each in (old, new))
        if had.keys() - wanted.keys():
            sqs.untag_queue(QueueUrl=physical_id, TagKeys=sorted(had.keys() - wanted.keys()))
        if wanted:
            sqs.tag_queue(QueueUrl=physical_id, Tags=wanted)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("sqs").delete_queue(QueueUrl=physical_id)
        except ClientError as error:
            if not gone(error, *NOT_THERE):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        queue = physical_id.rsplit("/", 1)[-1]
        return {"Arn": place.arn("sqs", queue), "QueueName": queue, "QueueUrl": physical_id}[name]

    @override
    def exists(self, place: Place, name: str) -> bool:
        try:
            place.client("sqs").get_queue_url(QueueName=name)
        except ClientError as error:
            if gone(error, *NOT_THERE):
                return False
            raise
        return True


def _attributes(properties: Properties) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in properties.items():
        if name in DEFAULTS:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    if "RedrivePolicy" in properties:
        found["RedrivePolicy"] = _document(properties["RedrivePolicy"])
    return found


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class QueuePolicy(ResourceType):
    """A policy that queues have."""

    name = "AWS::SQS::QueuePolicy"
    form = record({"PolicyDocument": anything, "Queues": many(text)}, ("PolicyDocument", "Queues"))

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self.update(place, name, {}, properties)
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        sqs = place.client("sqs")
        for url in new["Queues"]:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _document(new["PolicyDocument"])})
        for url in old.get("Queues", []):
            if url not in new["Queues"]:
                sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        for url in properties["Queues"]:
            try:
                place.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
            except ClientError as error:
                if not gone(error, *NOT_THERE):
                    raise
