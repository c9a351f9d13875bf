"""What a template asks for, checked against the types there are, and what it would change in a stack."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from local_aws.cloudformation import parameters, template
from local_aws.cloudformation.errors import InsufficientCapabilitiesError, ValidationError
from local_aws.cloudformation.resource_types import ONLY_ON_AWS, TYPES
from local_aws.cloudformation.resource_types.base import Place, changed
from local_aws.cloudformation.shapes import LATER, PropertyError
from local_aws.cloudformation.stacks import Change, Resource, Stack

KEPT = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class Wanted:
    """A template with its parameters: what a stack is to be.

    parsed: the template's parts, only what holds, see `template.with_conditions`.
    names: values of parameters and pseudo parameters.
    """

    text: str
    parsed: dict[str, Any]
    given: dict[str, str]
    names: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The template's resources by logical id."""
        found: dict[str, dict[str, Any]] = self.parsed["Resources"]
        return found

    @property
    def order(self) -> list[str]:
        """The logical ids, each after those it needs."""
        return template.in_order(self.parsed)

    def properties(self, logical_id: str, made: template.Made) -> dict[str, Any]:
        """Return the properties of one resource, worked out and in its type's form.

        Raises:
            PropertyError: a property that the type does not have.
        """
        part = self.resources[logical_id]
        worked_out = template.Evaluator(self.parsed, self.names, made).value(part.get("Properties") or {})
        fit: dict[str, Any] = TYPES[part["Type"]].form(worked_out, logical_id)
        return fit

    def outputs(self, made: template.Made) -> list[dict[str, str]]:
        """Return the stack's outputs as the API describes them."""
        evaluator = template.Evaluator(self.parsed, self.names, made)
        return [
            {"OutputKey": name, "OutputValue": template.as_text(evaluator.value(part["Value"]))}
            | ({"Description": part["Description"]} if "Description" in part else {})
            for name, part in self.parsed["Outputs"].items()
        ]


def read(text: str, given: Mapping[str, str], place: Place) -> Wanted:
    """Read a template with the values given to its parameters.

    Raises:
        ValidationError: the template or a parameter is wrong, or a type or property is not done here.
    """
    whole = template.read(text)
    texts = parameters.texts(whole, given)
    names = parameters.values(whole, texts) | {
        "AWS::AccountId": place.account,
        "AWS::Partition": place.partition,
        "AWS::Region": place.region,
        "AWS::StackId": place.stack_id,
        "AWS::StackName": place.stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    check_types(whole)
    wanted = Wanted(text, template.with_conditions(whole, names), texts, names)
    _refuse({part["Type"] for part in wanted.resources.values()} - TYPES.keys())
    for logical_id in wanted.resources:
        try:
            wanted.properties(logical_id, ToBeMade(wanted, {}, place))
        except PropertyError as error:
            kind = wanted.resources[logical_id]["Type"]
            raise ValidationError(f"Encountered unsupported property in {kind}: {error}") from error
    wanted.outputs(ToBeMade(wanted, {}, place))
    return wanted


def check_types(whole: dict[str, Any]) -> None:
    """Refuse a type that would be pretended, by its name; one that is only on AWS needs a condition.

    Raises:
        ValidationError: naming it.
    """
    parts = whole["Resources"].values()
    _refuse(
        {part["Type"] for part in parts if "Condition" not in part or part["Type"] not in ONLY_ON_AWS} - TYPES.keys()
    )


def _refuse(unknown: Set[str]) -> None:
    if unknown:
        hint = ", and takes others of these behind a condition that is false" if unknown & ONLY_ON_AWS else ""
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(sorted(unknown))}] "
            f"(the local AWS makes {', '.join(sorted(TYPES))}{hint})"
        )


class ToBeMade(template.Made):
    """Resources before they are made: physical ids of those that stay, stand-ins for the others."""

    def __init__(self, wanted: Wanted, staying: Mapping[str, Resource], place: Place) -> None:
        self._wanted = wanted
        self._staying = staying
        self._place = place

    @override
    def ref(self, logical_id: str) -> str:
        if logical_id in self._staying:
            return TYPES[self._staying[logical_id].type].ref(self._staying[logical_id].physical_id)
        return f"{LATER}{logical_id}}}"

    @override
    def attribute(self, logical_id: str, name: str) -> str:
        check_attribute(self._wanted, logical_id, name)
        if logical_id in self._staying:
            here = self._staying[logical_id]
            return TYPES[here.type].attribute(self._place, here.physical_id, here.properties, name)
        return f"{LATER}{logical_id}.{name}}}"


def check_attribute(wanted: Wanted, logical_id: str, name: str) -> None:
    """Refuse GetAtt of an attribute that the type does not have."""
    if logical_id not in wanted.resources:
        raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {logical_id}")
    kind = wanted.resources[logical_id]["Type"]
    if name not in TYPES[kind].attributes:
        raise ValidationError(
            f"Template error: resource {logical_id} ({kind}) does not support attribute type {name} in Fn::GetAtt"
        )


def capabilities(found: dict[str, Any]) -> list[str]:
    """Return what a caller has to agree to before this template is carried out."""
    parts = [part for part in found["Resources"].values() if part["Type"] in TYPES and TYPES[part["Type"]].capability]
    if any(TYPES[part["Type"]].name_property in (part.get("Properties") or {}) for part in parts):
        return ["CAPABILITY_NAMED_IAM"]
    return ["CAPABILITY_IAM"] if parts else []


def check_capabilities(wanted: Wanted, agreed: list[str]) -> None:
    """Refuse a template that makes roles unless the caller said that it may.

    Raises:
        InsufficientCapabilitiesError: naming the one that is missing.
    """
    for needed in capabilities(wanted.parsed):
        if not {needed, "CAPABILITY_NAMED_IAM"} & set(agreed):
            raise InsufficientCapabilitiesError(f"Requires capabilities : [{needed}]")


def changes(stack: Stack, wanted: Wanted, place: Place, import_existing: bool) -> list[Change]:
    """Return what carrying the template out would do to the stack, in its order."""
    staying = dict(stack.resources)
    found = []
    for logical_id in wanted.order:
        change = _change(logical_id, stack, wanted, ToBeMade(wanted, staying, place), place, import_existing)
        if change is not None:
            found.append(change)
            if change.action != "Modify" or change.replacement:
                staying.pop(logical_id, None)
    return found + [
        Change("Remove", old.logical_id, old.type, old.physical_id)
        for old in stack.resources.values()
        if old.logical_id not in wanted.resources
    ]


def _change(
    logical_id: str, stack: Stack, wanted: Wanted, made: ToBeMade, place: Place, import_existing: bool
) -> Change | None:
    part = wanted.resources[logical_id]
    properties = wanted.properties(logical_id, made)
    kind = TYPES[part["Type"]]
    old = stack.resources.get(logical_id)
    if old is None:
        if import_existing and can_be_imported(part, place):
            return Change("Import", logical_id, part["Type"], kind.custom_name(properties))
        return Change("Add", logical_id, part["Type"])
    if old.type != part["Type"]:
        raise ValidationError(f"Update of resource type is not permitted: {logical_id}")
    differing = changed(old.properties, properties)
    if not differing and old.attributes == attributes(part):
        return None
    return Change(
        "Modify",
        logical_id,
        part["Type"],
        old.physical_id,
        bool(replacing(old, properties)),
        tuple(sorted(differing)),
        replacing(old, properties),
    )


def outputs_change(stack: Stack, wanted: Wanted, place: Place) -> bool:
    """Whether the outputs would be others, the resources staying as they are."""
    return wanted.outputs(ToBeMade(wanted, stack.resources, place)) != stack.outputs


def replacing(old: Resource, properties: dict[str, Any]) -> frozenset[str]:
    """Return the changed properties that need a new resource in the place of the old one."""
    kind = TYPES[old.type]
    found = changed(old.properties, properties) & kind.replaces
    if kind.custom_name(old.properties) != kind.custom_name(properties):
        found.add(str(kind.name_property))
    return frozenset(found)


def can_be_imported(part: dict[str, Any], place: Place) -> bool:
    """Whether a resource that is there can be taken over.

    Source: AWS CloudFormation User Guide, "Import AWS resources into a CloudFormation stack automatically": its name is
    plain text in the template, and its DeletionPolicy keeps it.
    """
    kind = TYPES[part["Type"]]
    name = kind.custom_name(part.get("Properties") or {}) if part.get("DeletionPolicy") in KEPT else None
    return isinstance(name, str) and kind.exists(place, name)


def attributes(part: dict[str, Any]) -> dict[str, Any]:
    """Return what of a resource stands beside its properties and decides over its end."""
    return {name: part[name] for name in ("DeletionPolicy", "UpdateReplacePolicy") if name in part}
