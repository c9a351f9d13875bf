"""Topics, their policies and subscriptions.

Source: AWS CloudFormation resource reference, AWS::SNS::*; the default policy from the SNS developer guide, "Example
cases for Amazon SNS access control".
"""

import json

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import anything, many, only, record, text

_OWNER_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
_SUBSCRIPTION = record({"Endpoint": text, "Protocol": only("email")}, ("Endpoint", "Protocol"))


class Topic(ResourceType):
    """A standard topic; its physical id is its ARN."""

    name = "AWS::SNS::Topic"
    name_property = "TopicName"
    attributes = frozenset({"TopicArn", "TopicName"})
    form = record(
        {
            "DisplayName": text,
            "Subscription": many(_SUBSCRIPTION),
            "Tags": many(record({"Key": text, "Value": text})),
            "TopicName": text,
        }
    )

    @override
    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        return place.arn("sns", name)

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        if self.exists(place, name):  # SNS answers a second CreateTopic with success
            raise ValueError(f"{name} already exists")
        made = place.client("sns").create_topic(Name=name, Tags=properties.get("Tags", []))
        return str(made["TopicArn"])

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        sns = place.client("sns")
        sns.set_topic_attributes(
            TopicArn=physical_id, AttributeName="DisplayName", AttributeValue=properties.get("DisplayName", "")
        )
        for one in properties.get("Subscription", []):
            sns.subscribe(TopicArn=physical_id, Protocol=one["Protocol"], Endpoint=one["Endpoint"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        sns = place.client("sns")
        lost = [one for one in old.get("Subscription", []) if one not in new.get("Subscription", [])]
        for there in sns.list_subscriptions_by_topic(TopicArn=physical_id)["Subscriptions"]:
            if {name: there[name] for name in ("Endpoint", "Protocol")} in lost:
                sns.unsubscribe(SubscriptionArn=there["SubscriptionArn"])
        self.configure(place, physical_id, new)
        had, wanted = ({one["Key"]: one["Value"] for one in each.get("Tags", [])} for each in (old, new))
        if had.keys() - wanted.keys():
            sns.untag_resource(ResourceArn=physical_id, TagKeys=sorted(had.keys() - wanted.keys()))
        if wanted:
            sns.tag_resource(ResourceArn=physical_id, Tags=new["Tags"])

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        sns = place.client("sns")
        try:
            for there in sns.list_subscriptions_by_topic(TopicArn=physical_id)["Subscriptions"]:
                sns.unsubscribe(SubscriptionArn=there["SubscriptionArn"])
            sns.delete_topic(TopicArn=physical_id)
        except ClientError as error:
            if not gone(error, "NotFound", "NotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return physical_id if name == "TopicArn" else physical_id.rsplit(":", 1)[-1]

    @override
    def exists(self, place: Place, name: str) -> bool:
        try:
            place.client("sns").get_topic_attributes(TopicArn=place.arn("sns", name))
        except ClientError as error:
            if gone(error, "NotFound", "NotFoundException"):
                return False
            raise
        return True


class TopicPolicy(ResourceType):
    """A policy that topics have."""

    name = "AWS::SNS::TopicPolicy"
    form = record({"PolicyDocument": anything, "Topics": many(text)}, ("PolicyDocument", "Topics"))

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self.update(place, name, {}, properties)
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        for arn in new["Topics"]:
            _set_policy(place, arn, json.dumps(new["PolicyDocument"]))
        for arn in old.get("Topics", []):
            if arn not in new["Topics"]:
                _set_policy(place, arn, _default_policy(place, arn))

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        for arn in properties["Topics"]:
            try:
                _set_policy(place, arn, _default_policy(place, arn))
            except ClientError as error:
                if not gone(error, "NotFound", "NotFoundException"):
                    raise


def _set_policy(place: Place, arn: str, policy: str) -> None:
    place.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _default_policy(place: Place, arn: str) -> str:
    """Return the policy that a topic has at first: its owner may do everything."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{one}" for one in _OWNER_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": place.account}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


class Subscription(ResourceType):
    """A subscription of a topic; its physical id is its ARN."""

    name = "AWS::SNS::Subscription"
    replaces = frozenset({"Endpoint", "Protocol", "TopicArn"})
    form = record({"Endpoint": text, "Protocol": only("email"), "TopicArn": text}, ("Endpoint", "Protocol", "TopicArn"))

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        return str(place.client("sns").subscribe(**properties, ReturnSubscriptionArn=True)["SubscriptionArn"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        raise NotImplementedError("each of its properties replaces it")

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("sns").unsubscribe(SubscriptionArn=physical_id)
        except ClientError as error:
            if not gone(error, "NotFound", "NotFoundException", "InvalidParameter"):
                raise
