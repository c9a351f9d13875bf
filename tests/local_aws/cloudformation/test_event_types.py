"""Types of events and alarms whose physical id is made up, and what only a stack shows of the others."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:heap"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:letters"


def statement(service: str, action: str, resource: str) -> dict:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture(scope="module")
def outside(aws):
    aws.client("sqs").create_queue(QueueName="heap")
    aws.client("sns").create_topic(Name="letters")
    trust = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam = aws.client("iam")
    role = iam.create_role(RoleName="spade", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def run(event, context):\n    return event\n")
    aws.client("lambda").create_function(
        FunctionName="spade", Role=role, Runtime="python3.12", Handler="index.run", Code={"ZipFile": code.getvalue()}
    )


def one(kind: str, properties: dict, attribute: str | None = None) -> dict:
    value = {"Fn::GetAtt": ["X", attribute]} if attribute else {"Ref": "X"}
    return {"Resources": {"X": {"Type": kind, "Properties": properties}}, "Outputs": {"Out": {"Value": value}}}


def test_permission(aws, outside):
    def statements():
        return json.loads(aws.client("lambda").get_policy(FunctionName="spade")["Policy"])["Statement"]

    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/bell"
    properties = {"FunctionName": "spade", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    body = one("AWS::Lambda::Permission", {**properties, "SourceArn": rule})
    assert aws.create("permit", body)["StackStatus"] == "CREATE_COMPLETE", aws.events("permit")
    (shown,) = statements()
    assert shown["Principal"] == {"Service": "events.amazonaws.com"}
    assert shown["Condition"] == {"ArnLike": {"AWS:SourceArn": rule}}
    assert shown["Sid"] == aws.ids("permit")["X"]
    body = one("AWS::Lambda::Permission", {**properties, "SourceArn": rule + "2"})
    assert aws.update("permit", body)["StackStatus"] == "UPDATE_COMPLETE", aws.events("permit")
    (shown,) = statements()
    assert shown["Condition"] == {"ArnLike": {"AWS:SourceArn": rule + "2"}}
    aws.delete("permit")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        statements()


def test_queue_policy(aws, outside):
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="heap")["QueueUrl"]

    def policy():
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        return json.loads(found["Policy"])["Statement"] if "Policy" in found else None

    for action in ("sqs:SendMessage", "sqs:*"):
        given = {"Queues": [url], "PolicyDocument": document(statement("events.amazonaws.com", action, QUEUE))}
        (aws.create if action == "sqs:SendMessage" else aws.update)("allow", one("AWS::SQS::QueuePolicy", given))
        assert policy() == [statement("events.amazonaws.com", action, QUEUE)]
    assert aws.delete("allow")["StackStatus"] == "DELETE_COMPLETE"
    assert policy() is None


def test_topic_policy_and_subscription(aws, outside):
    sns = aws.client("sns")

    def policy():
        return json.loads(sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"])["Statement"]

    default = policy()
    given = {"Topics": [TOPIC], "PolicyDocument": document(statement("cloudwatch.amazonaws.com", "sns:Publish", TOPIC))}
    aws.create("voice", one("AWS::SNS::TopicPolicy", given))
    assert policy() == [statement("cloudwatch.amazonaws.com", "sns:Publish", TOPIC)]
    aws.delete("voice")
    assert policy() == default

    given = {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@garden.example"}
    stack = aws.create("reader", one("AWS::SNS::Subscription", given))
    (there,) = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert (there["Endpoint"], there["SubscriptionArn"]) == ("a@garden.example", stack["Outputs"][0]["OutputValue"])
    aws.delete("reader")
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []


def test_secret(aws):
    secrets = aws.client("secretsmanager")
    made_up = {"SecretStringTemplate": '{"username": "ann"}', "GenerateStringKey": "password", "PasswordLength": 20}
    stack = aws.create("key", one("AWS::SecretsManager::Secret", {"Name": "shed", "GenerateSecretString": made_up}))
    arn = stack["Outputs"][0]["OutputValue"]
    assert arn.startswith(f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shed-")
    first = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert (first["username"], len(first["password"])) == ("ann", 20)
    given = {"Name": "shed", "Description": "new", "GenerateSecretString": made_up}
    aws.update("key", one("AWS::SecretsManager::Secret", given))
    assert json.loads(secrets.get_secret_value(SecretId="shed")["SecretString"]) == first  # kept, as on AWS
    assert aws.update("key", one("AWS::SecretsManager::Secret", {"Name": "shed", "SecretString": "x"}))
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "x"
    aws.delete("key")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        secrets.get_secret_value(SecretId="shed")


@pytest.mark.parametrize(
    ("kind", "properties", "attribute", "expected"),
    [
        (
            "AWS::Events::Rule",
            {"Name": "r", "EventPattern": {"source": ["a"]}},
            "Arn",
            "arn:aws:events:us-east-1:A:rule/r",
        ),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "Arn", "arn:aws:sqs:us-east-1:A:q"),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "QueueName", "q"),
        ("AWS::SNS::Topic", {"TopicName": "t"}, "TopicName", "t"),
        ("AWS::Logs::LogGroup", {"LogGroupName": "/g"}, "Arn", "arn:aws:logs:us-east-1:A:log-group:/g:*"),
    ],
)
def test_attributes(aws, kind, properties, attribute, expected):
    stack = aws.create("attributes", one(kind, properties, attribute))
    assert stack["Outputs"][0]["OutputValue"] == expected.replace("A:", f"{ACCOUNT}:")
    aws.delete("attributes")


def test_what_would_be_pretended_is_refused_and_taken_back(aws):
    rule = {"Name": "clock", "EventPattern": {"source": [{"cidr": "10.0.0.0/24"}]}}
    stack = aws.create("pretence", one("AWS::Events::Rule", rule))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "does not match by 'cidr'" in aws.reason("pretence", "X", "CREATE_FAILED")
