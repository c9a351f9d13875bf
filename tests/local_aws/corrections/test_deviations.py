"""What the corrections are for is still so in plain ministack. A failure here says: it was mended, drop the correction."""

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from local_aws import hooks
from tests.local_aws.conftest import ACCOUNT, wait_until
from tests.local_aws.corrections.conftest import deploy, ended, function, messages, tls_only

FAILS = "import logging\ndef handler(*_):\n    logging.getLogger().warning('seen')\n    raise LookupError('no')\n"


@pytest.fixture(scope="module")
def stack(plain):
    """A stack with what CloudFormation drops or makes otherwise, and a rule that hears a bucket."""
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    bucket = {"BucketName": "dropped", "VersioningConfiguration": {"Status": "Enabled"}}
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
    return deploy(plain, "dropped", properties, Secret={"Ref": "Secret"})


def change_set(plain, name, resources):
    call = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "CREATE", "ImportExistingResources": True}
    template = {"Resources": resources, "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    return plain.client("cloudformation").create_change_set(**call, TemplateBody=json.dumps(template))["Id"]


@pytest.mark.parametrize("key", ["tests", "test", "111122223333"])
def test_the_root_users_signature_is_not_checked(plain, key):
    assert plain.client("s3", {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "guess"}).list_buckets()


def test_this_machine_is_not_encrypted(plain):
    with pytest.raises(ClientError, match="explicit deny"):
        tls_only(plain, "tls").list_objects_v2(Bucket="tls")


def test_a_network_is_made_and_dead_letters_are_dropped(plain, stack):
    assert plain.client("glue").get_job(JobName="dropped")["Job"]["Timeout"] == "7"
    assert "DeadLetterConfig" not in plain.client("lambda").get_function_configuration(FunctionName="dropped")
    assert stack["Secret"] == "dropped"


def test_change_sets_know_no_classifiers_count_false_conditions_and_take_over_no_bucket(plain):
    classifier = {"Type": "AWS::Glue::Classifier", "Properties": {"CsvClassifier": {"Name": "c"}}}
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Glue::Classifier\]$"):
        change_set(plain, "classified", {"C": classifier})
    arn = change_set(plain, "conditional", {"A": {"Type": "AWS::SNS::Topic", "Condition": "Never"}})
    assert len(plain.client("cloudformation").describe_change_set(ChangeSetName=arn)["Changes"]) == 1
    plain.client("s3").create_bucket(Bucket="kept")
    bucket = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "kept"}}
    plain.client("cloudformation").execute_change_set(ChangeSetName=change_set(plain, "taking", {"B": bucket}))
    ended(plain, "taking", "ROLLBACK_COMPLETE")


def test_lambda_logs_without_asking_and_its_keys_can_be_guessed(plain):
    arn = function(plain, "fails", FAILS)
    plain.client("lambda").invoke(FunctionName="fails", Payload=b"{}")
    lines = plain.client("logs").filter_log_events(logGroupName="/aws/lambda/fails")["events"]
    assert not [line for line in lines if line["message"].startswith("[WARNING]")]
    digest = hashlib.sha256(f"{arn}:arn:aws:iam::{ACCOUNT}:role/fails".encode()).hexdigest()
    secret, token = (hashlib.sha256(f"{kind}:{digest}".encode()).hexdigest() for kind in ("secret", "token"))
    guessed = {"AWS_ACCESS_KEY_ID": f"ASIA{digest[:16].upper()}", "AWS_SECRET_ACCESS_KEY": secret}
    caller = plain.client("sts", guessed | {"AWS_SESSION_TOKEN": token}).get_caller_identity()
    assert caller["Arn"].endswith("assumed-role/fails/fails")


def test_events_name_no_version_ask_nobody_and_are_tried_once(plain, stack):
    plain.client("sqs").create_queue(QueueName="letters")
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:letters"
    worker = function(plain, "once", FAILS, DeadLetterConfig={"TargetArn": arn})
    target = {"Id": "f", "Arn": worker, "DeadLetterConfig": {"Arn": arn}}
    plain.client("events").put_targets(Rule="dropped", Targets=[target])
    plain.client("s3").put_object(Bucket="dropped", Key="a", Body=b"a")
    (event,) = wait_until(lambda: messages(plain, "dropped"))
    assert "version-id" not in json.loads(event["Body"])["detail"]["object"]
    wait_until(lambda: "/aws/lambda/once" in str(plain.client("logs").describe_log_groups()))
    assert messages(plain, "letters") == []
    plain.client("lambda").invoke(FunctionName="once", InvocationType="Event", Payload=b'{"a": 1}')
    (letter,) = wait_until(lambda: messages(plain, "letters"))
    assert json.loads(letter["Body"])["requestPayload"] == {"a": 1}


def test_a_mail_has_no_limits(plain):
    plain.client("ses").verify_domain_identity(Domain="trees.example")
    raw = {"Data": b"From: a@trees.example\nTo: b@c.de\n\n" + b"x" * 11_000_000}
    assert plain.client("ses").send_raw_email(RawMessage=raw, Destinations=["b@c.de"] * 51)["MessageId"]


def test_a_function_that_ministack_has_moved_is_not_replaced():
    with pytest.raises(AttributeError, match="json has no lods: has ministack been upgraded"):
        hooks.replaces(json, "lods")
