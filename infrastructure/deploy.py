"""Make or update the stack, put scripts and code in place, and write the names that the DAGs need.

    python -m infrastructure.deploy --stack coffee-shop --env-file .local/coffee_shop.env
    python -m infrastructure.deploy --environment production

AWS_ENDPOINT_URL decides whether that is the local AWS or AWS itself. Safe to run twice: what is as it should be stays.
The template is larger than a call may be and Lambda's code has to be there first, so a new stack begins as its
artifacts bucket alone and becomes whole by an update.
"""

import argparse
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import artifacts, package, start_load
from infrastructure.console import DeployError, say
from infrastructure.stack import (
    carry_out,
    environment,
    events_since,
    find_stack,
    forget,
    make_ready,
    plan,
    wait,
    write_environment,
)
from infrastructure.template import TEMPLATE, beginning, compact, parameters, read_template, with_static_names

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

ENVIRONMENTS = Path(__file__).with_name("environments")
TEMPLATE_KEY = "template/template.json"
DAGS_PREFIX = "mwaa/dags/"
VERSIONS = {
    "mwaa/requirements.txt": "RequirementsVersion",
    "mwaa/plugins.zip": "PluginsVersion",
    "mwaa/startup.sh": "StartupVersion",
}
FILES_SHOWN = 10
DAGS = (
    "coffee_shop_load",
    "coffee_shop_daily_report",
    "coffee_shop_weekly_report",
    "coffee_shop_monthly_report",
    "coffee_shop_upload_report",
)
STACK_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")  # bucket names are <stack>-artifacts-<account>, 63 characters at most


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
        settings = read_environment(found.environment, ENVIRONMENTS) if found.environment is not None else {}
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
    if not _begin(cloudformation, options, template):
        return
    bucket = f"{options.stack}-artifacts-{account}"
    named, live = files_to_upload(options, template)
    changed = artifacts.different(s3, bucket, {**named, **live})
    gone = dags_to_remove(s3, bucket, live)
    say_files(bucket, len(named) + len(live), list(changed), gone)
    artifacts.upload(s3, bucket, {key: body for key, body in changed.items() if key in named})
    given = {**options.given, **code_parameters(s3, bucket, named, options.given)}
    url = f"{s3.meta.endpoint_url}/{bucket}/{TEMPLATE_KEY}"
    change_set = plan(cloudformation, options.stack, template, given, url)
    if options.dry_run:
        forget(cloudformation, change_set)
        return
    if options.given.get("CreateMwaa") == "yes" and not artifacts.keys_below(s3, bucket, DAGS_PREFIX):
        artifacts.upload(s3, bucket, {key: body for key, body in live.items() if key.startswith(DAGS_PREFIX)})
    if change_set:
        carry_out(cloudformation, options.stack, change_set)
    artifacts.upload(s3, bucket, {key: body for key, body in changed.items() if key in live})
    artifacts.delete(s3, bucket, gone)
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


def files_to_upload(
    options: argparse.Namespace, template: Mapping[str, Any]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what goes into the artifacts bucket, by key: what works once the stack names it, and what works at once.

    The first can be uploaded before the stack changes, the second (the jobs' scripts, the DAGs) only after. The package
    for MWAA is part of a deploy by environment, also for an Airflow that takes it from there by other ways.
    """
    key, function = artifacts.start_load_zip(artifacts.START_LOAD)
    wanted = options.environment or options.given.get("CreateMwaa") == "yes"
    made = {f"mwaa/{name}": body for name, body in package.build().items()} if wanted else {}
    dags = {name: body for name, body in made.items() if name.startswith(DAGS_PREFIX)}
    installed = {name: body for name, body in made.items() if name not in dags}
    named = {key: function, TEMPLATE_KEY: compact(template).encode(), **installed}
    return named, artifacts.scripts(artifacts.SCRIPTS) | dags


def dags_to_remove(s3: "S3Client", bucket: str, live: Mapping[str, bytes]) -> list[str]:
    """Return the keys of DAGs and their files that the package no longer has; none when no package is uploaded."""
    if not any(key.startswith(DAGS_PREFIX) for key in live):
        return []
    return [key for key in artifacts.keys_below(s3, bucket, DAGS_PREFIX) if key not in live]


def say_files(bucket: str, files: int, changed: list[str], gone: list[str]) -> None:
    """Show which files will be uploaded and removed; of many, the first."""
    if not changed and not gone:
        say(f"Files in s3://{bucket}: all {files} as they are")
        return
    say(f"Files in s3://{bucket}: {len(changed)} of {files} will be uploaded, {len(gone)} removed")
    for key in changed[:FILES_SHOWN]:
        say(f"  Upload   {key}")
    if len(changed) > FILES_SHOWN:
        say(f"  and {len(changed) - FILES_SHOWN} more")
    for key in gone:
        say(f"  REMOVE   {key}")


def code_parameters(
    s3: "S3Client", bucket: str, named: Mapping[str, bytes], given: Mapping[str, str]
) -> dict[str, str]:
    """Return the template's parameters that name what was uploaded."""
    found = {"StartLoadKey": next(key for key in named if key.startswith("lambda/"))}
    if given.get("CreateMwaa") == "yes":
        found |= {parameter: s3.head_object(Bucket=bucket, Key=key)["VersionId"] for key, parameter in VERSIONS.items()}
    return found


def what_is_next(variables: Mapping[str, str], given: Mapping[str, str]) -> str:
    """Return the deploy's last words: what to do until the first mail comes."""
    lines = []
    if secret := variables.get("COFFEE_SHOP_AIRFLOW_SECRET"):
        lines.append(f"Put user name and password of an Airflow user into {secret}, see docs/deploying.md.")
    if given.get("CreateMwaa") != "yes":
        place = f"s3://{variables['COFFEE_SHOP_ARTIFACTS_BUCKET']}/mwaa/"
        lines.append(f"Bring DAGs and plugins from {place} (or `make package`) to your Airflow,")
        lines.append("with the COFFEE_SHOP_* names above in its environment.")
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
    gone = [f"{name}-{role}-{account}" for role in ("artifacts", "results")]
    kept = ", ".join(f"{name}-{role}-{account}" for role in ("raw", "clean", "conform", "reports", "state"))
    say(f"Stack {name}: will be removed, with {' and '.join(gone)} and what is in them")
    for bucket in gone:
        artifacts.empty(s3, bucket)
    seen = {event["EventId"] for event in events_since(cloudformation, stack["StackId"], set())}
    cloudformation.delete_stack(StackName=stack["StackId"])
    stack = wait(cloudformation, stack["StackId"], seen)
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise DeployError(f"Stack {name} is in {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")
    say(f"Stack {name} is removed. These buckets stay, and the next deploy of the same name takes them over: {kept}")


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
