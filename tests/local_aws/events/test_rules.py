"""Rules: on and off, targets, permissions, what goes wrong."""

import io
import json
import re
import zipfile

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
NOTE = """
import json
def run(event, context):
    with open(event["detail"]["file"], "a") as out:
        out.write(json.dumps(event) + "\\n")
"""


def put(aws, source="garden", **detail):
    entry = {"Source": source, "DetailType": "Harvest", "Detail": json.dumps(detail)}
    answer = aws.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def test_an_event_reaches_the_rules_that_match(aws):
    all_of_it = aws.listening("everything", {"source": ["garden"]})
    ripe = aws.listening("ripe", {"source": ["garden"], "detail": {"kilos": [{"numeric": [">", 10]}]}})
    small, large = put(aws, kilos=1), put(aws, kilos=11)
    assert [event["id"] for event in aws.heard(all_of_it)] == [small, large]
    (event,) = aws.heard(ripe)
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "id": large,
        "detail-type": "Harvest",
        "source": "garden",
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": [],
        "detail": {"kilos": 11},
    }
    assert aws.metric("AWS/Events", "TriggeredRules", RuleName="ripe") == 1
    assert aws.metric("AWS/Events", "TriggeredRules", RuleName="everything") == 2


def test_a_rule_that_is_off_sends_nothing(aws):
    url = aws.listening("switch", {"source": ["switched"]})
    events = aws.client("events")
    events.disable_rule(Name="switch")
    put(aws, "switched", n=1)
    assert aws.heard(url) == []
    events.enable_rule(Name="switch")
    put(aws, "switched", n=2)
    assert [event["detail"]["n"] for event in aws.heard(url)] == [2]
    aws.rule("switch", {"source": ["switched"]}, State="DISABLED")
    put(aws, "switched", n=3)
    assert aws.heard(url) == []
    aws.rule("switch", {"source": ["other"]})  # put again: on, another pattern, the same targets
    put(aws, "switched", n=4)
    put(aws, "other", n=5)
    assert [event["detail"]["n"] for event in aws.heard(url)] == [5]
    events.remove_targets(Rule="switch", Ids=["q"])
    put(aws, "other", n=6)
    assert aws.heard(url) == []


def test_what_a_target_gets(aws):
    url, arn = aws.queue("shapes", aws.rule("shapes", {"source": ["shaped"]}))
    aws.client("events").put_targets(
        Rule="shapes",
        Targets=[
            {"Id": "constant", "Arn": arn, "Input": '{"always": 1}'},
            {"Id": "part", "Arn": arn, "InputPath": "$.detail.crop"},
            {"Id": "nothing", "Arn": arn, "InputPath": "$.detail.none.at.all"},
            {"Id": "all", "Arn": arn, "InputPath": "$"},
        ],
    )
    put(aws, "shaped", crop={"name": "pear"})
    constant, part, nothing, everything = aws.heard(url)
    assert (constant, part, nothing) == ({"always": 1}, {"name": "pear"}, None)
    assert everything["detail"] == {"crop": {"name": "pear"}}


@pytest.fixture(scope="module")
def function(aws):
    """A function that notes its events in the file that they name."""
    role = aws.client("iam").create_role(RoleName="noter", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", NOTE)
    made = aws.client("lambda").create_function(
        FunctionName="noter",
        Role=role,
        Runtime="python3.12",
        Handler="main.run",
        Timeout=20,
        Code={"ZipFile": code.getvalue()},
    )
    return made["FunctionArn"]


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_function_needs_its_permission_for_that_rule(aws, function, wait, tmp_path):
    rule = aws.rule("to-function", {"source": ["called"]})
    dead_url, dead = aws.queue("undelivered", rule)
    target = {"Id": "f", "Arn": function, "DeadLetterConfig": {"Arn": dead}}
    aws.client("events").put_targets(Rule="to-function", Targets=[target])
    functions = aws.client("lambda")

    def permit(statement, **source):
        functions.add_permission(
            FunctionName="noter",
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            **source,
        )

    file = tmp_path / "notes"
    put(aws, "called", file=str(file), n=1)  # no permission at all
    permit("another", SourceArn=rule + "-not")
    put(aws, "called", file=str(file), n=2)  # one for another rule
    permit("this", SourceArn=rule, SourceAccount=ACCOUNT)
    put(aws, "called", file=str(file), n=3)
    wait(lambda: len(lines(file)) == 1)
    functions.remove_permission(FunctionName="noter", StatementId="this")
    put(aws, "called", file=str(file), n=4)
    permit("any")
    put(aws, "called", file=str(file), n=5)
    wait(lambda: len(lines(file)) == 2)
    assert [event["detail"]["n"] for event in lines(file)] == [3, 5]
    assert aws.metric("AWS/Events", "Invocations", RuleName="to-function") == 5
    assert aws.metric("AWS/Events", "FailedInvocations", RuleName="to-function") == 3

    found = aws.client("sqs").receive_message(QueueUrl=dead_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert [json.loads(one["Body"])["detail"]["n"] for one in found] == [1, 2, 4]
    attributes = {name: one["StringValue"] for name, one in found[0]["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (rule, function)


def test_targets_that_are_not_there_or_may_not_be_sent_to(aws):
    rule = aws.rule("astray", {"source": ["astray"]})
    url, closed = aws.queue("closed")  # without a policy
    dead_url, dead = aws.queue("astray-dead", rule)
    gone = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gone"
    targets = [
        {"Id": "1", "Arn": closed, "DeadLetterConfig": {"Arn": dead}},
        {"Id": "2", "Arn": gone, "DeadLetterConfig": {"Arn": dead}},
        {"Id": "3", "Arn": gone, "DeadLetterConfig": {"Arn": closed}},  # lost, and counted
        {"Id": "4", "Arn": gone},
    ]
    aws.client("events").put_targets(Rule="astray", Targets=targets)
    put(aws, "astray")
    assert aws.heard(url) == []
    found = aws.client("sqs").receive_message(QueueUrl=dead_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    codes = [one["MessageAttributes"]["ERROR_CODE"]["StringValue"] for one in found]
    assert codes == ["NO_PERMISSIONS", "RESOURCE_NOT_FOUND"]
    assert aws.metric("AWS/Events", "FailedInvocations", RuleName="astray") == 4
    assert aws.metric("AWS/Events", "InvocationsSentToDlq", RuleName="astray") == 2
    assert aws.metric("AWS/Events", "InvocationsFailedToBeSentToDlq", RuleName="astray") == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ScheduleExpression": "rate(1 day)"}, "does not do ScheduleExpression for real"),
        ({"EventPattern": '{"source": ["a"]}', "RoleArn": "arn:aws:iam::1:role/x"}, "does not do RoleArn for real"),
        ({"EventPattern": '{"source": [{"cidr": "10.0.0.0/8"}]}'}, "does not match by 'cidr'"),
        ({"EventPattern": "no json"}, "InvalidEventPatternException"),
        ({}, "EventPattern or ScheduleExpression must be specified"),
    ],
)
def test_rules_that_would_be_pretended_are_refused(aws, settings, words):
    with pytest.raises(ClientError, match=re.escape(words)):
        aws.client("events").put_rule(Name="refused", **settings)
    assert aws.client("events").list_rules(NamePrefix="refused")["Rules"] == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"}, "sends events to Lambda functions and SQS queues"),
        ({"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue.fifo", "SqsParameters": {"MessageGroupId": "g"}}, "SqsParameters"),
        ({"InputTransformer": {"InputTemplate": '"x"'}}, "does not do InputTransformer for real"),
        ({"InputPath": "$.detail[0]"}, "follows names only"),
        ({"Input": "{"}, "JSON syntax error"),
        ({"Input": "{}", "InputPath": "$"}, "Only one of"),
        ({"RetryPolicy": {"MaximumEventAgeInSeconds": 86401}}, "MaximumEventAgeInSeconds"),
    ],
)  # fmt: skip
def test_targets_that_would_be_pretended_are_refused(aws, target, words):
    aws.rule("aimless", {"source": ["a"]})
    given = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", **target}
    with pytest.raises(ClientError, match=re.escape(words)):
        aws.client("events").put_targets(Rule="aimless", Targets=[given])
    assert aws.client("events").list_targets_by_rule(Rule="aimless")["Targets"] == []


def test_a_pattern_can_be_tried(aws):
    event = {
        "id": "1",
        "source": "a",
        "account": ACCOUNT,
        "time": "t",
        "region": "r",
        "resources": [],
        "detail-type": "d",
    }
    for source, expected in (("a", True), ("b", False)):
        given = {"EventPattern": json.dumps({"source": [source]}), "Event": json.dumps(event)}
        assert aws.client("events").test_event_pattern(**given)["Result"] is expected


def test_calls_that_are_not_done_are_refused_by_name(aws):
    with pytest.raises(ClientError, match=re.escape("events.CreateEventBus")):
        aws.client("events").create_event_bus(Name="mine")
    with pytest.raises(ClientError, match=re.escape("lambda.PublishVersion")):
        aws.client("lambda").publish_version(FunctionName="noter")
