"""What is kept of stacks: plain records, saved with the rest of the local AWS's state."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

INTERRUPTED = "The local AWS was ended while this was under way"
# where a stack is when nobody carries its operation on any more
_BROKEN_OFF = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
}


def now() -> dt.datetime:
    """Return the time in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass
class Resource:
    """One resource of a stack. properties: as they were applied last."""

    logical_id: str
    type: str
    physical_id: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)  # DeletionPolicy and the like
    status: str = ""
    reason: str | None = None
    at: dt.datetime = field(default_factory=now)


@dataclass
class Event:
    """Something that happened to a stack or one of its resources."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    at: dt.datetime = field(default_factory=now)
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Stack:
    """A stack. text: its template as given; given: the texts of its parameters."""

    name: str
    stack_id: str
    text: str = ""
    description: str | None = None
    given: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: dt.datetime = field(default_factory=now)
    updated: dt.datetime | None = None
    deleted: dt.datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    broken_off: str | None = None  # the status in which an ended server left it

    def note(self, status: str, reason: str | None = None) -> None:
        """Note that the stack is in another state."""
        self.status, self.reason = status, reason
        self.events.append(Event(self.name, self.stack_id, "AWS::CloudFormation::Stack", status, reason))

    def note_resource(self, resource: Resource, status: str, reason: str | None = None) -> None:
        """Note that one of its resources is in another state."""
        resource.status, resource.reason, resource.at = status, reason, now()
        self.events.append(Event(resource.logical_id, resource.physical_id, resource.type, status, reason))

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.busy:
            self.broken_off = self.status
            self.note(_BROKEN_OFF[self.status], INTERRUPTED)


@dataclass
class Change:
    """One line of a change set. action: Add, Modify, Remove or Import."""

    action: str
    logical_id: str
    type: str
    physical_id: str | None = None
    replacement: bool = False
    properties: tuple[str, ...] = ()  # the names of those that differ
    replacing: frozenset[str] = frozenset()  # those of them that need a new resource


@dataclass
class ChangeSet:
    """A planned change of a stack."""

    name: str
    change_set_id: str
    kind: str  # CREATE or UPDATE
    stack_id: str
    stack_name: str
    text: str
    given: dict[str, str]
    capabilities: list[str]
    description: str | None
    import_existing: bool
    changes: list[Change]
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    created: dt.datetime = field(default_factory=now)
