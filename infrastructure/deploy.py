"""Make or update the stack, put the jobs' scripts in place, and write the names that the DAGs need.

    python -m infrastructure.deploy --stack coffee-shop --env-file .local/coffee_shop.env

AWS_ENDPOINT_URL decides whether that is the local AWS or AWS itself. Safe to run twice: what is as it should be stays.
"""

import argparse
import copy
import datetime as dt
import hashlib
import io
import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        ChangeTypeDef,
        ParameterTypeDef,
        StackEventTypeDef,
        StackTypeDef,
    )
    from mypy_boto3_s3 import S3Client

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "infrastructure" / "template.yaml"
SCRIPTS = ROOT / "include" / "glue"
PACKAGE = "coffee_shop_jobs"
PREFIX = "glue/"
STACK_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")  # bucket names are <stack>-artifacts-<account>, 63 characters at most
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same files give the same bytes, whenever written
NOTHING_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
LIMIT_MINUTES = 60


class DeployError(Exception):
    """The deploy cannot go on; its words say why and what to do."""


def say(words: str) -> None:
    """Show one line of progress."""
    print(words, flush=True)  # noqa: T201  # this is a command


# ------------------------------------------------------------------------------------------------------- template


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


# ---------------------------------------------------------------------------------------------------------- stack


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
    cloudformation: "CloudFormationClient", name: str, template: Mapping[str, Any], given: Mapping[str, str]
) -> str | None:
    """Make a change set, show what it will do, and return its ARN; None when nothing is to change.

    Raises:
        DeployError: CloudFormation refuses the template or a parameter.
    """
    stack = make_ready(cloudformation, name)
    known = {one["ParameterKey"] for one in stack.get("Parameters", [])} if stack else set()
    body = json.dumps(template, separators=(",", ":"))  # compact: a template may have 51,200 bytes
    change_set = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}",
        ChangeSetType="UPDATE" if stack else "CREATE",
        TemplateBody=body,
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


# -------------------------------------------------------------------------------------------------------- scripts


def package_zip(folder: Path) -> bytes:
    """Return a package's files as a zip: the same bytes for the same files, on any machine and at any time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path.name.startswith("."):
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), ZIP_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, also when made elsewhere
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return body.getvalue()


def scripts(folder: Path) -> dict[str, bytes]:
    """Return what the jobs need in the artifacts bucket, by key: each script, and the package that they share.

    Raises:
        DeployError: there is no script.
    """
    found = {f"{PREFIX}{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    if not found:
        raise DeployError(f"There is no job script in {folder}.")
    return found | {f"{PREFIX}{PACKAGE}.zip": package_zip(folder / PACKAGE)}


def upload(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> list[str]:
    """Upload the files whose bytes differ from the bucket's; return their keys."""
    changed = {key: body for key, body in files.items() if _digest_there(s3, bucket, key) != _digest(body)}
    for key, body in changed.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"sha256": _digest(body)})
    return list(changed)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _digest_there(s3: "S3Client", bucket: str, key: str) -> str | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


# -------------------------------------------------------------------------------------------------------- outputs


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


# -------------------------------------------------------------------------------------------------------- command


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m infrastructure.deploy",
        description="Make or update the stack, upload the jobs' scripts, write the names that the DAGs need.",
        epilog="AWS_ENDPOINT_URL sends it to the local AWS; else it goes to AWS with boto3's credentials and region.",
    )
    parser.add_argument("--stack", default="coffee-shop", help="name of the stack (default: %(default)s)")
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template; the others keep what the stack has, else their default; repeatable",
    )
    parser.add_argument("--env-file", type=Path, metavar="PATH", help="write COFFEE_SHOP_* lines there")
    parser.add_argument("--template", type=Path, default=TEMPLATE, metavar="PATH", help="another template")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    found = parser.parse_args(words)
    if not STACK_NAME.fullmatch(found.stack):
        parser.error(f"--stack {found.stack}: lower-case letters, digits and hyphens, first a letter, at most 30")
    if any("=" not in pair for pair in found.parameter):
        parser.error("--parameter: expected NAME=VALUE")
    return found


def deploy(options: argparse.Namespace) -> None:
    """Do what the command line asks for.

    Raises:
        DeployError: what failed, in words.
    """
    session = boto3.Session()
    cloudformation = session.client("cloudformation")
    account = session.client("sts").get_caller_identity()["Account"]
    say(f"Stack {options.stack} in {account}, {session.region_name}, at {os.environ.get('AWS_ENDPOINT_URL', 'AWS')}")
    template = with_static_names(read_template(options.template), options.stack, account)
    given = dict(pair.split("=", 1) for pair in options.parameter)
    change_set = plan(cloudformation, options.stack, template, given)
    if options.dry_run:
        _forget(cloudformation, options.stack, change_set)
        return
    if change_set:
        carry_out(cloudformation, options.stack, change_set)
    stack = cloudformation.describe_stacks(StackName=options.stack)["Stacks"][0]
    variables = environment(stack)
    bucket = variables["COFFEE_SHOP_ARTIFACTS_BUCKET"]
    files = scripts(SCRIPTS)
    uploaded = upload(session.client("s3"), bucket, files)
    say(f"Scripts: {len(files)} in s3://{bucket}/{PREFIX}, uploaded {', '.join(uploaded) or 'none, all as they were'}")
    if options.env_file:
        written = write_environment(options.env_file, variables)
        say(f"Names: {options.env_file} {'written' if written else 'as it was'}")
    else:
        for name, value in variables.items():
            say(f"  {name}={value}")


def _forget(cloudformation: "CloudFormationClient", name: str, change_set: str | None) -> None:
    """Take back what a dry run left: the change set, and the empty stack that a first one makes."""
    if change_set is None:
        return
    cloudformation.delete_change_set(ChangeSetName=change_set)
    stack = find_stack(cloudformation, name)
    if stack and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        cloudformation.delete_stack(StackName=name)
    say("Dry run: nothing was changed")


def main() -> int:
    """Run the command; return its exit status."""
    try:
        deploy(arguments())
    except DeployError as error:
        sys.stderr.write(f"{error}\n")
    except (ClientError, BotoCoreError) as error:
        sys.stderr.write(f"AWS says: {error}\n")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
