"""Log groups.

Source: AWS CloudFormation resource reference, AWS::Logs::LogGroup.
"""

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import record, text, whole


class LogGroup(ResourceType):
    """A log group. Its retention is noted; nothing here lives long enough to be expired."""

    name = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"
    attributes = frozenset({"Arn"})
    form = record({"LogGroupName": text, "RetentionInDays": whole})

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("logs").create_log_group(logGroupName=name)
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        if "RetentionInDays" in properties:
            place.client("logs").put_retention_policy(
                logGroupName=physical_id, retentionInDays=properties["RetentionInDays"]
            )

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        if "RetentionInDays" in old and "RetentionInDays" not in new:
            place.client("logs").delete_retention_policy(logGroupName=physical_id)
        self.configure(place, physical_id, new)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("logs").delete_log_group(logGroupName=physical_id)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return place.arn("logs", f"log-group:{physical_id}:*")
