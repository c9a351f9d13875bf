"""Lambda functions, who may invoke them, and what becomes of their asynchronous invocations.

Source: AWS CloudFormation resource reference, AWS::Lambda::*. What of a setting is honoured is for the local Lambda to
say: it refuses the rest itself.
"""

import io
import zipfile
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, changed, gone
from local_aws.cloudformation.shapes import by_name, many, only, record, text, whole

_DESTINATION = record({"Destination": text}, ("Destination",))


class Function(ResourceType):
    """A function; code written into the template becomes index.py."""

    name = "AWS::Lambda::Function"
    name_property = "FunctionName"
    replaces = frozenset({"Architectures", "PackageType"})  # the first is so here, for want of a way to change it
    attributes = frozenset({"Arn"})
    form = record(
        {
            "Architectures": many(text),
            "Code": record({"ZipFile": text, "S3Bucket": text, "S3Key": text, "S3ObjectVersion": text}),
            "DeadLetterConfig": record({"TargetArn": text}),
            "Description": text,
            "Environment": record({"Variables": by_name(text)}),
            "EphemeralStorage": record({"Size": whole}, ("Size",)),
            "FunctionName": text,
            "Handler": text,
            "LoggingConfig": record({"LogFormat": text, "LogGroup": text}),
            "MemorySize": whole,
            "PackageType": only("Zip"),
            "ReservedConcurrentExecutions": whole,
            "Role": text,
            "Runtime": text,
            "Tags": many(record({"Key": text, "Value": text})),
            "Timeout": whole,
            "TracingConfig": record({"Mode": text}),
        },
        ("Code", "Role"),
    )

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix)[-64:]

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        same = _settings(properties) | {key: properties[key] for key in _AT_FIRST if key in properties}
        tags = {one["Key"]: one["Value"] for one in properties.get("Tags", [])}
        place.client("lambda").create_function(
            FunctionName=name, Code=_code(properties["Code"]), Tags=tags, Role=properties["Role"], **same
        )
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        if "ReservedConcurrentExecutions" in properties:
            place.client("lambda").put_function_concurrency(
                FunctionName=physical_id,
                ReservedConcurrentExecutions=properties["ReservedConcurrentExecutions"],
            )

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        functions = place.client("lambda")
        differs = changed(old, new)
        if "Code" in differs:
            functions.update_function_code(FunctionName=physical_id, **_code(new["Code"]))
        if differs - {"Code", "ReservedConcurrentExecutions", "Tags"}:
            functions.update_function_configuration(
                FunctionName=physical_id, Role=new["Role"], **(_DEFAULTS | _settings(new))
            )
        if "Tags" in differs:
            self._tag(place, physical_id, old, new)
        if "ReservedConcurrentExecutions" in old and "ReservedConcurrentExecutions" not in new:
            functions.delete_function_concurrency(FunctionName=physical_id)
        self.configure(place, physical_id, new)

    def _tag(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        functions, arn = place.client("lambda"), place.arn("lambda", f"function:{physical_id}")
        had, wanted = ({one["Key"]: one["Value"] for one in each.get("Tags", [])} for each in (old, new))
        if had.keys() - wanted.keys():
            functions.untag_resource(Resource=arn, TagKeys=sorted(had.keys() - wanted.keys()))
        if wanted:
            functions.tag_resource(Resource=arn, Tags=wanted)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("lambda").delete_function(FunctionName=physical_id)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return place.arn("lambda", f"function:{physical_id}")


# what a setting is again when the template no longer has it
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {},
    "LoggingConfig": {},
    "MemorySize": 128,
    "Timeout": 3,
}
_AT_FIRST = ("Architectures", "PackageType")
_CHANGEABLE = {*_DEFAULTS, "EphemeralStorage", "Handler", "Runtime", "TracingConfig"}


def _settings(properties: Properties) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name in _CHANGEABLE}


def _code(code: Properties) -> dict[str, Any]:
    if "ZipFile" not in code:
        return code
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code["ZipFile"])
    return {"ZipFile": packed.getvalue()}


class Permission(ResourceType):
    """A statement of a function's policy; its physical id is the statement's."""

    name = "AWS::Lambda::Permission"
    replaces = frozenset({"Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"})
    form = record(
        {"Action": text, "FunctionName": text, "Principal": text, "SourceAccount": text, "SourceArn": text},
        ("Action", "FunctionName", "Principal"),
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("lambda").add_permission(StatementId=name, **properties)
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        raise NotImplementedError("each of its properties replaces it")

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("lambda").remove_permission(FunctionName=properties["FunctionName"], StatementId=physical_id)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise


class EventInvokeConfig(ResourceType):
    """What becomes of a function's asynchronous invocations."""

    name = "AWS::Lambda::EventInvokeConfig"
    replaces = frozenset({"FunctionName", "Qualifier"})
    form = record(
        {
            "DestinationConfig": record({"OnFailure": _DESTINATION, "OnSuccess": _DESTINATION}),
            "FunctionName": text,
            "MaximumEventAgeInSeconds": whole,
            "MaximumRetryAttempts": whole,
            "Qualifier": only("$LATEST"),
        },
        ("FunctionName", "Qualifier"),
    )

    @override
    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        return f"{properties['FunctionName']}|$LATEST"

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self.update(place, name, {}, properties)
        return self.expected_id(place, name, properties)

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        config = {name: value for name, value in new.items() if name != "Qualifier"}
        place.client("lambda").put_function_event_invoke_config(**config)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("lambda").delete_function_event_invoke_config(FunctionName=properties["FunctionName"])
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise
