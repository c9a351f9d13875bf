"""CloudFormation's API: the calls that stacks and change sets need. The others are refused by name.

Source: AWS CloudFormation API reference.
"""

import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from moto.cloudformation import models as moto_models
from moto.cloudformation import urls
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.utilities.utils import get_partition

from local_aws import state
from local_aws.cloudformation import operations, parameters, planning, template
from local_aws.cloudformation.errors import (
    AlreadyExistsError,
    ChangeSetNotFoundError,
    InvalidChangeSetStatusError,
    ValidationError,
)
from local_aws.cloudformation.planning import Wanted
from local_aws.cloudformation.resource_types.base import Place
from local_aws.cloudformation.stacks import Change, ChangeSet, Event, Resource, Stack

BODY_LIMIT = 51_200
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
PAGE = 100
# stacks in these states can be changed
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE")


class Backend(moto_models.CloudFormationBackend):
    """The stacks of one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.own_stacks: list[Stack] = []
        self.own_change_sets: list[ChangeSet] = []

    @property
    def _url_module(self) -> Any:  # (moto looks for it beside the class)
        return urls

    def stack(self, name_or_id: str) -> Stack:
        """Return a stack by its name, or by its id even when it is deleted.

        Raises:
            ValidationError: there is none.
        """
        for stack in self.own_stacks:
            if name_or_id == stack.stack_id or (name_or_id == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise ValidationError(f"Stack with id {name_or_id} does not exist")

    def has_stack(self, name: str) -> bool:
        """Whether a stack of that name lives."""
        return any(one.name == name and one.status != "DELETE_COMPLETE" for one in self.own_stacks)

    def new_stack(self, name: str) -> Stack:
        """Return a stack that nothing has been made of yet; not kept until `keep`."""
        arn = f"arn:{get_partition(self.region_name)}:cloudformation:{self.region_name}:{self.account_id}"
        return Stack(name, f"{arn}:stack/{name}/{uuid.uuid4()}")

    def place(self, stack: Stack, endpoint_url: str) -> Place:
        """Where the stack's resources are made."""
        partition = get_partition(self.region_name)
        return Place(self.account_id, self.region_name, partition, stack.name, stack.stack_id, endpoint_url)

    def change_set(self, name: str, stack_name: str | None) -> ChangeSet:
        """Return a change set by its ARN, or by its name and its stack's.

        Raises:
            ChangeSetNotFoundError: there is none.
        """
        for found in reversed(self.own_change_sets):
            if name == found.change_set_id:
                return found
            if name == found.name and stack_name in (found.stack_name, found.stack_id):
                return found
        raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")

    def iter_tagged_resources(self) -> Any:
        """Stacks have no tags here."""
        return iter(())


class Api(BaseResponse):
    """The API's calls."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    @property
    def _backend(self) -> Backend:
        return cast("Backend", moto_models.cloudformation_backends[self.current_account][self.region])

    @property
    def _endpoint_url(self) -> str:
        return f"http://{self.headers['Host']}"

    def _only(self, *names: str) -> dict[str, Any]:
        """Return the request's parameters. Raises ValidationError for one that would be ignored."""
        asked: dict[str, Any] = {
            name: value for name, value in self._get_params().items() if value not in (None, [], {})
        }
        for name in sorted(asked.keys() - {*names, "ClientRequestToken", "ClientToken"}):
            raise ValidationError(f"The local AWS does not do {name} of {self._get_action()}")
        return asked

    def _text(self, asked: dict[str, Any], previous: Stack | None = None) -> str:
        """Return the template's text: in the request, at a URL of this S3, or the stack's own."""
        if asked.get("UsePreviousTemplate"):
            if previous is None:
                raise ValidationError("There is no previous template to use")
            return previous.text
        if "TemplateBody" in asked:
            body: str = asked["TemplateBody"]
            if len(body.encode()) > BODY_LIMIT:
                raise ValidationError(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must "
                    f"have length less than or equal to {BODY_LIMIT}"
                )
            return body
        if "TemplateURL" not in asked:
            raise ValidationError("Either Template URL or Template Body must be specified.")
        return self._from_url(asked["TemplateURL"])

    def _from_url(self, url: str) -> str:
        address = urlsplit(url)
        host, path = address.netloc.split(".")[0], unquote(address.path.lstrip("/"))
        by_path = host == "s3" or host.startswith("s3-") or not address.netloc.endswith(".amazonaws.com")
        bucket, _, key = path.partition("/") if by_path else (host, "", path)
        place = self._backend.place(Stack("", ""), self._endpoint_url)
        try:
            answer = place.client("s3").get_object(Bucket=bucket, Key=key)
        except Exception as error:
            raise ValidationError(f"S3 error: {error}") from error
        body: bytes = answer["Body"].read()
        return body.decode()

    # ------------------------------------------------------------------------------------------------ stacks

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        asked = self._only("StackName", "TemplateBody", "TemplateURL", "Parameters", "Capabilities")
        backend = self._backend
        self._must_be_free(asked["StackName"])
        stack = backend.new_stack(asked["StackName"])
        place = backend.place(stack, self._endpoint_url)
        given = parameters.given_values(asked.get("Parameters", []), {})
        wanted = planning.read(self._text(asked), given, place)
        planning.check_capabilities(wanted, asked.get("Capabilities", []))
        backend.own_stacks.append(stack)
        self._start_create(stack, wanted, place, asked.get("Capabilities", []), False)
        return ActionResult({"StackId": stack.stack_id})

    def _must_be_free(self, name: str) -> None:
        if self._backend.has_stack(name):
            raise AlreadyExistsError(f"Stack [{name}] already exists")

    def _start_create(
        self, stack: Stack, wanted: Wanted, place: Place, capabilities: list[str], import_existing: bool
    ) -> None:
        stack.text, stack.given, stack.capabilities = wanted.text, wanted.given, capabilities
        stack.description = wanted.parsed.get("Description")
        stack.note("CREATE_IN_PROGRESS", "User Initiated")
        _in_background(stack, lambda: operations.create(stack, wanted, place, import_existing))

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        asked = self._only(
            "StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters", "Capabilities"
        )
        stack = self._backend.stack(asked["StackName"])
        wanted, place = self._wanted_of(stack, asked)
        if not planning.changes(stack, wanted, place, False) and not planning.outputs_change(stack, wanted, place):
            raise ValidationError("No updates are to be performed.")
        self._start_update(stack, wanted, place, asked.get("Capabilities", []), False)
        return ActionResult({"StackId": stack.stack_id})

    def _wanted_of(self, stack: Stack, asked: dict[str, Any]) -> tuple[Wanted, Place]:
        if stack.status not in UPDATABLE:
            raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
        place = self._backend.place(stack, self._endpoint_url)
        given = parameters.given_values(asked.get("Parameters", []), stack.given)
        wanted = planning.read(self._text(asked, stack), given, place)
        planning.check_capabilities(wanted, asked.get("Capabilities", []))
        return wanted, place

    def _start_update(
        self, stack: Stack, wanted: Wanted, place: Place, capabilities: list[str], import_existing: bool
    ) -> None:
        stack.capabilities = capabilities
        stack.note("UPDATE_IN_PROGRESS", "User Initiated")
        _in_background(stack, lambda: operations.update(stack, wanted, place, import_existing))

    def delete_stack(self) -> EmptyResult:
        """DeleteStack; a stack that is not there is no error."""
        asked = self._only("StackName", "RetainResources")
        try:
            stack = self._backend.stack(asked["StackName"])
        except ValidationError:
            return EmptyResult()
        if stack.busy:
            raise ValidationError(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        retained = asked.get("RetainResources", [])
        if retained and stack.status != "DELETE_FAILED":
            raise ValidationError(
                f"Invalid operation on stack [{stack.stack_id}]. The specified resources to retain must be in "
                "a valid state. Retaining resources is only possible in DELETE_FAILED"
            )
        place = self._backend.place(stack, self._endpoint_url)
        stack.note("DELETE_IN_PROGRESS", "User Initiated")
        _in_background(stack, lambda: operations.delete(stack, place, retained))
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks."""
        asked = self._only("StackName", "NextToken")
        if "StackName" in asked:
            return ActionResult({"Stacks": [_described(self._backend.stack(asked["StackName"]))]})
        living = [one for one in self._backend.own_stacks if one.status != "DELETE_COMPLETE"]
        return ActionResult(_page("Stacks", [_described(one) for one in living], asked.get("NextToken")))

    def list_stacks(self) -> ActionResult:
        """ListStacks."""
        asked = self._only("StackStatusFilter", "NextToken")
        wanted = asked.get("StackStatusFilter")
        found = [_summary(one) for one in self._backend.own_stacks if not wanted or one.status in wanted]
        return ActionResult(_page("StackSummaries", found, asked.get("NextToken")))

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        asked = self._only("StackName", "NextToken")
        stack = self._backend.stack(asked["StackName"])
        found = [_described_event(stack, event) for event in reversed(stack.events)]
        return ActionResult(_page("StackEvents", found, asked.get("NextToken")))

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources."""
        asked = self._only("StackName", "LogicalResourceId")
        stack = self._backend.stack(asked["StackName"])
        found = (
            [_resource(stack, asked["LogicalResourceId"])] if "LogicalResourceId" in asked else stack.resources.values()
        )
        return ActionResult({"StackResources": [_described_resource(stack, one) for one in found]})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        asked = self._only("StackName", "LogicalResourceId")
        stack = self._backend.stack(asked["StackName"])
        resource = _resource(stack, asked["LogicalResourceId"])
        return ActionResult({"StackResourceDetail": _described_resource(stack, resource)})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        asked = self._only("StackName", "NextToken")
        stack = self._backend.stack(asked["StackName"])
        found = [_described_resource(stack, one) for one in stack.resources.values()]
        return ActionResult(_page("StackResourceSummaries", found, asked.get("NextToken")))

    # ------------------------------------------------------------------------------------------ change sets

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet."""
        asked = self._only(
            "StackName", "ChangeSetName", "ChangeSetType", "TemplateBody", "TemplateURL", "UsePreviousTemplate",
            "Parameters", "Capabilities", "Description", "ImportExistingResources",
        )  # fmt: skip
        kind = asked.get("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise ValidationError(f"The local AWS does not do change sets of the type {kind}")
        stack, is_new = self._stack_of_change_set(kind, asked["StackName"])
        if any(one.name == asked["ChangeSetName"] for one in self._change_sets_of(stack)):
            raise AlreadyExistsError(f"ChangeSet {asked['ChangeSetName']} cannot be created: it exists")
        if kind == "CREATE":
            place = self._backend.place(stack, self._endpoint_url)
            wanted = planning.read(self._text(asked), parameters.given_values(asked.get("Parameters", []), {}), place)
            planning.check_capabilities(wanted, asked.get("Capabilities", []))
        else:
            wanted, place = self._wanted_of(stack, asked)
        change_set = self._planned(asked, kind, stack, wanted, place)
        if is_new:
            stack.note("REVIEW_IN_PROGRESS", "User Initiated")
            self._backend.own_stacks.append(stack)
        self._backend.own_change_sets.append(change_set)
        return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})

    def _stack_of_change_set(self, kind: str, name: str) -> tuple[Stack, bool]:
        if kind == "UPDATE":
            stack = self._backend.stack(name)
            if stack.status == "REVIEW_IN_PROGRESS":
                raise ValidationError(f"Stack:{stack.stack_id} is in REVIEW_IN_PROGRESS state and can not be updated.")
            return stack, False
        if not self._backend.has_stack(name):
            return self._backend.new_stack(name), True
        stack = self._backend.stack(name)
        if stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(f"Stack [{name}] already exists and cannot be created again with the changeSet")
        return stack, False

    def _change_sets_of(self, stack: Stack) -> list[ChangeSet]:
        return [one for one in self._backend.own_change_sets if one.stack_id == stack.stack_id]

    def _planned(self, asked: dict[str, Any], kind: str, stack: Stack, wanted: Wanted, place: Place) -> ChangeSet:
        backend = self._backend
        arn = f"arn:{place.partition}:cloudformation:{backend.region_name}:{backend.account_id}"
        change_set = ChangeSet(
            name=asked["ChangeSetName"],
            change_set_id=f"{arn}:changeSet/{asked['ChangeSetName']}/{uuid.uuid4()}",
            kind=kind,
            stack_id=stack.stack_id,
            stack_name=stack.name,
            text=wanted.text,
            given=wanted.given,
            capabilities=asked.get("Capabilities", []),
            description=asked.get("Description"),
            import_existing=bool(asked.get("ImportExistingResources")),
            changes=planning.changes(stack, wanted, place, bool(asked.get("ImportExistingResources"))),
        )
        if not change_set.changes and not planning.outputs_change(stack, wanted, place):
            change_set.status, change_set.reason = "FAILED", NO_CHANGES
            change_set.execution_status = "UNAVAILABLE"
        return change_set

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        asked = self._only("ChangeSetName", "StackName", "IncludePropertyValues")
        found = self._backend.change_set(asked["ChangeSetName"], asked.get("StackName"))
        return ActionResult(
            _summary_of_change_set(found)
            | {
                "Parameters": parameters.shown(template.read(found.text), found.given),
                "Capabilities": found.capabilities,
                "Changes": [{"Type": "Resource", "ResourceChange": _described_change(one)} for one in found.changes],
            }
        )

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets."""
        asked = self._only("StackName")
        stack = self._backend.stack(asked["StackName"])
        return ActionResult({"Summaries": [_summary_of_change_set(one) for one in self._change_sets_of(stack)]})

    def delete_change_set(self) -> EmptyResult:
        """DeleteChangeSet; one that is not there is no error."""
        asked = self._only("ChangeSetName", "StackName")
        try:
            found = self._backend.change_set(asked["ChangeSetName"], asked.get("StackName"))
        except ChangeSetNotFoundError:
            return EmptyResult()
        self._backend.own_change_sets.remove(found)
        return EmptyResult()

    def execute_change_set(self) -> EmptyResult:
        """ExecuteChangeSet. The stack's other change sets go, as they no longer fit it."""
        asked = self._only("ChangeSetName", "StackName")
        found = self._backend.change_set(asked["ChangeSetName"], asked.get("StackName"))
        stack = self._backend.stack(found.stack_id)
        if found.execution_status != "AVAILABLE" or stack.busy:
            raise InvalidChangeSetStatusError(
                f"ChangeSet [{found.change_set_id}] cannot be executed in its current status of [{found.status}], "
                f"the stack being in {stack.status}"
            )
        place = self._backend.place(stack, self._endpoint_url)
        wanted = planning.read(found.text, found.given, place)
        found.execution_status = "EXECUTE_COMPLETE"
        self._backend.own_change_sets = [
            one for one in self._backend.own_change_sets if one.stack_id != stack.stack_id or one is found
        ]
        start = self._start_create if found.kind == "CREATE" else self._start_update
        start(stack, wanted, place, found.capabilities, found.import_existing)
        return EmptyResult()

    # -------------------------------------------------------------------------------------------- templates

    def get_template(self) -> ActionResult:
        """GetTemplate."""
        asked = self._only("StackName")
        text = self._backend.stack(asked["StackName"]).text
        return ActionResult({"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]})

    def validate_template(self) -> ActionResult:
        """ValidateTemplate: its form, types and parameters."""
        return ActionResult(self._template_summary("TemplateBody", "TemplateURL"))

    def get_template_summary(self) -> ActionResult:
        """GetTemplateSummary."""
        return ActionResult(self._template_summary("TemplateBody", "TemplateURL", "StackName"))

    def _template_summary(self, *names: str) -> dict[str, Any]:
        asked = self._only(*names)
        text = self._backend.stack(asked["StackName"]).text if "StackName" in asked else self._text(asked)
        found = template.read(text)
        planning.check_types(found)
        return {
            "Description": found.get("Description"),
            "Parameters": [
                {
                    "ParameterKey": name,
                    "DefaultValue": None if "Default" not in slot else str(slot["Default"]),
                    "Description": slot.get("Description"),
                    "NoEcho": str(slot.get("NoEcho", False)).lower() == "true",
                    "ParameterType": slot["Type"],
                }
                for name, slot in (found.get("Parameters") or {}).items()
            ],
            "Capabilities": planning.capabilities(found),
            "ResourceTypes": sorted({part["Type"] for part in found["Resources"].values()}),
            "Version": found.get("AWSTemplateFormatVersion"),
        }

    def call_action(self) -> Any:
        """Any other call is refused by its name."""
        action = self._get_action()
        if action not in _ACTIONS:
            words = f"The local AWS does not do the CloudFormation call {action}"
            status, headers, body = self.serialized(ActionResult(ValidationError(words)))
            return status, headers, body
        return super().call_action()


_ACTIONS = {
    "CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents",
    "DescribeStackResource", "DescribeStackResources", "DescribeStacks", "ExecuteChangeSet", "GetTemplate",
    "GetTemplateSummary", "ListChangeSets", "ListStackResources", "ListStacks", "UpdateStack", "ValidateTemplate",
}  # fmt: skip


def _in_background(stack: Stack, operation: Callable[[], None]) -> None:
    """Carry an operation out in a thread: the caller gets its answer at once and asks again, as on AWS."""

    def run() -> None:
        try:
            operation()
        except Exception as error:  # a stack must never stay under way
            traceback.print_exc()
            failed = "UPDATE_ROLLBACK_FAILED" if stack.status.startswith("UPDATE") else "DELETE_FAILED"
            failed = "CREATE_FAILED" if stack.status.startswith(("CREATE", "ROLLBACK")) else failed
            stack.note(failed, f"Internal failure: {error!r}")
        finally:
            state.changed()

    threading.Thread(target=run, name=f"stack-{stack.name}", daemon=True).start()


def _page(name: str, items: list[Any], token: str | None) -> dict[str, Any]:
    start = int(token or 0)
    more = {"NextToken": str(start + PAGE)} if start + PAGE < len(items) else {}
    return {name: items[start : start + PAGE], **more}


def _summary(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "TemplateDescription": stack.description,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
    }


def _described(stack: Stack) -> dict[str, Any]:
    return _summary(stack) | {
        "Description": stack.description,
        "Parameters": parameters.shown(template.read(stack.text), stack.given) if stack.text else [],
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "DisableRollback": False,
        "EnableTerminationProtection": False,
        "NotificationARNs": [],
        "Tags": [],
    }


def _resource(stack: Stack, logical_id: str) -> Resource:
    if logical_id not in stack.resources:
        raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
    return stack.resources[logical_id]


def _described_resource(stack: Stack, resource: Resource) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        "Timestamp": resource.at,
        "LastUpdatedTimestamp": resource.at,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
    }


def _described_event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "EventId": event.event_id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
    }


def _summary_of_change_set(found: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.change_set_id,
        "StackId": found.stack_id,
        "StackName": found.stack_name,
        "Description": found.description,
        "CreationTime": found.created,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.reason,
        "ImportExistingResources": found.import_existing,
    }


def _described_change(change: Change) -> dict[str, Any]:
    described = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.physical_id,
        "ResourceType": change.type,
    }
    if change.action != "Modify":
        return described
    return described | {
        "Replacement": "True" if change.replacement else "False",
        "Scope": ["Properties"],
        "Details": [
            {
                "Target": {
                    "Attribute": "Properties",
                    "Name": name,
                    "RequiresRecreation": "Always" if name in change.replacing else "Never",
                },
                "Evaluation": "Static",
                "ChangeSource": "DirectModification",
            }
            for name in change.properties
        ],
    }
