"""Least privilege, shown: what the story's runs call is what the template's policies allow, and they allow no more.

Airflow works as a role that has the template's two managed policies, and the local AWS refuses what a role may not.
Besides, this test looks at its record of calls: every permission that a call needed is in a policy of the template, and
every permission of the template was needed by a call, except those of `NOT_SEEN`.
"""

import copy
import fnmatch
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infrastructure.template import TEMPLATE, read_template
from tests.dags.lake import not_green, query
from tests.dags.load.story import ACCOUNT_ID, AIRFLOW, APRIL, OWN_TRUST, STACK, Account, assumed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Needed = Mapping[str, Any]  # a permission in the record of calls: action, resource, context
Permission = tuple[str, str, str]  # policy, statement, action
Statement = Mapping[str, Any]

BUCKET = f"{STACK}-{{}}-{ACCOUNT_ID}"
CRAWLERS = ("raw-crawler", "clean-crawler", "conform-crawler")
JOBS = ("partition-data", "conform-tables", "conform-relations")

# Permissions that no call of this run needs, and why they are there all the same: policy, statement, action.
KILLED = "the operator's on_kill stops what a killed task has started"
CRAWLS = "Glue developer guide, Crawler prerequisites: which calls a crawler makes is not documented; AWSGlueServiceRole has glue:*"
RESULTS = "Athena user guide, Control access to Amazon S3 from Athena: large results are uploaded in parts"
NOT_SEEN = {
    ("airflow-load", "RunJobs", "glue:BatchStopJobRun"): KILLED,
    ("airflow-reports", "Query", "athena:StopQueryExecution"): KILLED,
    ("airflow-reports", "AthenaLooksForDefault", "glue:CreateDatabase"): (
        "Athena user guide, Configure access to databases and tables: must be there beside GetDatabase"
    ),
    ("airflow-reports", "ReadCatalog", "glue:GetPartition"): "Trino's client of Glue, for a single partition",
    ("airflow-reports", "ReadCatalog", "glue:BatchGetPartition"): "Trino's client of Glue, for partitions by name",
    ("airflow-reports", "WriteResults", "s3:AbortMultipartUpload"): RESULTS,
    ("airflow-reports", "WriteResults", "s3:ListMultipartUploadParts"): RESULTS,
    ("airflow-reports", "WriteReports", "s3:DeleteObject"): (
        "a mail that SES did not take, and a workbook that a report no longer has"
    ),
    (
        "partition-data",
        "ListVersions",
        "s3:ListBucket",
    ): "S3 says NoSuchVersion only to who may list: a version that is gone",
    **{
        (crawler, "KeepCatalog", f"glue:{one}"): CRAWLS
        for crawler in CRAWLERS
        for one in ("GetTables", "GetPartition", "BatchGetPartition", "UpdatePartition", "BatchUpdatePartition")
    },
}
# What of the template is not in this stack: there is no Amazon MWAA on a laptop.
ONLY_WITH_MWAA = {
    ("MwaaRole", "every statement"): "Amazon MWAA user guide, Amazon MWAA execution role",
    (
        "StartLoadRole",
        "CallMwaa",
    ): "Amazon MWAA user guide, Apache Airflow REST API access policy; tests/infrastructure stubs it",
}


# --- the record, against the policies


@pytest.fixture(scope="module")
def policies(account: Account, reported: Any) -> dict[str, list[Statement]]:
    """The template's policies, filled in by CloudFormation, by role without the stack's name; Airflow's two by theirs."""
    iam = account("iam")
    found = {}
    for one in account("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]:
        name = one["PhysicalResourceId"]
        if one["ResourceType"] == "AWS::IAM::Role":
            [own] = iam.list_role_policies(RoleName=name)["PolicyNames"]
            document = iam.get_role_policy(RoleName=name, PolicyName=own)["PolicyDocument"]
        elif one["ResourceType"] == "AWS::IAM::ManagedPolicy":
            version = iam.get_policy(PolicyArn=name)["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=name, VersionId=version)["PolicyVersion"]["Document"]
        else:
            continue
        found[name.rsplit("/", 1)[-1].removeprefix(f"{STACK}-")] = document["Statement"]
    return found


@pytest.fixture(scope="module")
def needed(reported: Any, home: Path) -> list[tuple[str, Needed]]:
    """What the calls of roles needed: the role's name, and each permission once."""
    found = {
        (role_of(line["caller"]), line["action"], line["resource"], str(line["context"])): line
        for line in calls(home)
        if role_of(line["caller"])
    }
    return [(role, line) for (role, *_), line in found.items()]


def calls(home: Path) -> list[Needed]:
    """Return the lines of the local AWS's record: each permission that a call needed, and whether it was allowed."""
    return [json.loads(line) for line in (home / "aws" / "permissions.jsonl").read_text().splitlines()]


def role_of(caller: str) -> str:
    """Return the role's name of arn:aws:sts::123456789012:assumed-role/name/session, else nothing."""
    kind, _, rest = caller.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def of_role(role: str) -> list[str]:
    """Return the names of a role's policies."""
    own = role.removeprefix(f"{STACK}-")
    return ["airflow-load", "airflow-reports"] if role == AIRFLOW.rpartition("/")[2] else [own]


def many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def allows(statement: Statement, action: str, needed: Needed) -> bool:
    """Tell whether a statement allows by one of its actions what a call needed.

    Written anew, not the local AWS's own. Source: IAM User Guide, "IAM JSON policy elements": Action, Resource, Condition
    (StringEquals is all that the template has here).
    """
    context, wanted = needed.get("context", {}), statement.get("Condition", {})
    assert statement["Effect"] == "Allow"
    assert set(wanted) <= {"StringEquals"}
    return (
        fnmatch.fnmatchcase(needed["action"].lower(), action.lower())
        and any(fnmatch.fnmatchcase(needed["resource"], one.replace("[", "[[]")) for one in many(statement["Resource"]))
        and all(context.get(key) in many(value) for key, value in wanted.get("StringEquals", {}).items())
    )


def permissions(
    policies: Mapping[str, list[Statement]], names: Iterable[str]
) -> Iterator[tuple[Permission, Statement]]:
    """Return every action of every statement of some policies."""
    for name in names:
        for statement in policies[name]:
            for action in many(statement["Action"]):
                yield (name, statement["Sid"], action), statement


def test_a_role_with_the_two_policies_makes_a_report(reported):
    assert not_green(reported) == {}


def test_every_call_is_allowed_by_the_template(needed, policies):
    missing = [
        (role, one["action"], one["resource"])
        for role, one in needed
        if not any(allows(statement, each[2], one) for each, statement in permissions(policies, of_role(role)))
    ]
    assert missing == []


def test_every_permission_is_needed_by_a_call_or_has_a_reason(needed, policies):
    used = {
        each
        for role, one in needed
        for each, statement in permissions(policies, of_role(role))
        if allows(statement, each[2], one)
    }
    every = {each for each, _ in permissions(policies, policies)}
    assert sorted(every - used - set(NOT_SEEN)) == []
    assert sorted(set(NOT_SEEN) - every) == []
    assert sorted(set(NOT_SEEN) & used) == []


def test_what_the_template_has_and_this_stack_has_not_is_known(policies):
    resources = read_template(TEMPLATE)["Resources"]
    roles = {name: part["Properties"] for name, part in resources.items() if part["Type"] == "AWS::IAM::Role"}
    absent = {
        (name, "every statement")
        for name, role in roles.items()
        if role["RoleName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") not in policies
    }
    chosen = {
        (name, statement["Fn::If"][1]["Sid"])
        for name, role in roles.items()
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if "Fn::If" in statement
    }
    assert absent | chosen == set(ONLY_WITH_MWAA)


def test_policies_fit_into_what_iam_takes(policies):
    """IAM User Guide, "IAM and AWS STS quotas": 6,144 characters of a managed policy, 10,240 of a role's inline ones."""
    for name, statements in policies.items():
        size = len(json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":")))
        assert size <= (6_144 if name.startswith("airflow-") else 10_240), name


# --- a permission less


@contextmanager
def without(account: Account, role: str, sid: str, action: str) -> Iterator[None]:
    """Take an action from a statement of a role's policy for a while."""
    iam, name = account("iam"), f"{STACK}-{role}"
    [own] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=name, PolicyName=own)["PolicyDocument"]
    iam.put_role_policy(RoleName=name, PolicyName=own, PolicyDocument=json.dumps(less(whole, sid, action)))
    yield
    iam.put_role_policy(RoleName=name, PolicyName=own, PolicyDocument=json.dumps(whole))


def less(document: Mapping[str, Any], sid: str, action: str) -> dict[str, Any]:
    """Return a policy without an action of a statement."""
    statements = copy.deepcopy(document["Statement"])
    [one] = [statement for statement in statements if statement["Sid"] == sid]
    assert action in many(one["Action"])
    one["Action"] = [each for each in many(one["Action"]) if each != action]
    return {**document, "Statement": [statement for statement in statements if statement["Action"]]}


@pytest.fixture(scope="module")
def before_publishing(account: Account, needed: list[Any]) -> None:
    """The ledger as the jobs of the second load saw it: with the one after it they would say that their plan is old."""
    s3, state = account("s3"), BUCKET.format("state")
    versions = s3.list_object_versions(Bucket=state, Prefix="ledger.json")["Versions"]
    bodies = [s3.get_object(Bucket=state, Key="ledger.json", VersionId=one["VersionId"])["Body"] for one in versions]
    ledgers = [json.loads(body.read()) for body in bodies]
    earlier = next(one for one in ledgers if one["revision"] < ledgers[0]["revision"])
    s3.put_object(Bucket=state, Key="ledger.json", Body=json.dumps(earlier).encode())


def run_again(account: Account, job: str) -> dict[str, Any]:
    """Run a job with the arguments of its last run; return the run."""
    glue, name = account("glue"), f"{STACK}-{job}"
    arguments = glue.get_job_runs(JobName=name)["JobRuns"][0]["Arguments"]
    run_id = glue.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]
    while (found := glue.get_job_run(JobName=name, RunId=run_id)["JobRun"])["JobRunState"] in ("STARTING", "RUNNING"):
        time.sleep(0.1)
    return dict(found)


@pytest.mark.parametrize(
    ("job", "sid", "action", "zone"),
    [
        ("partition-data", "ReadRaw", "s3:GetObjectVersion", "raw"),  # it reads by VersionId
        ("conform-tables", "ReadTargets", "s3:GetObject", "clean"),
        ("conform-relations", "WriteConform", "s3:PutObject", "conform"),
    ],
)
def test_without_a_permission_its_job_fails(account, before_publishing, home, job, sid, action, zone):
    with without(account, job, sid, action):
        failed = run_again(account, job)
    assert failed["JobRunState"] == "FAILED"
    assert "AccessDenied" in failed["ErrorMessage"]
    refused = {
        (role_of(one["caller"]), one["action"], one["resource"].partition("/")[0])
        for one in calls(home)
        if not one["allowed"] and one["at"] >= failed["StartedOn"].astimezone(UTC).isoformat()
    }
    assert refused == {(f"{STACK}-{job}", action, f"arn:aws:s3:::{BUCKET.format(zone)}")}


def test_without_reading_conform_a_report_s_query_fails(account, reported, stack):
    iam, arn = account("iam"), f"arn:aws:iam::{ACCOUNT_ID}:policy/{STACK}-airflow-reports"
    whole = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=whole)["PolicyVersion"]["Document"]
    narrow = json.dumps(less(document, "ReadTables", "s3:GetObject"))
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=narrow, SetAsDefault=True)["PolicyVersion"]
    sql = "select count(distinct customerno) from customer"
    with pytest.raises(AssertionError, match=r"PERMISSION_DENIED: .*not authorized to perform: s3:GetObject on"):
        query(boto3.client("athena"), sql, stack)
    # as ministack has no SetDefaultPolicyVersion, the whole policy becomes a version once more
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    assert query(boto3.client("athena"), sql, stack)


# --- and nothing besides

OUTSIDE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "raw-crawler": ("s3", "get_object", {"Bucket": BUCKET.format("clean"), "Key": "sales_reciept/x"}),
    "clean-crawler": ("glue", "get_tables", {"DatabaseName": "coffee_shop_conform"}),
    "conform-crawler": ("s3", "put_object", {"Bucket": BUCKET.format("conform"), "Key": "customer/x"}),
    "partition-data": ("s3", "put_object", {"Bucket": BUCKET.format("conform"), "Key": "customer/x"}),
    "conform-tables": ("s3", "get_object", {"Bucket": BUCKET.format("raw"), "Key": APRIL}),
    "conform-relations": ("s3", "put_object", {"Bucket": BUCKET.format("clean"), "Key": "sales_reciept/x"}),
    "start-load": ("sqs", "receive_message", {"QueueUrl": f"http://127.0.0.1/{ACCOUNT_ID}/{STACK}-dead-letters"}),
    "airflow": ("s3", "delete_object", {"Bucket": BUCKET.format("raw"), "Key": APRIL}),
}


def test_each_role_has_a_call_outside_it(policies):
    assert set(OUTSIDE) == {name for name in policies if not name.startswith("airflow-")} | {"airflow"}


@pytest.mark.parametrize("role", OUTSIDE)
def test_a_role_is_refused_what_is_not_its_own(account, reported, role):
    """To show it, the role is let be assumed by the account for a moment; its policies stay."""
    service, call, params = OUTSIDE[role]
    arn = AIRFLOW if role == "airflow" else f"arn:aws:iam::{ACCOUNT_ID}:role/{STACK}-{role}"
    with nullcontext() if role == "airflow" else trusting_the_account(account("iam"), f"{STACK}-{role}"):
        keys = assumed(account, arn, "outside")
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=account("sts").meta.endpoint_url,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
    )
    name = arn.rsplit("/", 1)[-1]
    refused = f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/outside is not authorized to perform: {service}:"
    with pytest.raises(ClientError, match=refused) as error:
        getattr(client, call)(**params)
    assert error.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


@contextmanager
def trusting_the_account(iam: Any, role: str) -> Iterator[None]:
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(OWN_TRUST))
    yield
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
