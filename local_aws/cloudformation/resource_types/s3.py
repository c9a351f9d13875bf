"""Buckets and their policies.

Source: AWS CloudFormation resource reference, AWS::S3::Bucket and AWS::S3::BucketPolicy.
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, changed, gone
from local_aws.cloudformation.shapes import anything, flag, many, only, record, text, whole

_BLOCK = record(
    {"BlockPublicAcls": flag, "BlockPublicPolicy": flag, "IgnorePublicAcls": flag, "RestrictPublicBuckets": flag}
)
_ENCRYPTION = record(
    {
        "ServerSideEncryptionConfiguration": many(
            record({"ServerSideEncryptionByDefault": record({"SSEAlgorithm": only("AES256")}, ("SSEAlgorithm",))})
        )
    }
)
_LIFECYCLE_RULE = record(
    {
        "Id": text,
        "Status": only("Enabled", "Disabled"),
        "Prefix": text,
        "ExpirationInDays": whole,
        "ExpiredObjectDeleteMarker": flag,
        "NoncurrentVersionExpiration": record({"NoncurrentDays": whole, "NewerNoncurrentVersions": whole}),
        "AbortIncompleteMultipartUpload": record({"DaysAfterInitiation": whole}),
    },
    ("Status",),
)


class Bucket(ResourceType):
    """A bucket: each property is set by the S3 call of its own."""

    name = "AWS::S3::Bucket"
    name_property = "BucketName"
    attributes = frozenset({"Arn", "DomainName", "RegionalDomainName"})
    form = record(
        {
            "BucketName": text,
            "BucketEncryption": _ENCRYPTION,
            "LifecycleConfiguration": record({"Rules": many(_LIFECYCLE_RULE)}, ("Rules",)),
            "NotificationConfiguration": record({"EventBridgeConfiguration": record({"EventBridgeEnabled": flag})}),
            "OwnershipControls": record(
                {"Rules": many(record({"ObjectOwnership": only("BucketOwnerEnforced")}))}, ("Rules",)
            ),
            "PublicAccessBlockConfiguration": _BLOCK,
            "Tags": many(record({"Key": text, "Value": text})),
            "VersioningConfiguration": record({"Status": only("Enabled", "Suspended")}, ("Status",)),
        }
    )

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix).lower()[-63:]

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        where = (
            {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
        )
        if place.region == "us-east-1" and self.exists(place, name):
            # there alone S3 answers the owner's second CreateBucket with success
            raise ValueError(f"{name} already exists")
        place.client("s3").create_bucket(Bucket=name, **where)
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        self.update(place, physical_id, {}, properties)

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        for name in sorted(changed(old, new) & _SETTINGS.keys()):
            _SETTINGS[name](place.client("s3"), physical_id, new.get(name))

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("s3").delete_bucket(Bucket=physical_id)
        except ClientError as error:
            if not gone(error, "NoSuchBucket"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return {
            "Arn": f"arn:{place.partition}:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{place.region}.amazonaws.com",
        }[name]

    @override
    def exists(self, place: Place, name: str) -> bool:
        try:
            place.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            if gone(error, "404", "NoSuchBucket"):
                return False
            raise
        return True


def _encryption(s3: Any, bucket: str, value: Properties | None) -> None:
    # S3 encrypts every bucket; without a rule of its own a bucket has this one
    own = (value or {}).get(
        "ServerSideEncryptionConfiguration", [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    )
    rules = [{"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]} for rule in own]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _lifecycle(s3: Any, bucket: str, value: Properties | None) -> None:
    if value is None:
        s3.delete_bucket_lifecycle(Bucket=bucket)
        return
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
    )


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    named = {"ExpirationInDays": "Days", "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}
    ends = {theirs: rule[ours] for ours, theirs in named.items() if ours in rule}
    same = {("ID" if name == "Id" else name): value for name, value in rule.items() if name not in ("Prefix", *named)}
    return {"Filter": {"Prefix": rule.get("Prefix", "")}, **({"Expiration": ends} if ends else {}), **same}


def _notification(s3: Any, bucket: str, value: Properties | None) -> None:
    bridge = (value or {}).get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", False)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}} if bridge else {}
    )


def _ownership(s3: Any, bucket: str, value: Properties | None) -> None:
    if value is None:
        s3.delete_bucket_ownership_controls(Bucket=bucket)
    else:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=value)


def _public_access(s3: Any, bucket: str, value: Properties | None) -> None:
    if value is None:
        s3.delete_public_access_block(Bucket=bucket)
    else:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=value)


def _tags(s3: Any, bucket: str, value: list[Properties] | None) -> None:
    if value is None:
        s3.delete_bucket_tagging(Bucket=bucket)
    else:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": value})


def _versioning(s3: Any, bucket: str, value: Properties | None) -> None:
    # versions can be suspended, never switched off again
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=value or {"Status": "Suspended"})


_SETTINGS: dict[str, Callable[[Any, str, Any], None]] = {
    "BucketEncryption": _encryption,
    "LifecycleConfiguration": _lifecycle,
    "NotificationConfiguration": _notification,
    "OwnershipControls": _ownership,
    "PublicAccessBlockConfiguration": _public_access,
    "Tags": _tags,
    "VersioningConfiguration": _versioning,
}


class BucketPolicy(ResourceType):
    """The policy of a bucket; its physical id is the bucket's name."""

    name = "AWS::S3::BucketPolicy"
    replaces = frozenset({"Bucket"})
    form = record({"Bucket": text, "PolicyDocument": anything}, ("Bucket", "PolicyDocument"))

    @override
    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        bucket: str = properties["Bucket"]
        return bucket

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        s3 = place.client("s3")
        bucket: str = properties["Bucket"]
        try:
            s3.get_bucket_policy(Bucket=bucket)
        except ClientError as error:
            if not gone(error, "NoSuchBucketPolicy"):
                raise
        else:
            raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(properties["PolicyDocument"]))
        return bucket

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("s3").put_bucket_policy(Bucket=physical_id, Policy=json.dumps(new["PolicyDocument"]))

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("s3").delete_bucket_policy(Bucket=physical_id)
        except ClientError as error:
            if not gone(error, "NoSuchBucket"):
                raise
