"""Every type: what the stack makes is there for its service's own API, changes in place, and goes.

One case a type: the properties it starts with, what the API then shows, the properties it is changed to, what it shows
then, and how the API says that it is gone.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from local_aws.cloudformation.resource_types import TYPES

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def allow(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


@dataclass
class Case:
    """first, then: properties. shown: reads them back through the API. physical_id: as the stack gives it."""

    type: str
    physical_id: str
    first: dict[str, Any]
    first_shown: Any
    then: dict[str, Any]
    then_shown: Any
    shown: Callable[[Any], Any]


def shown_bucket(aws):
    s3 = aws.client("s3")
    here = {"Bucket": "type-bed"}
    rules = _or_none(lambda: s3.get_bucket_lifecycle_configuration(**here)["Rules"])
    encryption = _or_none(lambda: s3.get_bucket_encryption(**here)["ServerSideEncryptionConfiguration"]["Rules"])
    ownership = _or_none(lambda: s3.get_bucket_ownership_controls(**here)["OwnershipControls"]["Rules"])
    return {
        "versions": s3.get_bucket_versioning(**here).get("Status"),
        "encryption": encryption and encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "block": _or_none(lambda: s3.get_public_access_block(**here)["PublicAccessBlockConfiguration"]),
        "bridge": _tells_event_bridge("type-bed"),
        "ownership": ownership and ownership[0]["ObjectOwnership"],
        "tags": _or_none(lambda: s3.get_bucket_tagging(**here)["TagSet"]),
        "rules": rules,
    }


def _tells_event_bridge(name):
    """Whether S3 hands its events on; moto's GetBucketNotificationConfiguration leaves that out."""
    notification = s3_backends[ACCOUNT]["aws"].buckets[name].notification_configuration
    return bool(notification and notification.event_bridge is not None)


def _or_none(call):
    try:
        return call()
    except ClientError:
        return None


BLOCK = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": False}
BUCKET = Case(
    type="AWS::S3::Bucket",
    physical_id="type-bed",
    first={
        "BucketName": "type-bed",
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {name: str(value).lower() for name, value in BLOCK.items()},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "Tags": [{"Key": "row", "Value": "1"}],
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "old",
                    "Status": "Enabled",
                    "Prefix": "old/",
                    "ExpirationInDays": "3",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 2},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                },
                {"Id": "markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": "true"},
            ]
        },
    },
    first_shown={
        "versions": "Enabled",
        "encryption": "AES256",
        "block": BLOCK,
        "bridge": True,
        "ownership": "BucketOwnerEnforced",
        "tags": [{"Key": "row", "Value": "1"}],
        "rules": [
            {
                "ID": "old",
                "Status": "Enabled",
                "Filter": {"Prefix": "old/"},
                "Expiration": {"Days": 3},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 2},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            {
                "ID": "markers",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Expiration": {"ExpiredObjectDeleteMarker": True},
            },
        ],
    },
    then={"BucketName": "type-bed", "Tags": [{"Key": "row", "Value": "2"}]},
    then_shown={
        "versions": "Suspended",
        "encryption": "AES256",  # S3 encrypts every bucket, told or not
        "block": None,
        "bridge": False,
        "ownership": None,
        "tags": [{"Key": "row", "Value": "2"}],
        "rules": None,
    },
    shown=shown_bucket,
)


def policy(sid: str) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::policed/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


BUCKET_POLICY = Case(
    type="AWS::S3::BucketPolicy",
    physical_id="policed",
    first={"Bucket": "policed", "PolicyDocument": policy("One")},
    first_shown=policy("One"),
    then={"Bucket": "policed", "PolicyDocument": policy("Two")},
    then_shown=policy("Two"),
    shown=lambda aws: json.loads(aws.client("s3").get_bucket_policy(Bucket="policed")["Policy"]),
)

DATABASE = Case(
    type="AWS::Glue::Database",
    physical_id="beds",
    first={"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "beds", "Description": "a", "Parameters": {"k": "v"}}},
    first_shown=("a", {"k": "v"}),
    then={"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "beds", "Description": "b"}},
    then_shown=("b", None),
    shown=lambda aws: (
        (found := aws.client("glue").get_database(Name="beds")["Database"]).get("Description"),
        found.get("Parameters") or None,
    ),
)


def table(columns: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "CatalogId": ACCOUNT,
        "DatabaseName": "outside",
        "TableInput": {
            "Name": "harvest",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
            "StorageDescriptor": {"Columns": columns, "Location": "s3://type-tools/harvest/"},
        },
    }


def shown_table(aws):
    found = aws.client("glue").get_table(DatabaseName="outside", Name="harvest")["Table"]
    return found["StorageDescriptor"]["Columns"], [key["Name"] for key in found["PartitionKeys"]]


TABLE = Case(
    type="AWS::Glue::Table",
    physical_id="harvest",
    first=table([{"Name": "kind", "Type": "string", "Comment": "what"}]),
    first_shown=([{"Name": "kind", "Type": "string", "Comment": "what"}], ["day"]),
    then=table([{"Name": "kind", "Type": "string"}, {"Name": "weight", "Type": "double"}]),
    then_shown=([{"Name": "kind", "Type": "string"}, {"Name": "weight", "Type": "double"}], ["day"]),
    shown=shown_table,
)

CLASSIFIER = Case(
    type="AWS::Glue::Classifier",
    physical_id="weighed",
    first={"CsvClassifier": {"Name": "weighed", "Delimiter": ";", "ContainsHeader": "PRESENT"}},
    first_shown=(";", "PRESENT"),
    then={"CsvClassifier": {"Name": "weighed", "Delimiter": ",", "ContainsHeader": "ABSENT"}},
    then_shown=(",", "ABSENT"),
    shown=lambda aws: (
        (found := aws.client("glue").get_classifier(Name="weighed")["Classifier"]["CsvClassifier"])["Delimiter"],
        found["ContainsHeader"],
    ),
)


def shown_crawler(aws):
    found = aws.client("glue").get_crawler(Name="snail")["Crawler"]
    return (
        [target["Path"] for target in found["Targets"]["S3Targets"]],
        found.get("Description", ""),
        found["SchemaChangePolicy"]["DeleteBehavior"],
        found["RecrawlPolicy"]["RecrawlBehavior"],
        found.get("TablePrefix") or "",
    )


CRAWLER = Case(
    type="AWS::Glue::Crawler",
    physical_id="snail",
    first={
        "Name": "snail",
        "Role": "type-digger",
        "DatabaseName": "outside",
        "Description": "slow",
        "TablePrefix": "x_",
        "Targets": {"S3Targets": [{"Path": "s3://type-tools/a/"}]},
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
    },
    first_shown=(["s3://type-tools/a/"], "slow", "LOG", "CRAWL_EVERYTHING", "x_"),
    then={
        "Name": "snail",
        "Role": "type-digger",
        "DatabaseName": "outside",
        "Targets": {"S3Targets": [{"Path": "s3://type-tools/a/"}, {"Path": "s3://type-tools/b/"}]},
    },
    then_shown=(
        ["s3://type-tools/a/", "s3://type-tools/b/"],
        "",
        "DEPRECATE_IN_DATABASE",
        "CRAWL_EVERYTHING",
        "",
    ),
    shown=shown_crawler,
)


def shown_job(aws):
    found = aws.client("glue").get_job(JobName="dig")["Job"]
    return (
        found["Command"]["ScriptLocation"],
        found["DefaultArguments"],
        found["NumberOfWorkers"],
        found["Timeout"],
        found["ExecutionProperty"].get("MaxConcurrentRuns"),
        found.get("Description") or "",
    )


def job(**more: Any) -> dict[str, Any]:
    script = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://type-tools/dig.py"}
    return {"Name": "dig", "Role": "type-digger", "Command": script, "GlueVersion": "5.1", "WorkerType": "G.1X", **more}


JOB = Case(
    type="AWS::Glue::Job",
    physical_id="dig",
    first=job(
        NumberOfWorkers="2",
        Timeout="10",
        MaxRetries=0,
        Description="deep",
        ExecutionProperty={"MaxConcurrentRuns": "1"},
        DefaultArguments={"--depth": 4},
    ),
    first_shown=("s3://type-tools/dig.py", {"--depth": "4"}, 2, 10, 1, "deep"),
    then=job(NumberOfWorkers=3, Timeout=20, ExecutionProperty={"MaxConcurrentRuns": 2}),
    then_shown=("s3://type-tools/dig.py", {}, 3, 20, 2, ""),
    shown=shown_job,
)


def shown_group(aws):
    group = aws.client("athena").get_work_group(WorkGroup="gardeners")["WorkGroup"]
    found = group["Configuration"]
    return (
        group["State"],
        group.get("Description", ""),
        found.get("EnforceWorkGroupConfiguration"),
        found.get("BytesScannedCutoffPerQuery"),
        found.get("ResultConfiguration", {}).get("OutputLocation"),
    )


WORKGROUP = Case(
    type="AWS::Athena::WorkGroup",
    physical_id="gardeners",
    first={
        "Name": "gardeners",
        "Description": "who ask",
        "WorkGroupConfiguration": {
            "EnforceWorkGroupConfiguration": "true",
            "BytesScannedCutoffPerQuery": "20000000",
            "ResultConfiguration": {"OutputLocation": "s3://type-tools/answers/"},
        },
    },
    first_shown=("ENABLED", "who ask", True, 20_000_000, "s3://type-tools/answers/"),
    then={
        "Name": "gardeners",
        "State": "DISABLED",
        "WorkGroupConfiguration": {
            "EnforceWorkGroupConfiguration": False,
            "ResultConfiguration": {"OutputLocation": "s3://type-tools/replies/"},
        },
    },
    then_shown=("DISABLED", "", False, None, "s3://type-tools/replies/"),
    shown=shown_group,
)


def shown_role(aws):
    iam = aws.client("iam")
    role = iam.get_role(RoleName="weeder")["Role"]
    names = iam.list_role_policies(RoleName="weeder")["PolicyNames"]
    return (
        role.get("Description", ""),
        role["AssumeRolePolicyDocument"]["Statement"],
        {name: iam.get_role_policy(RoleName="weeder", PolicyName=name)["PolicyDocument"] for name in names},
        [one["PolicyName"] for one in iam.list_attached_role_policies(RoleName="weeder")["AttachedPolicies"]],
    )


ROLE = Case(
    type="AWS::IAM::Role",
    physical_id="weeder",
    first={
        "RoleName": "weeder",
        "Description": "weeds",
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": [f"arn:aws:iam::{ACCOUNT}:policy/outside-policy"],
        "Policies": [
            {"PolicyName": "a", "PolicyDocument": allow("s3:GetObject")},
            {"PolicyName": "b", "PolicyDocument": allow("s3:PutObject")},
        ],
    },
    first_shown=(
        "weeds",
        TRUST["Statement"],
        {"a": allow("s3:GetObject"), "b": allow("s3:PutObject")},
        ["outside-policy"],
    ),
    then={
        "RoleName": "weeder",
        "AssumeRolePolicyDocument": TRUST | {"Statement": TRUST["Statement"] * 2},
        "Policies": [{"PolicyName": "b", "PolicyDocument": allow("s3:DeleteObject")}],
    },
    then_shown=("", TRUST["Statement"] * 2, {"b": allow("s3:DeleteObject")}, []),
    shown=shown_role,
)


def shown_managed_policy(aws):
    iam = aws.client("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:policy/pick"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    roles = [one["RoleName"] for one in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]]
    return found, roles, len(iam.list_policy_versions(PolicyArn=arn)["Versions"])


MANAGED_POLICY = Case(
    type="AWS::IAM::ManagedPolicy",
    physical_id=f"arn:aws:iam::{ACCOUNT}:policy/pick",
    first={"ManagedPolicyName": "pick", "PolicyDocument": allow("s3:GetObject")},
    first_shown=(allow("s3:GetObject"), [], 1),
    then={"ManagedPolicyName": "pick", "PolicyDocument": allow("s3:PutObject"), "Roles": ["type-digger"]},
    then_shown=(allow("s3:PutObject"), ["type-digger"], 1),
    shown=shown_managed_policy,
)

EMAIL_IDENTITY = Case(
    type="AWS::SES::EmailIdentity",
    physical_id="gardener@garden.example",
    first={"EmailIdentity": "gardener@garden.example"},
    first_shown="EMAIL_ADDRESS",
    then={"EmailIdentity": "gardener@garden.example"},
    then_shown="EMAIL_ADDRESS",
    shown=lambda aws: aws.client("sesv2").get_email_identity(EmailIdentity="gardener@garden.example")["IdentityType"],
)


def shown_rule(aws):
    events = aws.client("events")
    rule = events.describe_rule(Name="bell")
    targets = events.list_targets_by_rule(Rule="bell")["Targets"]
    return json.loads(rule["EventPattern"]), rule["State"], rule.get("Description"), {one["Id"] for one in targets}


QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:type-shed"
RULE = Case(
    type="AWS::Events::Rule",
    physical_id="bell",
    first={
        "Name": "bell",
        "Description": "rings",
        "EventPattern": {"source": ["garden"]},
        "Targets": [
            {"Id": "a", "Arn": QUEUE_ARN},
            {"Id": "b", "Arn": QUEUE_ARN, "RetryPolicy": {"MaximumRetryAttempts": "2"}},
        ],
    },
    first_shown=({"source": ["garden"]}, "ENABLED", "rings", {"a", "b"}),
    then={
        "Name": "bell",
        "EventPattern": {"source": ["garden", "shed"]},
        "State": "DISABLED",
        "Targets": [{"Id": "b", "Arn": QUEUE_ARN}],
    },
    then_shown=({"source": ["garden", "shed"]}, "DISABLED", "", {"b"}),
    shown=shown_rule,
)


def shown_function(aws):
    functions = aws.client("lambda")
    found = functions.get_function_configuration(FunctionName="rake")
    answer = functions.invoke(FunctionName="rake")["Payload"].read().decode()
    return (
        answer,
        found["Timeout"],
        found["MemorySize"],
        found.get("DeadLetterConfig", {}).get("TargetArn"),
        functions.get_function_concurrency(FunctionName="rake").get("ReservedConcurrentExecutions"),
        functions.list_tags(Resource=found["FunctionArn"])["Tags"],
    )


def function(name: str, code: str, **more: Any) -> dict[str, Any]:
    role = f"arn:aws:iam::{ACCOUNT}:role/type-runner"
    inline = {"ZipFile": code}
    return {"FunctionName": name, "Code": inline, "Role": role, "Runtime": "python3.12", "Handler": "index.run", **more}


FUNCTION = Case(
    type="AWS::Lambda::Function",
    physical_id="rake",
    first=function(
        "rake",
        "import os\ndef run(event, context):\n    return os.environ['WHERE']\n",
        Timeout="20",
        MemorySize="256",
        Environment={"Variables": {"WHERE": "lawn"}},
        DeadLetterConfig={"TargetArn": QUEUE_ARN},
        ReservedConcurrentExecutions="2",
        Tags=[{"Key": "row", "Value": "1"}],
    ),
    first_shown=('"lawn"', 20, 256, QUEUE_ARN, 2, {"row": "1"}),
    then=function(
        "rake",
        "import os\ndef run(event, context):\n    return sorted(os.environ.keys() & {'WHERE'})\n",
        Tags=[{"Key": "bed", "Value": "2"}],
    ),
    then_shown=("[]", 3, 128, None, None, {"bed": "2"}),
    shown=shown_function,
)


def shown_config(aws):
    found = aws.client("lambda").get_function_event_invoke_config(FunctionName="type-hoe")
    return (
        found.get("MaximumRetryAttempts"),
        found.get("MaximumEventAgeInSeconds"),
        found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
    )


CONFIG = Case(
    type="AWS::Lambda::EventInvokeConfig",
    physical_id="type-hoe|$LATEST",
    first={
        "FunctionName": "type-hoe",
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": "1",
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE_ARN}},
    },
    first_shown=(1, None, QUEUE_ARN),
    then={"FunctionName": "type-hoe", "Qualifier": "$LATEST", "MaximumEventAgeInSeconds": "60"},
    then_shown=(None, 60, None),
    shown=shown_config,
)


def shown_queue(aws):
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="pile")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    names = ("MessageRetentionPeriod", "VisibilityTimeout")
    redrive = json.loads(found["RedrivePolicy"])["maxReceiveCount"] if "RedrivePolicy" in found else None
    return *(found[name] for name in names), redrive, sqs.list_queue_tags(QueueUrl=url).get("Tags")


QUEUE = Case(
    type="AWS::SQS::Queue",
    physical_id=f"URL/{ACCOUNT}/pile",
    first={
        "QueueName": "pile",
        "MessageRetentionPeriod": "1209600",
        "VisibilityTimeout": 60,
        "RedrivePolicy": {"deadLetterTargetArn": QUEUE_ARN, "maxReceiveCount": 3},
        "Tags": [{"Key": "row", "Value": "1"}],
    },
    first_shown=("1209600", "60", 3, {"row": "1"}),
    then={"QueueName": "pile", "Tags": [{"Key": "bed", "Value": "2"}]},
    then_shown=("345600", "30", None, {"bed": "2"}),
    shown=shown_queue,
)


def shown_topic(aws):
    sns = aws.client("sns")
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
    found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    subscribed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    return found["DisplayName"], {one["Endpoint"] for one in subscribed}


def mail(address: str) -> dict[str, str]:
    return {"Protocol": "email", "Endpoint": address}


TOPIC = Case(
    type="AWS::SNS::Topic",
    physical_id=f"arn:aws:sns:us-east-1:{ACCOUNT}:news",
    first={"TopicName": "news", "DisplayName": "News", "Subscription": [mail("a@b.example"), mail("b@b.example")]},
    first_shown=("News", {"a@b.example", "b@b.example"}),
    then={"TopicName": "news", "Subscription": [mail("b@b.example"), mail("c@b.example")]},
    then_shown=("", {"b@b.example", "c@b.example"}),
    shown=shown_topic,
)


def shown_alarm(aws):
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=["frost"])["MetricAlarms"]
    names = ("MetricName", "Threshold", "Period", "EvaluationPeriods", "TreatMissingData", "AlarmActions")
    return *(alarm.get(name) for name in names), alarm["Dimensions"]


def alarm(**more: Any) -> dict[str, Any]:
    how = {"ComparisonOperator": "LessThanThreshold", "Statistic": "Minimum", "Period": "60", "EvaluationPeriods": 2}
    return {"AlarmName": "frost", "Namespace": "Garden", "MetricName": "Degrees", "Threshold": "0.5", **how, **more}


ALARM = Case(
    type="AWS::CloudWatch::Alarm",
    physical_id="frost",
    first=alarm(
        TreatMissingData="breaching",
        Dimensions=[{"Name": "Bed", "Value": "1"}],
        AlarmActions=[f"arn:aws:sns:us-east-1:{ACCOUNT}:type-news"],
    ),
    first_shown=(
        "Degrees",
        0.5,
        60,
        2,
        "breaching",
        [f"arn:aws:sns:us-east-1:{ACCOUNT}:type-news"],
        [{"Name": "Bed", "Value": "1"}],
    ),
    then=alarm(Threshold=2, Period="300"),
    then_shown=("Degrees", 2.0, 300, 2, None, [], []),
    shown=shown_alarm,
)


def shown_log_group(aws):
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix="/garden/diary")["logGroups"]
    if not found:
        raise ClientError({"Error": {"Code": "Gone"}}, "DescribeLogGroups")
    return found[0].get("retentionInDays")


LOG_GROUP = Case(
    type="AWS::Logs::LogGroup",
    physical_id="/garden/diary",
    first={"LogGroupName": "/garden/diary", "RetentionInDays": "30"},
    first_shown=30,
    then={"LogGroupName": "/garden/diary"},
    then_shown=None,
    shown=shown_log_group,
)

EVENT_CASES = [RULE, FUNCTION, CONFIG, QUEUE, TOPIC, ALARM, LOG_GROUP]
# those whose physical id is made up have tests of their own, in test_event_types.py
MADE_UP_IDS = {
    "AWS::Lambda::Permission",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
}

CASES = [
    BUCKET,
    BUCKET_POLICY,
    DATABASE,
    TABLE,
    CLASSIFIER,
    CRAWLER,
    JOB,
    WORKGROUP,
    ROLE,
    MANAGED_POLICY,
    EMAIL_IDENTITY,
    *EVENT_CASES,
]


def test_every_type_has_a_case():
    assert {case.type for case in CASES} == set(TYPES) - MADE_UP_IDS


@pytest.fixture(scope="module")
def outside(aws):
    """What the cases lean on and no stack has made."""
    aws.client("s3").create_bucket(Bucket="type-tools")
    aws.client("s3").create_bucket(Bucket="policed")
    aws.client("glue").create_database(DatabaseInput={"Name": "outside"})
    aws.client("iam").create_role(RoleName="type-digger", AssumeRolePolicyDocument=json.dumps(TRUST))
    aws.client("iam").create_policy(PolicyName="outside-policy", PolicyDocument=json.dumps(allow("s3:ListBucket")))
    iam = aws.client("iam")
    trust = json.loads(json.dumps(TRUST).replace("glue", "lambda"))
    role = iam.create_role(RoleName="type-runner", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="type-runner", PolicyName="all", PolicyDocument=json.dumps(allow("*")))
    aws.client("sqs").create_queue(QueueName="type-shed")
    aws.client("sns").create_topic(Name="type-news")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def run(event, context):\n    return event\n")
    aws.client("lambda").create_function(
        FunctionName="type-hoe",
        Role=role,
        Runtime="python3.12",
        Handler="index.run",
        Code={"ZipFile": code.getvalue()},
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_a_type_is_made_changed_and_removed(aws, outside, case):
    def template(properties):
        return {"Resources": {"X": {"Type": case.type, "Properties": properties}}}

    name = "type-" + case.type.replace("::", "-").lower()
    physical_id = case.physical_id.replace("URL", aws.url)
    stack = aws.create(name, template(case.first))
    assert stack["StackStatus"] == "CREATE_COMPLETE", aws.events(name)
    assert aws.ids(name) == {"X": physical_id}
    assert case.shown(aws) == case.first_shown

    if case.then != case.first:
        assert aws.update(name, template(case.then))["StackStatus"] == "UPDATE_COMPLETE", aws.events(name)
        assert aws.ids(name) == {"X": physical_id}
        assert case.shown(aws) == case.then_shown
        assert ("X", "UPDATE_COMPLETE") in aws.events(name)

    assert aws.delete(name)["StackStatus"] == "DELETE_COMPLETE", aws.events(name)
    with pytest.raises((ClientError, ValueError)):
        case.shown(aws)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_one_that_somebody_removed_is_no_hindrance_to_the_deletion(aws, outside, case):
    name = "lost-" + case.type.replace("::", "-").lower()
    aws.create(name, {"Resources": {"X": {"Type": case.type, "Properties": case.first}}})
    kind = TYPES[case.type]
    place = _place(aws)
    kind.delete(place, case.physical_id.replace("URL", aws.url), kind.form(case.first, "X"))
    assert aws.delete(name)["StackStatus"] == "DELETE_COMPLETE", aws.events(name)


def _place(aws):
    from local_aws.cloudformation.resource_types.base import Place

    return Place(ACCOUNT, "us-east-1", "aws", "lost", "arn:lost", aws.url)


@pytest.mark.parametrize(
    ("kind", "properties", "attribute", "expected"),
    [
        ("AWS::S3::Bucket", {"BucketName": "att-bed"}, "Arn", "arn:aws:s3:::att-bed"),
        ("AWS::S3::Bucket", {"BucketName": "att-bed"}, "DomainName", "att-bed.s3.amazonaws.com"),
        ("AWS::S3::Bucket", {"BucketName": "att-bed"}, "RegionalDomainName", "att-bed.s3.us-east-1.amazonaws.com"),
        (
            "AWS::IAM::Role",
            {"RoleName": "att", "Path": "/p/", "AssumeRolePolicyDocument": TRUST},
            "Arn",
            f"arn:aws:iam::{ACCOUNT}:role/p/att",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            {"ManagedPolicyName": "att", "PolicyDocument": allow("s3:GetObject")},
            "PolicyArn",
            f"arn:aws:iam::{ACCOUNT}:policy/att",
        ),
    ],
)
def test_attributes(aws, kind, properties, attribute, expected):
    body = {
        "Resources": {"X": {"Type": kind, "Properties": properties}},
        "Outputs": {"Out": {"Value": {"Fn::GetAtt": ["X", attribute]}}},
    }
    stack = aws.create("attributes", body)
    assert stack["Outputs"][0]["OutputValue"] == expected
    aws.delete("attributes")


def test_policies_that_are_too_long_are_refused_as_iam_does(aws):
    long = allow("s3:" + "x" * 6144)
    stack = aws.create(
        "wordy", {"Resources": {"X": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": long}}}}
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Cannot exceed quota for PolicySize: 6144" in aws.reason("wordy", "X", "CREATE_FAILED")
    inline = {"PolicyName": "p", "PolicyDocument": allow("s3:" + "x" * 10_240)}
    role = {"RoleName": "wordy", "AssumeRolePolicyDocument": TRUST, "Policies": [inline]}
    stack = aws.create("wordier", {"Resources": {"X": {"Type": "AWS::IAM::Role", "Properties": role}}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        aws.client("iam").get_role(RoleName="wordy")
