"""What the corrections are for is still so in plain ministack. A failure here says: it was mended, drop the correction."""

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from local_aws import hooks
from tests.local_aws.corrections.conftest import (
    ACCOUNT,
    as_role,
    clients,
    deploy,
    ended,
    function,
    messages,
    role,
    until,
)

FAILS = "import logging\ndef handler(*_):\n    logging.getLogger().warning('seen')\n    raise LookupError('no')\n"
NEVER = {"Never": {"Fn::Equals": ["a", "b"]}}


@pytest.fixture(scope="module")
def stack(plain):
    """A stack with what CloudFormation drops or makes otherwise, and a rule that hears a bucket."""
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    bucket = {"BucketName": "dropped", "VersioningConfiguration": {"Status": "Enabled"}}
    bucket["LifecycleConfiguration"] = {"Rules": [{"Id": "a", "Status": "Enabled", "ExpirationInDays": 1}]}
    bucket["NotificationConfiguration"] = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    worker = {"FunctionName": "dropped", "Runtime": "python3.12", "Handler": "index.handler", "Role": "r"}
    worker |= {"Code": {"ZipFile": "def handler(*_): pass"}, "DeadLetterConfig": {"TargetArn": queue}}
    rule = {"Name": "dropped", "EventPattern": {"source": ["aws.s3"]}, "Targets": [{"Id": "q", "Arn": queue}]}
    properties = {
        "S3::Bucket": bucket,
        "Glue::Job": {"Name": "dropped", "Role": "r", "Command": {"Name": "glueetl"}, "Timeout": {"Ref": "Count"}},
        "SQS::Queue": {"QueueName": "dropped"},
        "Lambda::Function": worker,
        "SecretsManager::Secret": {"Name": "dropped"},
        "Events::Rule": rule,
        "EC2::VPC": {"CidrBlock": "10.0.0.0/24"},
    }
    resources = {name.split("::")[1]: {"Type": f"AWS::{name}", "Properties": part} for name, part in properties.items()}
    return deploy(plain, "dropped", resources, {"Secret": {"Ref": "Secret"}})


def change_set(plain, name, resources):
    call = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "CREATE", "ImportExistingResources": True}
    template = {"Resources": resources, "Conditions": NEVER}
    return plain("cloudformation").create_change_set(**call, TemplateBody=json.dumps(template))["Id"]


@pytest.mark.parametrize("key", [("tests", "wrong"), ("test", "x"), ("111122223333", "x")])
def test_the_root_users_signature_is_not_checked(plain, key):
    assert clients(plain("sts").meta.endpoint_url, *key)("s3").list_buckets()


def test_this_machine_is_not_encrypted(plain):
    plain("s3").create_bucket(Bucket="tls")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    plain("s3").put_bucket_policy(Bucket="tls", Policy=json.dumps({"Statement": [deny]}))
    lists = role(plain, "lists", {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::tls"})
    with pytest.raises(ClientError, match="explicit deny"):
        as_role(plain, lists)("s3").list_objects_v2(Bucket="tls")


def test_operations_of_glue_are_unknown(plain):
    partitions = {"DatabaseName": "d", "TableName": "t", "PartitionsToDelete": []}
    for operation, call in (("list_jobs", {}), ("list_crawlers", {}), ("batch_delete_partition", partitions)):
        with pytest.raises(ClientError, match="Unknown Glue action"):
            getattr(plain("glue"), operation)(**call)


def test_a_network_is_made_and_much_else_dropped(plain, stack):
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        plain("s3").get_bucket_lifecycle_configuration(Bucket="dropped")
    assert plain("glue").get_job(JobName="dropped")["Job"]["Timeout"] == "7"
    assert "DeadLetterConfig" not in plain("lambda").get_function_configuration(FunctionName="dropped")
    assert stack["Secret"] == "dropped"


def test_change_sets_know_no_classifiers_count_false_conditions_and_take_over_no_bucket(plain):
    classifier = {"Type": "AWS::Glue::Classifier", "Properties": {"CsvClassifier": {"Name": "c"}}}
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Glue::Classifier\]$"):
        change_set(plain, "classified", {"C": classifier})
    arn = change_set(plain, "conditional", {"A": {"Type": "AWS::SNS::Topic", "Condition": "Never"}})
    assert len(plain("cloudformation").describe_change_set(ChangeSetName=arn)["Changes"]) == 1
    plain("s3").create_bucket(Bucket="kept")
    bucket = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "kept"}}
    plain("cloudformation").execute_change_set(ChangeSetName=change_set(plain, "taking", {"B": bucket}))
    assert ended(plain, "taking")["StackStatus"] == "ROLLBACK_COMPLETE"


def test_lambda_logs_without_asking_and_its_keys_can_be_guessed(plain):
    arn = function(plain, "fails", FAILS, role(plain, "fails"))
    plain("lambda").invoke(FunctionName="fails", Payload=b"{}")
    lines = plain("logs").filter_log_events(logGroupName="/aws/lambda/fails")["events"]
    assert not [line for line in lines if line["message"].startswith("[WARNING]")]
    digest = hashlib.sha256(f"{arn}:arn:aws:iam::{ACCOUNT}:role/fails".encode()).hexdigest()
    names = [hashlib.sha256(f"{kind}:{digest}".encode()).hexdigest() for kind in ("secret", "token")]
    guessed = clients(plain("sts").meta.endpoint_url, f"ASIA{digest[:16].upper()}", *names)
    assert guessed("sts").get_caller_identity()["Arn"].endswith("assumed-role/fails/fails")


def test_events_name_no_version_ask_nobody_and_are_tried_once(plain, stack):
    plain("sqs").create_queue(QueueName="letters")
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:letters"
    worker = function(plain, "once", FAILS, role(plain, "once"), DeadLetterConfig={"TargetArn": arn})
    plain("events").put_targets(Rule="dropped", Targets=[{"Id": "f", "Arn": worker, "DeadLetterConfig": {"Arn": arn}}])
    plain("s3").put_object(Bucket="dropped", Key="a", Body=b"a")
    (event,) = until(lambda: messages(plain, "dropped"))
    assert "version-id" not in json.loads(event["Body"])["detail"]["object"]
    until(lambda: "/aws/lambda/once" in str(plain("logs").describe_log_groups()))
    assert messages(plain, "letters") == []
    plain("lambda").invoke(FunctionName="once", InvocationType="Event", Payload=b'{"a": 1}')
    (letter,) = until(lambda: messages(plain, "letters"))
    assert json.loads(letter["Body"])["requestPayload"] == {"a": 1}


def test_a_mail_has_no_limits(plain):
    plain("ses").verify_domain_identity(Domain="trees.example")
    raw = {"Data": b"From: a@trees.example\nTo: b@c.de\n\n" + b"x" * 11_000_000}
    assert plain("ses").send_raw_email(RawMessage=raw, Destinations=["b@c.de"] * 51)["MessageId"]


def test_a_function_that_ministack_has_moved_is_not_replaced():
    with pytest.raises(AttributeError, match="json has no lods: has ministack been upgraded"):
        hooks.replace(json, "lods", json.loads)
