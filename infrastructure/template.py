"""The CloudFormation template as data: read it, write it out, take its first part, fill its parameters."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infrastructure.console import DeployError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

TEMPLATE = Path(__file__).with_name("template.yaml")
FIRST = ("ArtifactsBucket", "ArtifactsBucketPolicy")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions; a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        value = text.split(".", 1) if name == "GetAtt" else text
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)


def read_template(path: Path) -> dict[str, Any]:
    """Return a template with its short functions (`!Ref`) in their long form."""
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    return template


def with_static_names(template: Mapping[str, Any], stack: str, account: str) -> dict[str, Any]:
    """Return the template with the names of kept buckets written out.

    CloudFormation takes a bucket over that is there already (data outlives its stack) only when its name in the
    template is plain text: see "Import AWS resources into a CloudFormation stack automatically" in its user guide.
    """
    found = copy.deepcopy(dict(template))
    for resource in found["Resources"].values():
        name = resource.get("Properties", {}).get("BucketName")
        if resource.get("DeletionPolicy", "Delete") != "Delete" and isinstance(name, dict) and "Fn::Sub" in name:
            text = name["Fn::Sub"].replace("${AWS::StackName}", stack).replace("${AWS::AccountId}", account)
            resource["Properties"]["BucketName"] = text
    return found


def compact(template: Mapping[str, Any]) -> str:
    """Return a template as text: 51,200 bytes are the most for a call, 1 MB for one that lies in a bucket."""
    return json.dumps(template, separators=(",", ":"))


def beginning(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the template that has to be there before the rest: the bucket for scripts and code."""
    first = {name: template["Resources"][name] for name in FIRST}
    parts = ("AWSTemplateFormatVersion", "Description", "Parameters")
    return {name: template[name] for name in parts if name in template} | {"Resources": first}


def parameters(
    template: Mapping[str, Any], stack: str, given: Mapping[str, str], known: set[str]
) -> "list[ParameterTypeDef]":
    """Return the values of the template's parameters as CloudFormation wants them.

    A parameter that is not given keeps what the stack has (`known`), else takes the template's default; only the
    databases of another stack get names of their own, as two stacks cannot share them.

    Raises:
        DeployError: a parameter that the template does not have.
    """
    slots = template.get("Parameters", {})
    unknown = sorted(given.keys() - slots.keys())
    if unknown:
        raise DeployError(f"The template has no parameter {', '.join(unknown)}. It has: {', '.join(sorted(slots))}.")
    values = dict(given)
    if "DatabasePrefix" in slots and "DatabasePrefix" not in known:
        values.setdefault("DatabasePrefix", stack.replace("-", "_"))
    kept = sorted(known & slots.keys() - values.keys())
    found: list[ParameterTypeDef] = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    found += [{"ParameterKey": name, "UsePreviousValue": True} for name in kept]
    return found
