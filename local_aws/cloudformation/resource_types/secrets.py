"""Secrets.

Source: AWS CloudFormation resource reference, AWS::SecretsManager::Secret.
"""

import json
import secrets as randomness
import string
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import flag, many, record, text, whole

DEFAULT_LENGTH = 32


class Secret(ResourceType):
    """A secret, given or made up; its physical id is its ARN."""

    name = "AWS::SecretsManager::Secret"
    name_property = "Name"
    attributes = frozenset({"Id"})
    form = record(
        {
            "Description": text,
            "GenerateSecretString": record(
                {
                    "ExcludeCharacters": text,
                    "ExcludePunctuation": flag,
                    "GenerateStringKey": text,
                    "PasswordLength": whole,
                    "SecretStringTemplate": text,
                }
            ),
            "Name": text,
            "SecretString": text,
            "Tags": many(record({"Key": text, "Value": text})),
        }
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        more = {"Description": properties["Description"]} if "Description" in properties else {}
        made = place.client("secretsmanager").create_secret(
            Name=name, SecretString=_value(properties), Tags=properties.get("Tags", []), **more
        )
        return str(made["ARN"])

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        secrets = place.client("secretsmanager")
        value = ("SecretString", "GenerateSecretString")
        more = {"SecretString": _value(new)} if any(old.get(name) != new.get(name) for name in value) else {}
        secrets.update_secret(SecretId=physical_id, Description=new.get("Description", ""), **more)
        had, wanted = ({one["Key"]: one["Value"] for one in each.get("Tags", [])} for each in (old, new))
        if had.keys() - wanted.keys():
            secrets.untag_resource(SecretId=physical_id, TagKeys=sorted(had.keys() - wanted.keys()))
        if wanted:
            secrets.tag_resource(SecretId=physical_id, Tags=new["Tags"])

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("secretsmanager").delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)
        except ClientError as error:
            if not gone(error, "ResourceNotFoundException"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return physical_id


def _value(properties: Properties) -> str:
    if "SecretString" in properties:
        return str(properties["SecretString"])
    how: dict[str, Any] = properties.get("GenerateSecretString", {})
    signs = string.ascii_letters + string.digits + ("" if how.get("ExcludePunctuation") else string.punctuation)
    signs = "".join(one for one in signs if one not in how.get("ExcludeCharacters", ""))
    made = "".join(randomness.choice(signs) for _ in range(how.get("PasswordLength", DEFAULT_LENGTH)))
    if "GenerateStringKey" not in how:
        return made
    return json.dumps({**json.loads(how.get("SecretStringTemplate", "{}")), how["GenerateStringKey"]: made})
