"""Stacks: the template's types are made whole, others are refused. Deploys of the whole are in tests/infrastructure."""

import json
import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_aws.corrections import cloudformation
from tests.local_aws.corrections.conftest import deploy

TEMPLATE = Path(__file__).parents[3] / "infrastructure" / "template.yaml"


def test_the_types_are_those_of_the_template_but_for_a_network_mwaa_and_a_budget():
    types = set(re.findall(r"^    Type: (AWS::\S+)$", TEMPLATE.read_text(), re.MULTILINE))
    elsewhere = {name for name in types if name.startswith(("AWS::EC2::", "AWS::MWAA::", "AWS::Budgets::"))}
    assert types - elsewhere == cloudformation.TYPES


def test_other_types_are_refused_by_name_unless_their_condition_is_false(aws):
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/24"}},
        "Budget": {"Type": "AWS::Budgets::Budget", "Condition": "Never", "Properties": {}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
    template = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}, "Resources": resources}
    call = {"StackName": "others", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    stacks = aws("cloudformation")
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::EC2::VPC\]\. .* only on AWS itself"):
        stacks.create_change_set(**call, TemplateBody=json.dumps(template))
    del resources["Vpc"]
    arn = stacks.create_change_set(**call, TemplateBody=json.dumps(template))["Id"]
    changes = stacks.describe_change_set(ChangeSetName=arn)["Changes"]
    assert [change["ResourceChange"]["LogicalResourceId"] for change in changes] == ["Topic"]


def test_a_bucket_gets_its_life_cycle(aws):
    rules = [
        {"Id": "old", "Status": "Enabled", "Prefix": "a&b/", "ExpirationInDays": {"Ref": "Days"}}
        | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"Id": "rest", "Status": "Enabled", "ExpiredObjectDeleteMarker": True}
        | {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ]
    properties = {
        "BucketName": "configured",
        "LifecycleConfiguration": {"Rules": rules},
    }
    deploy(aws, "configured", {"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}, Days=3)
    s3 = aws("s3")
    old, rest = s3.get_bucket_lifecycle_configuration(Bucket="configured")["Rules"]
    assert (old["Filter"]["Prefix"], old["Expiration"]["Days"]) == ("a&b/", 3)
    assert old["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rest["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert rest["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_numbers_runs_classifiers_dead_letters_and_secrets(aws):
    job = {"Name": "counted", "Role": "r", "Command": {"Name": "glueetl"}, "Timeout": {"Ref": "Count"}}
    group = {"Name": "counted", "WorkGroupConfiguration": {"BytesScannedCutoffPerQuery": {"Ref": "Count"}}}
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    worker = {"FunctionName": "counted", "Runtime": "python3.12", "Handler": "index.handler", "Role": "r"}
    worker |= {"Code": {"ZipFile": "def handler(*_): pass"}, "DeadLetterConfig": {"TargetArn": queue}}
    resources = {
        "Job": {"Type": "AWS::Glue::Job", "Properties": job},
        "Group": {"Type": "AWS::Athena::WorkGroup", "Properties": group},
        "Classifier": {"Type": "AWS::Glue::Classifier", "Properties": {"CsvClassifier": {"Name": "counted"}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "counted"}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": worker},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "counted"}},
    }
    outputs = deploy(aws, "counted", resources, {"Secret": {"Ref": "Secret"}, "Queue": queue}, Count=20_000_000)
    made = aws("glue").get_job(JobName="counted")["Job"]
    assert (made["Timeout"], made["ExecutionProperty"]) == (20_000_000, {"MaxConcurrentRuns": 1})
    configuration = aws("athena").get_work_group(WorkGroup="counted")["WorkGroup"]["Configuration"]
    assert configuration["BytesScannedCutoffPerQuery"] == 20_000_000
    assert aws("glue").get_classifier(Name="counted")["Classifier"]["CsvClassifier"]["Name"] == "counted"
    letters = aws("lambda").get_function_configuration(FunctionName="counted")["DeadLetterConfig"]
    assert letters == {"TargetArn": outputs["Queue"]}
    secrets = aws("secretsmanager")
    assert secrets.describe_secret(SecretId="counted")["ARN"] == outputs["Secret"]
    secrets.put_secret_value(SecretId=outputs["Secret"], SecretString="s")
    assert secrets.get_secret_value(SecretId=outputs["Secret"])["SecretString"] == "s"
    aws("cloudformation").delete_stack(StackName="counted")
    assert "counted" not in [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]
