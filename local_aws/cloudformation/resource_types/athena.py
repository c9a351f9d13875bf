"""Workgroups of Athena.

Source: AWS CloudFormation resource reference, AWS::Athena::WorkGroup.
"""

from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType
from local_aws.cloudformation.shapes import flag, record, text, whole


class WorkGroup(ResourceType):
    """A workgroup."""

    name = "AWS::Athena::WorkGroup"
    name_property = "Name"
    attributes = frozenset({"CreationTime"})
    form = record(
        {
            "Name": text,
            "Description": text,
            "State": text,
            "RecursiveDeleteOption": flag,
            "WorkGroupConfiguration": record(
                {
                    "EnforceWorkGroupConfiguration": flag,
                    "PublishCloudWatchMetricsEnabled": flag,
                    "BytesScannedCutoffPerQuery": whole,
                    "EngineVersion": record({"SelectedEngineVersion": text}),
                    "ResultConfiguration": record(
                        {
                            "OutputLocation": text,
                            "EncryptionConfiguration": record({"EncryptionOption": text}),
                        }
                    ),
                }
            ),
        },
        ("Name",),
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("athena").create_work_group(
            Name=name,
            Description=properties.get("Description", ""),
            Configuration=properties.get("WorkGroupConfiguration", {}),
        )
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        if properties.get("State", "ENABLED") != "ENABLED":
            place.client("athena").update_work_group(WorkGroup=physical_id, State=properties["State"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("athena").update_work_group(
            WorkGroup=physical_id,
            Description=new.get("Description", ""),
            State=new.get("State", "ENABLED"),
            ConfigurationUpdates=_updates(old.get("WorkGroupConfiguration", {}), new.get("WorkGroupConfiguration", {})),
        )

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        athena = place.client("athena")
        try:
            athena.delete_work_group(
                WorkGroup=physical_id, RecursiveDeleteOption=properties.get("RecursiveDeleteOption", False)
            )
        except ClientError as error:
            if "is not found" not in str(error):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        found = place.client("athena").get_work_group(WorkGroup=physical_id)["WorkGroup"]
        return str(int(found["CreationTime"].timestamp()))


def _updates(old: Properties, new: Properties) -> dict[str, Any]:
    """UpdateWorkGroup's form of a changed configuration: what is no longer there is removed by name."""
    defaults = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "EngineVersion": {"SelectedEngineVersion": "AUTO"},
    }
    updates = {name: new.get(name, default) for name, default in defaults.items() if name in old or name in new}
    if "BytesScannedCutoffPerQuery" in new:
        updates["BytesScannedCutoffPerQuery"] = new["BytesScannedCutoffPerQuery"]
    elif "BytesScannedCutoffPerQuery" in old:
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    had, wanted = old.get("ResultConfiguration", {}), new.get("ResultConfiguration", {})
    removed = {f"Remove{name}": True for name in had.keys() - wanted.keys()}
    if had or wanted:
        updates["ResultConfigurationUpdates"] = wanted | removed
    return updates
