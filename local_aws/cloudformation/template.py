"""Reads a CloudFormation template and decides what of it holds for these parameters.

Source: AWS CloudFormation User Guide, "Template anatomy" and "Intrinsic function reference". Sections, functions and
resource attributes that the local AWS does not carry out are refused by name.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from local_aws.cloudformation.errors import ValidationError

SECTIONS = {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions"} | {
    "Resources",
    "Outputs",
}
RESOURCE_ATTRIBUTES = {
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
}
DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")
OUTPUT_ATTRIBUTES = {"Description", "Value", "Condition"}
FUNCTIONS = {"Ref", "Condition"} | {
    f"Fn::{name}"
    for name in ("GetAtt", "Sub", "Join", "Split", "Select", "If", "FindInMap", "Base64", "Equals", "And", "Or", "Not")
}
PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
IN_SUB = re.compile(r"\$\{(!?)([^}]+)\}")  # ${!Name} stands for the text ${Name}


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short functions, no aliases, and a date is text."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise ValidationError("Template error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_function)


def read(text: str) -> dict[str, Any]:
    """Return a template given as YAML or JSON.

    Raises:
        ValidationError: it is neither, or has no Resources, or a section, attribute or function that is not done here.
    """
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise ValidationError(f"Template format error: YAML not well-formed. {error}") from error
    if not isinstance(found, dict):
        raise ValidationError("Template format error: unsupported structure.")
    for section in found.keys() - SECTIONS:
        raise ValidationError(
            f"Invalid template property or properties [{section}]: the local AWS does not do {section}"
        )
    if not isinstance(found.get("Resources"), dict) or not found["Resources"]:
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    for logical_id, resource in found["Resources"].items():
        _check_resource(logical_id, resource)
    for name, output in (found.get("Outputs") or {}).items():
        for attribute in output.keys() - OUTPUT_ATTRIBUTES:
            raise ValidationError(f"[/Outputs/{name}/{attribute}]: the local AWS does not do {attribute} of an output")
    for section in ("Conditions", "Resources", "Outputs"):
        for name, part in (found.get(section) or {}).items():
            _check_functions(_always(part) if section == "Resources" else part, f"/{section}/{name}")
    return found


def _always(resource: dict[str, Any]) -> Any:
    """Return a resource's properties; none behind a condition: if it holds, `Evaluator.value` refuses what it must."""
    return {} if "Condition" in resource else resource.get("Properties", {})


def _check_resource(logical_id: str, resource: Any) -> None:
    where = f"[/Resources/{logical_id}]"
    if not re.fullmatch(r"[A-Za-z0-9]{1,255}", str(logical_id)):
        raise ValidationError(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if not isinstance(resource, dict) or "Type" not in resource:
        raise ValidationError(f"Template format error: {where} Every Resources object must contain a Type member.")
    for attribute in resource.keys() - RESOURCE_ATTRIBUTES:
        raise ValidationError(f"{where} the local AWS does not do the resource attribute {attribute}")
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(name, "Delete") not in DELETION_POLICIES:
            raise ValidationError(f"{where} {name} must be one of {', '.join(DELETION_POLICIES)}")


def _check_functions(part: Any, where: str) -> None:
    if isinstance(part, list):
        for item in part:
            _check_functions(item, where)
    elif isinstance(part, dict):
        for name, value in part.items():
            if str(name).startswith("Fn::") and name not in FUNCTIONS:
                raise ValidationError(f"Template error: {where}: the local AWS does not do the function {name}")
            _check_functions(value, where)
    elif isinstance(part, str) and "{{resolve:" in part:
        raise ValidationError(f"Template error: {where}: the local AWS does not do dynamic references: {part}")


class Evaluator:
    """Works out the values of a template's functions.

    names: values of parameters and pseudo parameters; made: what Ref and GetAtt of a resource give.
    """

    def __init__(self, template: Mapping[str, Any], names: Mapping[str, Any], made: "Made | None" = None) -> None:
        self._mappings = template.get("Mappings") or {}
        self._conditions = template.get("Conditions") or {}
        self._names = names
        self._made = made
        self._known: dict[str, bool] = {}

    def condition(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        if name not in self._conditions:
            raise ValidationError(f"Template error: unresolved condition dependency {name}")
        if name not in self._known:
            self._known[name] = bool(self.value(self._conditions[name]))
        return self._known[name]

    def value(self, part: Any) -> Any:
        """Return the value of a part of the template; NO_VALUE where nothing is to stand."""
        if isinstance(part, list):
            return [found for found in map(self.value, part) if found is not NO_VALUE]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            name, argument = next(iter(part.items()))
            if name in FUNCTIONS:
                return self._call(name, argument)
            if str(name).startswith("Fn::"):
                raise ValidationError(f"Template error: the local AWS does not do the function {name}")
        values = {name: self.value(item) for name, item in part.items()}
        return {name: found for name, found in values.items() if found is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        try:
            return _CALLS[name](self, argument)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            words = json.dumps({name: argument}, default=str)
            raise ValidationError(f"Template error: cannot work out {words}: {error!r}") from error

    def ref(self, name: str) -> Any:
        """Return what Ref gives: a parameter's value, or a resource's physical id."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._names:
            return self._names[name]
        if self._made is None:
            raise ValidationError(f"Template error: a condition cannot refer to {name}")
        return self._made.ref(name)

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return what GetAtt gives."""
        if self._made is None:
            raise ValidationError(f"Template error: a condition cannot refer to {logical_id}.{name}")
        return self._made.attribute(logical_id, name)

    def sub(self, argument: Any) -> str:
        """Fill in a text, or a text with names of its own."""
        text, own = argument if isinstance(argument, list) else (argument, {})
        values = {name: self.value(part) for name, part in own.items()}

        def replaced(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return "${" + name + "}"
            if name in values:
                found = values[name]
            elif name in self._names or "." not in name:
                found = self.ref(name)
            else:
                found = self.attribute(*name.split(".", 1))
            return as_text(found)

        return IN_SUB.sub(replaced, text)

    def find_in_map(self, argument: list[Any]) -> Any:
        """Fn::FindInMap."""
        name, first, second = (self.value(part) for part in argument)
        try:
            return self._mappings[name][first][second]
        except KeyError as error:
            raise ValidationError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from error


class Made:
    """What of a stack exists; given to an Evaluator."""

    def ref(self, logical_id: str) -> str:
        """Return the physical id."""
        raise NotImplementedError

    def attribute(self, logical_id: str, name: str) -> str:
        """Return the value of an attribute."""
        raise NotImplementedError


class _NoValue:
    """The one value that stands for AWS::NoValue."""


NO_VALUE = _NoValue()


def as_text(value: Any) -> str:
    """Return a value inside a text: as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return str(value)


def _base64(evaluator: Evaluator, argument: Any) -> str:
    import base64

    return base64.b64encode(as_text(evaluator.value(argument)).encode()).decode()


_CALLS: dict[str, Callable[[Evaluator, Any], Any]] = {
    "Fn::If": lambda evaluator, parts: evaluator.value(parts[1] if evaluator.condition(parts[0]) else parts[2]),
    "Fn::Sub": lambda evaluator, argument: evaluator.sub(argument),
    "Ref": lambda evaluator, name: evaluator.ref(name),
    "Condition": lambda evaluator, name: evaluator.condition(name),
    "Fn::GetAtt": lambda evaluator, pair: evaluator.attribute(*(pair.split(".", 1) if isinstance(pair, str) else pair)),
    "Fn::Join": lambda evaluator, pair: pair[0].join(map(as_text, evaluator.value(pair[1]))),
    "Fn::Split": lambda evaluator, pair: evaluator.value(pair[1]).split(pair[0]),
    "Fn::Select": lambda evaluator, pair: evaluator.value(pair[1])[int(evaluator.value(pair[0]))],
    "Fn::FindInMap": lambda evaluator, names: evaluator.find_in_map(names),
    "Fn::Base64": _base64,
    "Fn::Equals": lambda evaluator, pair: as_text(evaluator.value(pair[0])) == as_text(evaluator.value(pair[1])),
    "Fn::And": lambda evaluator, parts: all(evaluator.value(part) for part in parts),
    "Fn::Or": lambda evaluator, parts: any(evaluator.value(part) for part in parts),
    "Fn::Not": lambda evaluator, parts: not evaluator.value(parts[0]),
}


def with_conditions(template: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with only what holds: no Conditions, no Fn::If, no resource or output that is not to be.

    Raises:
        ValidationError: a reference leads nowhere, or round in a circle.
    """
    evaluator = Evaluator(template, names)
    found = copy.deepcopy(template)
    for section in ("Resources", "Outputs"):
        kept = {
            name: part
            for name, part in (found.get(section) or {}).items()
            if "Condition" not in part or evaluator.condition(part["Condition"])
        }
        found[section] = {name: _choose(part, evaluator) for name, part in kept.items()}
    _check_references(found, names)
    in_order(found)
    return found


def _choose(part: Any, evaluator: Evaluator) -> Any:
    if isinstance(part, list):
        return [_choose(item, evaluator) for item in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Fn::If"}:
        name, yes, no = part["Fn::If"]
        return _choose(yes if evaluator.condition(name) else no, evaluator)
    return {name: _choose(item, evaluator) for name, item in part.items()}


def references(part: Any) -> Iterator[str]:
    """Return the names that a part of the template refers to: of parameters and of resources."""
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "Ref" and isinstance(value, str):
                yield value
            elif name == "Fn::GetAtt":
                yield value.split(".", 1)[0] if isinstance(value, str) else value[0]
            elif name == "Fn::Sub":
                yield from _references_of_sub(value)
            else:
                yield from references(value)


def _references_of_sub(argument: Any) -> Iterator[str]:
    text, own = argument if isinstance(argument, list) else (argument, {})
    for match in IN_SUB.finditer(text):
        name = match[2].strip()
        if not match[1] and name not in own:
            yield name if name.startswith("AWS::") else name.split(".", 1)[0]
    yield from references(own)


def _check_references(template: dict[str, Any], names: Mapping[str, Any]) -> None:
    known = set(names) | set(template["Resources"]) | set(PSEUDO_PARAMETERS)
    for section in ("Resources", "Outputs"):
        lost = sorted({name for part in template[section].values() for name in references(part)} - known)
        if lost:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(lost)}] in the {section} block "
                "of the template"
            )
    for logical_id, resource in template["Resources"].items():
        for other in _depends_on(resource):
            if other not in template["Resources"]:
                raise ValidationError(
                    f"Template format error: Unresolved resource dependencies [{other}] of {logical_id}"
                )


def _depends_on(resource: dict[str, Any]) -> list[str]:
    named = resource.get("DependsOn", [])
    return [named] if isinstance(named, str) else named


def in_order(template: dict[str, Any]) -> list[str]:
    """Return the logical ids, each after those it refers to or depends on.

    Raises:
        ValidationError: there is a circle.
    """
    resources = template["Resources"]
    waits = {
        name: ({*references(part.get("Properties", {})), *_depends_on(part)} & set(resources))
        for name, part in resources.items()
    }
    order: list[str] = []
    while len(order) < len(resources):
        ready = [name for name in resources if name not in order and waits[name] <= set(order)]
        if not ready:
            stuck = ", ".join(sorted(set(resources) - set(order)))
            raise ValidationError(f"Circular dependency between resources: [{stuck}]")
        order += ready
    return order
