"""Stacks: the template's types are made whole, others are refused. Deploys of the whole are in tests/infrastructure."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from local_aws.corrections import cloudformation
from tests.local_aws.corrections.conftest import deploy, ended
from tests.local_aws_process import ROOT


def test_the_types_are_those_of_the_template_but_for_a_network_mwaa_and_a_budget():
    template = (ROOT / "infrastructure" / "template.yaml").read_text()
    types = set(re.findall(r"^    Type: AWS::(\S+)$", template, re.MULTILINE))
    elsewhere = {name for name in types if name.startswith(("EC2::", "MWAA::", "Budgets::"))}
    assert types - elsewhere == set(cloudformation.TYPES.split())


def test_other_types_are_refused_by_name_unless_their_condition_is_false(aws):
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/24"}},
        "Budget": {"Type": "AWS::Budgets::Budget", "Condition": "Never", "Properties": {}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
    template = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}, "Resources": resources}
    call = {"StackName": "others", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    stacks = aws.client("cloudformation")
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::EC2::VPC\]"):
        stacks.create_change_set(**call, TemplateBody=json.dumps(template))
    del resources["Vpc"]
    arn = stacks.create_change_set(**call, TemplateBody=json.dumps(template))["Id"]
    changes = stacks.describe_change_set(ChangeSetName=arn)["Changes"]
    assert [change["ResourceChange"]["LogicalResourceId"] for change in changes] == ["Topic"]


def test_what_ministack_drops_or_makes_otherwise_is_made(aws):
    queue, glue = {"Fn::GetAtt": ["Queue", "Arn"]}, aws.client("glue")
    worker = {"FunctionName": "made", "Runtime": "python3.12", "Handler": "index.handler", "Role": "r"}
    worker |= {"Code": {"ZipFile": "def handler(*_): pass"}, "DeadLetterConfig": {"TargetArn": queue}}
    properties = {
        "Glue::Job": {"Name": "made", "Role": "r", "Command": {"Name": "glueetl"}, "Timeout": {"Ref": "Count"}},
        "Glue::Classifier": {"CsvClassifier": {"Name": "made"}},
        "SQS::Queue": {"QueueName": "made"},
        "Lambda::Function": worker,
        "SecretsManager::Secret": {"Name": "made"},
    }
    outputs = deploy(aws, "made", properties, Secret={"Ref": "Secret"}, Queue=queue)
    assert glue.get_job(JobName="made")["Job"]["Timeout"] == 7
    letters = aws.client("lambda").get_function_configuration(FunctionName="made")["DeadLetterConfig"]
    assert letters == {"TargetArn": outputs["Queue"]}
    assert aws.client("secretsmanager").describe_secret(SecretId="made")["ARN"] == outputs["Secret"]
    changed = {"Type": "AWS::Glue::Classifier", "Properties": {"CsvClassifier": {"Name": "made", "Delimiter": ";"}}}
    template = json.dumps({"Resources": {"Classifier": changed}})
    aws.client("cloudformation").update_stack(StackName="made", TemplateBody=template)
    ended(aws, "made", "UPDATE_COMPLETE")
    assert glue.get_classifier(Name="made")["Classifier"]["CsvClassifier"]["Delimiter"] == ";"
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
