"""Topics: what is published to an address is a mail; nothing else is pretended."""

import email
from email.policy import default

import pytest
from botocore.exceptions import ClientError


def test_a_message_is_a_mail_to_each_address(running):
    sns = running.client("sns")
    topic = sns.create_topic(Name="news", Attributes={"DisplayName": "The garden"})["TopicArn"]
    for name in ("ann", "bob"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@garden.example")
    sns.publish(TopicArn=topic, Subject="Äpfel", Message="ripe\nnow")
    found = [
        email.message_from_bytes(one.read_bytes(), policy=default) for one in (running.home / "mail").glob("*.eml")
    ]
    assert sorted(mail["To"] for mail in found) == ["ann@garden.example", "bob@garden.example"]
    assert {mail["Subject"] for mail in found} == {"Äpfel"}
    assert {str(mail["From"]) for mail in found} == {"The garden <no-reply@sns.amazonaws.com>"}
    assert {mail.get_content().splitlines()[1] for mail in found} == {"now"}


def test_an_address_that_left_gets_nothing(running):
    sns = running.client("sns")
    topic = sns.create_topic(Name="left")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="carl@garden.example")["SubscriptionArn"]
    sns.unsubscribe(SubscriptionArn=arn)
    sns.publish(TopicArn=topic, Message="x")
    assert all(b"carl@" not in one.read_bytes() for one in (running.home / "mail").glob("*.eml"))


@pytest.mark.parametrize(
    ("protocol", "endpoint", "words"),
    [
        ("sms", "+15551234", "does email, not sms"),
        ("sqs", "arn:aws:sqs:us-east-1:123456789012:q", "does email, not sqs"),
        ("email", "nobody", "Email address"),
    ],
)
def test_other_ways_are_refused(running, protocol, endpoint, words):
    sns = running.client("sns")
    topic = sns.create_topic(Name="other")["TopicArn"]
    with pytest.raises(ClientError, match=words):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
