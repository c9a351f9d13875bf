"""Carries a template out: makes, changes and removes resources one by one, and goes back when one fails.

A stack's dict of resources is replaced, never changed, so that it can be saved at any moment.

Source of the states and of the order (new before old, clean-up last, reverse order back): AWS CloudFormation User
Guide, "Understand CloudFormation stack creation events", "Update behaviors of stack resources" and "DeletionPolicy".
"""

import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from local_aws.cloudformation import planning, template
from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.planning import KEPT, Wanted
from local_aws.cloudformation.resource_types import TYPES
from local_aws.cloudformation.resource_types.base import Place
from local_aws.cloudformation.shapes import PropertyError
from local_aws.cloudformation.stacks import Resource, Stack, now

_EXPECTED = (ClientError, BotoCoreError, PropertyError, ValidationError, ValueError)


class ResourceFailedError(Exception):
    """A resource could not be made or changed."""

    def __init__(self, logical_id: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{logical_id}]. ")


@dataclass
class _Done:
    """What an operation did so far: enough to go back, and what is left to clean up."""

    steps: list[tuple[str, Any]] = field(default_factory=list)
    to_remove: list[tuple[Resource, str]] = field(default_factory=list)


class _Existing(template.Made):
    """The resources of a stack as they are now."""

    def __init__(self, stack: Stack, wanted: Wanted, place: Place) -> None:
        self._stack, self._wanted, self._place = stack, wanted, place

    @override
    def ref(self, logical_id: str) -> str:
        here = self._stack.resources[logical_id]
        return TYPES[here.type].ref(here.physical_id)

    @override
    def attribute(self, logical_id: str, name: str) -> str:
        planning.check_attribute(self._wanted, logical_id, name)
        here = self._stack.resources[logical_id]
        return TYPES[here.type].attribute(self._place, here.physical_id, here.properties, name)


def create(stack: Stack, wanted: Wanted, place: Place, import_existing: bool = False) -> None:
    """Make a stack's resources; when one fails, take back those that were made."""
    done: list[Resource] = []
    imported: set[str] = set()
    try:
        for logical_id in wanted.order:
            _make(stack, wanted, place, logical_id, done, imported if import_existing else None)
        stack.outputs = wanted.outputs(_Existing(stack, wanted, place))
    except (ResourceFailedError, *_EXPECTED) as error:
        stack.note("ROLLBACK_IN_PROGRESS", f"{_reason(error)}Rollback requested by user.")
        left = _take_back(stack, place, [one for one in done if one.logical_id not in imported])
        stack.note("ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE", left)
    else:
        stack.note("CREATE_COMPLETE")


def _make(
    stack: Stack,
    wanted: Wanted,
    place: Place,
    logical_id: str,
    done: list[Resource],
    imported: set[str] | None,
) -> None:
    """Make one resource, or take one over that is there. done: gets it as soon as it exists."""
    part = wanted.resources[logical_id]
    kind = TYPES[part["Type"]]
    before = stack.resources.get(logical_id)
    resource = Resource(logical_id, part["Type"], attributes=planning.attributes(part))
    stack.note_resource(resource, "CREATE_IN_PROGRESS")
    try:
        properties = wanted.properties(logical_id, _Existing(stack, wanted, place))
        stack.resources = stack.resources | {logical_id: resource}
        resource.properties = properties
        name = kind.custom_name(properties)
        if imported is not None and planning.can_be_imported(part, place):
            imported.add(logical_id)
            resource.physical_id = str(name)
        else:
            name = name or kind.generated_name(place, logical_id, _suffix())
            # known before it is there: should the server be ended right after, it can still be found and removed
            resource.physical_id = kind.expected_id(place, name, properties)
            resource.physical_id = kind.create(place, name, properties)
        done.append(resource)
        stack.note_resource(resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        kind.configure(place, resource.physical_id, properties)
    except _EXPECTED as error:
        if resource not in done and logical_id not in (imported or ()):
            resource.physical_id = ""
        stack.note_resource(resource, "CREATE_FAILED", str(error))
        stack.resources = stack.resources | {logical_id: before or resource}
        raise ResourceFailedError(logical_id, "create") from error
    stack.note_resource(resource, "CREATE_COMPLETE")


def _suffix() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))


def _take_back(stack: Stack, place: Place, made: list[Resource]) -> str | None:
    """Remove what an operation made. Returns what could not be removed, in words."""
    failed = []
    for resource in reversed(made):
        if resource.attributes.get("DeletionPolicy") == "Retain":
            stack.note_resource(resource, "DELETE_SKIPPED")
        elif not _remove(stack, place, resource):
            failed.append(resource.logical_id)
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. " if failed else None


def _remove(stack: Stack, place: Place, resource: Resource) -> bool:
    stack.note_resource(resource, "DELETE_IN_PROGRESS")
    try:
        if resource.physical_id:
            TYPES[resource.type].delete(place, resource.physical_id, resource.properties)
    except _EXPECTED as error:
        stack.note_resource(resource, "DELETE_FAILED", str(error))
        return False
    stack.note_resource(resource, "DELETE_COMPLETE")
    return True


def update(stack: Stack, wanted: Wanted, place: Place, import_existing: bool = False) -> None:
    """Bring a stack to what a template wants; when a resource fails, back to what it was."""
    before = dict(stack.resources)
    outputs = stack.outputs
    done = _Done()
    imported: set[str] = set()
    try:
        for logical_id in wanted.order:
            _bring(stack, wanted, place, logical_id, done, imported if import_existing else None)
        stack.outputs = wanted.outputs(_Existing(stack, wanted, place))
    except (ResourceFailedError, *_EXPECTED) as error:
        stack.note("UPDATE_ROLLBACK_IN_PROGRESS", _reason(error))
        left = _go_back(stack, place, done, imported)
        stack.resources, stack.outputs = before, outputs
        stack.note("UPDATE_ROLLBACK_FAILED" if left else "UPDATE_ROLLBACK_COMPLETE", left)
        return
    stack.text, stack.given = wanted.text, wanted.given
    stack.description = wanted.parsed.get("Description")
    stack.updated = now()
    _clean_up(stack, wanted, place, done)
    stack.note("UPDATE_COMPLETE")


def _bring(stack: Stack, wanted: Wanted, place: Place, logical_id: str, done: _Done, imported: set[str] | None) -> None:
    """Make, replace or change one resource if it is not as wanted."""
    old = stack.resources.get(logical_id)
    if old is None:
        made: list[Resource] = []
        try:
            _make(stack, wanted, place, logical_id, made, imported)
        finally:
            done.steps += [("made", one) for one in made]
        return
    part = wanted.resources[logical_id]
    try:
        properties = wanted.properties(logical_id, _Existing(stack, wanted, place))
    except _EXPECTED as error:
        stack.note_resource(old, "UPDATE_FAILED", str(error))
        raise ResourceFailedError(logical_id, "update") from error
    if properties == old.properties:
        stack.resources = stack.resources | {logical_id: _copy(old, old.properties, part)}
    elif planning.replacing(old, properties):
        _replace(stack, wanted, place, old, properties, done)
    else:
        _change(stack, place, old, properties, part, done)


def _copy(old: Resource, properties: dict[str, Any], part: dict[str, Any]) -> Resource:
    return Resource(
        old.logical_id, old.type, old.physical_id, properties, planning.attributes(part), old.status, old.reason, old.at
    )


def _replace(
    stack: Stack, wanted: Wanted, place: Place, old: Resource, properties: dict[str, Any], done: _Done
) -> None:
    kind = TYPES[old.type]
    name = kind.custom_name(properties)
    if name is not None and name == kind.custom_name(old.properties):
        reason = (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {name} and update the stack again."
        )
        stack.note_resource(old, "UPDATE_FAILED", reason)
        raise ResourceFailedError(old.logical_id, "update")
    made: list[Resource] = []
    try:
        _make(stack, wanted, place, old.logical_id, made, None)
    finally:
        done.steps += [("made", one) for one in made]
    done.to_remove.append((old, old.attributes.get("UpdateReplacePolicy", "Delete")))


def _change(
    stack: Stack, place: Place, old: Resource, properties: dict[str, Any], part: dict[str, Any], done: _Done
) -> None:
    new = _copy(old, properties, part)
    stack.resources = stack.resources | {old.logical_id: new}
    stack.note_resource(new, "UPDATE_IN_PROGRESS")
    done.steps.append(("changed", (old, properties)))
    try:
        TYPES[old.type].update(place, old.physical_id, old.properties, properties)
    except _EXPECTED as error:
        stack.note_resource(new, "UPDATE_FAILED", str(error))
        raise ResourceFailedError(old.logical_id, "update") from error
    stack.note_resource(new, "UPDATE_COMPLETE")


def _go_back(stack: Stack, place: Place, done: _Done, imported: set[str]) -> str | None:
    """Undo the steps of an update, last first. Returns what could not be undone, in words."""
    failed = []
    for what, step in reversed(done.steps):
        if what == "made":
            if step.logical_id not in imported and _take_back(stack, place, [step]):
                failed.append(step.logical_id)
            continue
        old, properties = step
        stack.note_resource(old, "UPDATE_IN_PROGRESS")
        try:
            TYPES[old.type].update(place, old.physical_id, properties, old.properties)
        except _EXPECTED as error:
            stack.note_resource(old, "UPDATE_FAILED", str(error))
            failed.append(old.logical_id)
        else:
            stack.note_resource(old, "UPDATE_COMPLETE")
    return f"The following resource(s) failed to update: [{', '.join(failed)}]. " if failed else None


def _clean_up(stack: Stack, wanted: Wanted, place: Place, done: _Done) -> None:
    """Remove what was replaced and what the template no longer has. What cannot be removed is left, as on AWS."""
    lost = [one for name, one in stack.resources.items() if name not in wanted.resources]
    done.to_remove += [(one, one.attributes.get("DeletionPolicy", "Delete")) for one in lost]
    if done.to_remove:
        stack.note("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    for resource, policy in reversed(done.to_remove):
        if policy in KEPT:
            stack.note_resource(resource, "DELETE_SKIPPED")
        else:
            _remove(stack, place, resource)
    stack.resources = {name: stack.resources[name] for name in wanted.order}


def delete(stack: Stack, place: Place, retained: list[str]) -> None:
    """Remove a stack's resources, last made first, but those that it is to leave behind."""
    failed = []
    for logical_id in reversed(list(stack.resources)):
        resource = stack.resources[logical_id]
        if resource.status == "DELETE_COMPLETE":
            continue
        if resource.attributes.get("DeletionPolicy") in KEPT or logical_id in retained:
            stack.note_resource(resource, "DELETE_SKIPPED")
        elif not _remove(stack, place, resource):
            failed.append(logical_id)
    if failed:
        stack.note("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.note("DELETE_COMPLETE")
    stack.deleted = now()


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ResourceFailedError) else f"{error} "
