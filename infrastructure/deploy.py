"""Make or update the stack, put scripts and code in place, and write the names that the DAGs need.

    python -m infrastructure.deploy --stack coffee-shop --env-file .local/coffee_shop.env
    python -m infrastructure.deploy --environment production

AWS_ENDPOINT_URL decides whether that is the local AWS or AWS itself. Safe to run twice: what is as it should be stays.
The template is larger than a call may be and Lambda's code has to be there first, so a new stack begins as its
artifacts bucket alone and becomes whole by an update.
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

from infrastructure import start_load

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
START_LOAD = ROOT / "infrastructure" / "start_load.py"
ENVIRONMENTS = ROOT / "infrastructure" / "environments"
DIST = ROOT / "dist"
MWAA_FILES = {
    "requirements.txt": "RequirementsVersion",
    "plugins.zip": "PluginsVersion",
    "startup.sh": "StartupVersion",
}
FIRST = ("ArtifactsBucket", "ArtifactsBucketPolicy")
TEMPLATE_KEY = "template/template.json"
DAGS = (
    "coffee_shop_load",
    "coffee_shop_daily_report",
    "coffee_shop_weekly_report",
    "coffee_shop_monthly_report",
    "coffee_shop_upload_report",
)
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


# -------------------------------------------------------------------------------------------------------- scripts


def package_zip(folder: Path) -> bytes:
    """Return a package's files as a zip: the same bytes for the same files, on any machine and at any time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path.name.startswith("."):
                continue
            _add(archive, path.relative_to(folder.parent).as_posix(), path)
    return body.getvalue()


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # Unix, also when made elsewhere
    archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def scripts(folder: Path) -> dict[str, bytes]:
    """Return what the jobs need in the artifacts bucket, by key: each script, and the package that they share.

    Raises:
        DeployError: there is no script.
    """
    found = {f"{PREFIX}{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    if not found:
        raise DeployError(f"There is no job script in {folder}.")
    return found | {f"{PREFIX}{PACKAGE}.zip": package_zip(folder / PACKAGE)}


def start_load_zip(path: Path) -> tuple[str, bytes]:
    """Return key and bytes of the Lambda's code. Other code has another key, so that Lambda takes it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _add(archive, path.name, path)
    return f"lambda/{path.stem}-{_digest(body.getvalue())[:16]}.zip", body.getvalue()


def mwaa_files(dist: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what `make package` made, by key: what the environment installs, and the DAGs.

    Raises:
        DeployError: something is not there.
    """
    lost = [name for name in (*MWAA_FILES, "dags") if not (dist / name).exists()]
    if lost:
        raise DeployError(f"{', '.join(lost)} is not in {dist}. Type `make package` first.")
    dags = {path.relative_to(dist / "dags").as_posix(): path for path in sorted((dist / "dags").rglob("*"))}
    return (
        {f"mwaa/{name}": (dist / name).read_bytes() for name in MWAA_FILES},
        {f"mwaa/dags/{name}": path.read_bytes() for name, path in dags.items() if path.is_file()},
    )


def upload_installed(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Upload what MWAA installs; return the template's parameters that name the versions."""
    upload(s3, bucket, files)
    return {
        parameter: s3.head_object(Bucket=bucket, Key=f"mwaa/{name}")["VersionId"]
        for name, parameter in MWAA_FILES.items()
    }


def upload_dags(s3: "S3Client", bucket: str, files: Mapping[str, bytes]) -> list[str]:
    """Upload the DAGs that differ and remove those that are no longer there; return the keys."""
    changed = upload(s3, bucket, files)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="mwaa/dags/")
    old = [one["Key"] for page in pages for one in page.get("Contents", []) if one["Key"] not in files]
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return changed + old


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
    """Read the command line; an environment's file gives what the command line does not."""
    parser = argparse.ArgumentParser(
        prog="python -m infrastructure.deploy",
        description="Make or update the stack, upload scripts and code, write the names that the DAGs need.",
        epilog="AWS_ENDPOINT_URL sends it to the local AWS; else it goes to AWS with boto3's credentials and region.",
    )
    parser.add_argument("--stack", help="name of the stack (default: coffee-shop)")
    parser.add_argument(
        "--environment", metavar="NAME", help="take stack and parameters from infrastructure/environments/NAME.yaml"
    )
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
    parser.add_argument("--remove", action="store_true", help="remove the stack; the buckets with data stay")
    found = parser.parse_args(words)
    if any("=" not in pair for pair in found.parameter):
        parser.error("--parameter: expected NAME=VALUE")
    try:
        settings = read_environment(found.environment) if found.environment is not None else {}
    except DeployError as error:
        parser.error(str(error))
    found.stack = found.stack or settings.get("stack", "coffee-shop")
    found.given = settings.get("parameters", {}) | dict(pair.split("=", 1) for pair in found.parameter)
    if not STACK_NAME.fullmatch(found.stack):
        parser.error(f"--stack {found.stack}: lower-case letters, digits and hyphens, first a letter, at most 30")
    return found


def read_environment(name: str, folder: Path = ENVIRONMENTS) -> dict[str, Any]:
    """Return an environment's settings: `stack`, a text, and `parameters`, texts by name.

    Raises:
        DeployError: there is no such file, or something else is in it.
    """
    path = folder / f"{name}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in folder.glob("*.yaml")))
        raise DeployError(f"There is no environment {name!r} in {folder}: expected one of {there}, or a new file.")
    found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if not isinstance(found, dict) or found.keys() - {"stack", "parameters"}:
        raise DeployError(f"{path}: expected nothing but `stack` and `parameters`.")
    given = found.get("parameters") or {}
    for parameter, value in given.items():
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise DeployError(f"{path}: {parameter}: expected a text or a whole number, found {value!r}; quote it.")
    return found | {"parameters": {parameter: str(value) for parameter, value in given.items()}}


def deploy(options: argparse.Namespace) -> None:
    """Do what the command line asks for.

    Raises:
        DeployError: what failed, in words.
    """
    session = boto3.Session()
    cloudformation, s3 = session.client("cloudformation"), session.client("s3")
    account = session.client("sts").get_caller_identity()["Account"]
    say(f"Stack {options.stack} in {account}, {session.region_name}, at {os.environ.get('AWS_ENDPOINT_URL', 'AWS')}")
    if options.remove:
        remove(cloudformation, s3, options.stack, account)
        return
    template = with_static_names(read_template(options.template), options.stack, account)
    if options.given.get("CreateMwaa") == "yes":
        mwaa_files(DIST)  # that the package is missing is said before anything is made
    if not _begin(cloudformation, options, template):
        return
    bucket = f"{options.stack}-artifacts-{account}"
    given, dags = _bring_code(s3, bucket, options.given)
    upload(s3, bucket, {TEMPLATE_KEY: compact(template).encode()})
    url = f"{s3.meta.endpoint_url}/{bucket}/{TEMPLATE_KEY}"
    change_set = plan(cloudformation, options.stack, template, given, url)
    if options.dry_run:
        _forget(cloudformation, change_set)
        return
    if change_set:
        carry_out(cloudformation, options.stack, change_set)
    _finish(s3, bucket, dags)
    variables = environment(cloudformation.describe_stacks(StackName=options.stack)["Stacks"][0])
    if options.env_file:
        written = write_environment(options.env_file, variables)
        say(f"Names: {options.env_file} {'written' if written else 'as it was'}")
    else:
        for name, value in variables.items():
            say(f"  {name}={value}")
    if options.environment:
        say(what_is_next(variables, options.given))


def _begin(cloudformation: "CloudFormationClient", options: argparse.Namespace, template: Mapping[str, Any]) -> bool:
    """Make a stack that is not there yet, with its first bucket; return whether to go on."""
    if make_ready(cloudformation, options.stack) is not None:
        return True
    if options.dry_run:
        parameters(template, options.stack, options.given, set())  # a wrong name is said now
        say(f"Stack {options.stack}: would be made, with")
        for name, part in template["Resources"].items():
            condition = f"  (if {part['Condition']})" if "Condition" in part else ""
            say(f"  Add      {part['Type']:<26} {name}{condition}")
        say("Dry run: nothing was changed")
        return False
    say("First the bucket for scripts, code and template, then the rest")
    change_set = plan(cloudformation, options.stack, beginning(template), options.given)
    if change_set:
        carry_out(cloudformation, options.stack, change_set)
    return True


def _bring_code(s3: "S3Client", bucket: str, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Upload what the stack's resources are made of; return all parameters, and the DAGs for later.

    None of it works before the stack names it. The DAGs would, so they wait for the stack; but a new environment is
    made on DAGs that are there.
    """
    key, body = start_load_zip(START_LOAD)
    upload(s3, bucket, {key: body})
    code = {"StartLoadKey": key}
    if given.get("CreateMwaa") != "yes":
        return {**given, **code}, {}
    installed, dags = mwaa_files(DIST)
    code |= upload_installed(s3, bucket, installed)
    if not s3.list_objects_v2(Bucket=bucket, Prefix="mwaa/dags/", MaxKeys=1).get("KeyCount"):
        upload_dags(s3, bucket, dags)
    return {**given, **code}, dags


def _finish(s3: "S3Client", bucket: str, dags: Mapping[str, bytes]) -> None:
    """Put in place what works from that moment on: the jobs' scripts, and MWAA's DAGs."""
    files = scripts(SCRIPTS)
    uploaded = upload(s3, bucket, files)
    say(f"Scripts: {len(files)} in s3://{bucket}/{PREFIX}, uploaded {', '.join(uploaded) or 'none, all as they were'}")
    if dags:
        changed = upload_dags(s3, bucket, dags)
        say(f"DAGs: {len(dags)} files in s3://{bucket}/mwaa/dags/, {len(changed)} of them new, changed or removed")


def what_is_next(variables: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return the deploy's last words: what to do until the first mail comes."""
    lines = []
    if secret := variables.get("COFFEE_SHOP_AIRFLOW_SECRET"):
        lines.append(f"Put user name and password of an Airflow user into {secret}, see docs/deploying.md.")
    if given.get("CreateMwaa") != "yes":
        lines.append("Bring the DAGs to your Airflow, with the COFFEE_SHOP_* names above in its environment.")
    found = paused_dags(given, variables)
    if found is None:
        lines.append(f"Airflow does not answer (yet). It keeps new DAGs paused: {', '.join(DAGS)}.")
    elif found:
        lines.append(f"Paused: {', '.join(found)}.")
    else:
        lines.append("No DAG is paused.")
    lines += [
        "Turn a DAG on with its switch in Airflow's UI, or: airflow dags unpause <DAG>. First coffee_shop_load.",
        "A report DAG that is turned on reports the last whole period: the first scheduled mail then comes at once.",
        "Check the addresses in the Airflow Variable coffee_shop before.",
    ]
    return "\n".join(lines)


def paused_dags(given: Mapping[str, str], variables: Mapping[str, str]) -> list[str] | None:
    """Ask Airflow which of our DAGs are paused; None when it does not answer or does not know them yet."""
    name = variables["COFFEE_SHOP_STACK"] if given.get("CreateMwaa") == "yes" else given.get("MwaaEnvironmentName")
    secret = variables.get("COFFEE_SHOP_AIRFLOW_SECRET") or given.get("AirflowSecretArn", "")
    try:
        if name:
            airflow: start_load.Airflow = start_load.MwaaAirflow(name)
        elif given.get("AirflowUrl"):
            airflow = start_load.UrlAirflow(given["AirflowUrl"], secret)
        else:
            return None
        known = {
            one["dag_id"]: one["is_paused"] for one in airflow.call("GET", "/dags", {"limit": "100"}, None)["dags"]
        }
    except (start_load.AirflowError, ClientError, BotoCoreError, OSError, ValueError, KeyError):
        return None
    return [name for name in DAGS if known[name]] if known.keys() >= set(DAGS) else None


def remove(cloudformation: "CloudFormationClient", s3: "S3Client", name: str, account: str) -> None:
    """Empty the buckets that go with the stack and remove it; those with data stay.

    Raises:
        DeployError: there is no such stack, or it could not be removed.
    """
    stack = find_stack(cloudformation, name)
    if stack is None:
        raise DeployError(f"There is no stack {name}.")
    for role in ("artifacts", "results"):
        empty(s3, f"{name}-{role}-{account}")
    seen = {event["EventId"] for event in events_since(cloudformation, stack["StackId"], set())}
    cloudformation.delete_stack(StackName=stack["StackId"])
    stack = wait(cloudformation, stack["StackId"], seen)
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise DeployError(f"Stack {name} is in {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")
    kept = ", ".join(f"{name}-{role}-{account}" for role in ("raw", "clean", "conform", "reports", "state"))
    say(f"Stack {name} is removed. These buckets stay, and the next deploy of the same name takes them over: {kept}")


def empty(s3: "S3Client", bucket: str) -> None:
    """Delete all versions of all objects of a bucket, if it is there."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _forget(cloudformation: "CloudFormationClient", change_set: str | None) -> None:
    """Take back the change set that a dry run left."""
    if change_set is not None:
        cloudformation.delete_change_set(ChangeSetName=change_set)
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
