"""Roles and managed policies.

Source: AWS CloudFormation resource reference, AWS::IAM::Role and AWS::IAM::ManagedPolicy; sizes from the IAM User
Guide, "IAM and AWS STS quotas" (white space does not count).
"""

import json
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, changed, gone
from local_aws.cloudformation.shapes import anything, many, record, text, whole

ROLE_POLICIES_SIZE = 10_240
MANAGED_POLICY_SIZE = 6_144


def _size(document: Any) -> int:
    return len("".join(json.dumps(document).split()))


class Role(ResourceType):
    """A role with policies of its own."""

    name = "AWS::IAM::Role"
    name_property = "RoleName"
    replaces = frozenset({"Path"})
    attributes = frozenset({"Arn", "RoleId"})
    capability = True
    form = record(
        {
            "RoleName": text,
            "Path": text,
            "Description": text,
            "AssumeRolePolicyDocument": anything,
            "ManagedPolicyArns": many(text),
            "MaxSessionDuration": whole,
            "Policies": many(
                record({"PolicyName": text, "PolicyDocument": anything}, ("PolicyName", "PolicyDocument"))
            ),
        },
        ("AssumeRolePolicyDocument",),
    )

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix)[-64:]

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        same = {key: properties[key] for key in ("Path", "Description", "MaxSessionDuration") if key in properties}
        trust = json.dumps(properties["AssumeRolePolicyDocument"])
        place.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **same)
        return name

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        self._policies(place, physical_id, {}, properties)

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        iam = place.client("iam")
        differs = changed(old, new)
        if "AssumeRolePolicyDocument" in differs:
            trust = json.dumps(new["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=physical_id, PolicyDocument=trust)
        if differs & {"Description", "MaxSessionDuration"}:
            iam.update_role(
                RoleName=physical_id,
                Description=new.get("Description", ""),
                MaxSessionDuration=new.get("MaxSessionDuration", 3600),
            )
        self._policies(place, physical_id, old, new)

    def _policies(self, place: Place, role: str, old: Properties, new: Properties) -> None:
        iam = place.client("iam")
        had = {one["PolicyName"]: one["PolicyDocument"] for one in old.get("Policies", [])}
        wanted = {one["PolicyName"]: one["PolicyDocument"] for one in new.get("Policies", [])}
        if sum(map(_size, wanted.values())) > ROLE_POLICIES_SIZE:
            raise ValueError(f"Maximum policy size of {ROLE_POLICIES_SIZE} bytes exceeded for role {role}")
        for name in sorted(had.keys() - wanted.keys()):
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        for name in sorted(wanted.keys() - {same for same in had if had[same] == wanted.get(same)}):
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(wanted[name]))
        attached, to_attach = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
        for arn in sorted(attached - to_attach):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in sorted(to_attach - attached):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        iam = place.client("iam")
        try:
            for name in iam.list_role_policies(RoleName=physical_id)["PolicyNames"]:
                iam.delete_role_policy(RoleName=physical_id, PolicyName=name)
            for arn in properties.get("ManagedPolicyArns", []):
                iam.detach_role_policy(RoleName=physical_id, PolicyArn=arn)
            iam.delete_role(RoleName=physical_id)
        except ClientError as error:
            if not gone(error, "NoSuchEntity"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        role = place.client("iam").get_role(RoleName=physical_id)["Role"]
        return str(role[name])


class ManagedPolicy(ResourceType):
    """A policy that roles can share; its physical id is its ARN."""

    name = "AWS::IAM::ManagedPolicy"
    name_property = "ManagedPolicyName"
    replaces = frozenset({"Path", "Description"})
    attributes = frozenset({"PolicyArn"})
    capability = True
    form = record(
        {
            "ManagedPolicyName": text,
            "Path": text,
            "Description": text,
            "PolicyDocument": anything,
            "Roles": many(text),
        },
        ("PolicyDocument",),
    )

    @override
    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        return f"arn:{place.partition}:iam::{place.account}:policy{properties.get('Path', '/')}{name}"

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        self._check_size(name, properties)
        same = {key: properties[key] for key in ("Path", "Description") if key in properties}
        document = json.dumps(properties["PolicyDocument"])
        made = place.client("iam").create_policy(PolicyName=name, PolicyDocument=document, **same)
        return str(made["Policy"]["Arn"])

    @override
    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        for role in properties.get("Roles", []):
            place.client("iam").attach_role_policy(RoleName=role, PolicyArn=physical_id)

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        self._check_size(physical_id, new)
        iam = place.client("iam")
        if old["PolicyDocument"] != new["PolicyDocument"]:
            # a policy keeps five versions at most, and CloudFormation keeps only the one in force
            document = json.dumps(new["PolicyDocument"])
            iam.create_policy_version(PolicyArn=physical_id, PolicyDocument=document, SetAsDefault=True)
            for version in iam.list_policy_versions(PolicyArn=physical_id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=physical_id, VersionId=version["VersionId"])
        had, wanted = set(old.get("Roles", [])), set(new.get("Roles", []))
        for role in sorted(had - wanted):
            iam.detach_role_policy(RoleName=role, PolicyArn=physical_id)
        for role in sorted(wanted - had):
            iam.attach_role_policy(RoleName=role, PolicyArn=physical_id)

    def _check_size(self, name: str, properties: Properties) -> None:
        if _size(properties["PolicyDocument"]) > MANAGED_POLICY_SIZE:
            raise ValueError(f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_SIZE} ({name})")

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        iam = place.client("iam")
        try:
            for role in iam.list_entities_for_policy(PolicyArn=physical_id)["PolicyRoles"]:
                iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=physical_id)
            iam.delete_policy(PolicyArn=physical_id)
        except ClientError as error:
            if not gone(error, "NoSuchEntity"):
                raise

    @override
    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        return physical_id
