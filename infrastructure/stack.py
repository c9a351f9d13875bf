"""The stack in CloudFormation: find it, plan a change, show it, carry it out, write its outputs to a file."""

import datetime as dt
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infrastructure.console import DeployError, say
from infrastructure.template import compact, parameters

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, StackEventTypeDef, StackTypeDef

NOTHING_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
LIMIT_MINUTES = 60


def find_stack(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """Return the stack, or None when there is none."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def events_since(cloudformation: "CloudFormationClient", stack_id: str, seen: set[str]) -> "list[StackEventTypeDef]":
    """Return the stack's events that are not in `seen`, oldest first, and add them to it."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    new = [event for page in pages for event in page["StackEvents"] if event["EventId"] not in seen]
    seen |= {event["EventId"] for event in new}
    return new[::-1]


def _lines(events: "list[StackEventTypeDef]") -> Iterator[str]:
    for event in events:
        status = event.get("ResourceStatus", "")
        reason = event.get("ResourceStatusReason", "")
        if status.endswith("_IN_PROGRESS") and event.get("PhysicalResourceId") != event["StackId"]:
            continue  # the line that says how it ended follows
        words = f"  {status:<36} {event.get('ResourceType', ''):<26} {event.get('LogicalResourceId', '')}"
        yield words + (f"  {reason}" if reason and reason != "User Initiated" else "")


def wait(cloudformation: "CloudFormationClient", stack_id: str, seen: set[str]) -> "StackTypeDef":
    """Show what happens to a stack until nothing more does, and return it.

    Raises:
        DeployError: it takes longer than an hour.
    """
    pause = 0.3 if os.environ.get("AWS_ENDPOINT_URL") else 5.0
    for _ in range(int(LIMIT_MINUTES * 60 / pause)):
        stack = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        for line in _lines(events_since(cloudformation, stack_id, seen)):
            say(line)
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(pause)
    raise DeployError(f"{stack_id} is under way for {LIMIT_MINUTES} minutes. Look at its events in the console.")


def make_ready(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """Return the stack that can be updated, or None when it has to be made.

    What a first deploy that failed has left is removed first; buckets with data stay and are taken over again.

    Raises:
        DeployError: the stack is in a state that needs somebody to look at it.
    """
    stack = find_stack(cloudformation, name)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    if stack["StackStatus"].endswith("_IN_PROGRESS"):
        say(f"Stack {name} is in {stack['StackStatus']}: waiting until that is over")
        stack = wait(cloudformation, stack["StackId"], set())
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
    if stack["StackStatus"] in NOTHING_MADE:
        say(f"Stack {name} is in {stack['StackStatus']} from an earlier try: removing what is left of it")
        seen = {event["EventId"] for event in events_since(cloudformation, stack["StackId"], set())}
        cloudformation.delete_stack(StackName=stack["StackId"])
        stack = wait(cloudformation, stack["StackId"], seen)
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
    if stack["StackStatus"] in ("DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"):
        reason = stack.get("StackStatusReason", "see its events")
        raise DeployError(
            f"Stack {name} is in {stack['StackStatus']}: {reason}. Mend what it names, then finish in the console "
            "(delete again, or continue the roll-back) and deploy again."
        )
    return stack


def plan(
    cloudformation: "CloudFormationClient",
    name: str,
    template: Mapping[str, Any],
    given: Mapping[str, str],
    url: str | None = None,
) -> str | None:
    """Make a change set, show what it will do, and return its ARN; None when nothing is to change.

    url: where the template lies, when it is too large for a call.

    Raises:
        DeployError: CloudFormation refuses the template or a parameter.
    """
    stack = make_ready(cloudformation, name)
    known = {one["ParameterKey"] for one in stack.get("Parameters", [])} if stack else set()
    body: dict[str, Any] = {"TemplateURL": url} if url else {"TemplateBody": compact(template)}
    change_set = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}",
        ChangeSetType="UPDATE" if stack else "CREATE",
        **body,
        Parameters=parameters(template, name, given, known),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        ImportExistingResources=True,  # the data buckets of a stack that was deleted
    )["Id"]
    changes = _changes(cloudformation, change_set)
    if changes is None:
        cloudformation.delete_change_set(ChangeSetName=change_set)
        say(f"Stack {name}: nothing to change")
        return None
    say(f"Stack {name}: {'will be changed' if stack else 'will be made'}")
    for change in changes:
        say(_words(change))
    return change_set


def _changes(cloudformation: "CloudFormationClient", change_set: str) -> "list[ChangeTypeDef] | None":
    while True:
        found = cloudformation.describe_change_set(ChangeSetName=change_set)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        time.sleep(2)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "")
        if any(words in reason for words in NO_CHANGES):
            return None
        raise DeployError(f"CloudFormation refuses the change: {reason}")
    changes = found["Changes"]
    while found.get("NextToken"):
        found = cloudformation.describe_change_set(ChangeSetName=change_set, NextToken=found["NextToken"])
        changes += found["Changes"]
    return changes


def _words(change: "ChangeTypeDef") -> str:
    resource = change["ResourceChange"]
    names = sorted({detail["Target"].get("Name", "") for detail in resource.get("Details", [])} - {""})
    action: str = resource["Action"]
    if action == "Modify" and resource.get("Replacement", "False") != "False":
        action = "REPLACE"
    elif action == "Remove":
        action = "REMOVE"
    return f"  {action:<8} {resource['ResourceType']:<26} {resource['LogicalResourceId']}" + (
        f"  ({', '.join(names)})" if names else ""
    )


def carry_out(cloudformation: "CloudFormationClient", name: str, change_set: str) -> None:
    """Carry a change set out and follow it.

    Raises:
        DeployError: it failed; CloudFormation has gone back to what was there before.
    """
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    seen = {event["EventId"] for event in events_since(cloudformation, stack["StackId"], set())}
    cloudformation.execute_change_set(ChangeSetName=change_set, StackName=name)
    stack = wait(cloudformation, stack["StackId"], seen)
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events_since(cloudformation, stack["StackId"], set())
            if event.get("ResourceStatus", "").endswith("_FAILED") and event["EventId"] in seen
        ]
        raise DeployError("\n  ".join([f"Stack {name} is in {stack['StackStatus']}.", *reasons]))


def forget(cloudformation: "CloudFormationClient", change_set: str | None) -> None:
    """Take back the change set that a dry run left."""
    if change_set is not None:
        cloudformation.delete_change_set(ChangeSetName=change_set)
        say("Dry run: nothing was changed but what lies in the bucket until the stack names it")


def environment(stack: "StackTypeDef") -> dict[str, str]:
    """Return the stack's outputs as environment variables: RawBucket becomes COFFEE_SHOP_RAW_BUCKET."""
    return {
        "COFFEE_SHOP_" + re.sub(r"(?<!^)(?=[A-Z])", "_", one["OutputKey"]).upper(): one["OutputValue"]
        for one in stack.get("Outputs", [])
    }


def write_environment(path: Path, variables: Mapping[str, str]) -> bool:
    """Write the variables to a file, a line each; return whether the file is another than before."""
    text = "# written by infrastructure.deploy from the stack's outputs\n"
    text += "".join(f"{name}={value}\n" for name, value in variables.items())
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".new")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
    return True
