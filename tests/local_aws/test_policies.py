"""Policies: who may do what to what, under which conditions."""

import json

import pytest

from local_aws.policies import allows, decision

BELL = "arn:aws:events:us-east-1:123456789012:rule/bell"


def policy(*statements, **one):
    return {"Version": "2012-10-17", "Statement": list(statements) or one}


def allow(**more):
    return {"Effect": "Allow", "Principal": {"Service": "a.example"}, "Action": "x:Do", "Resource": "arn:thing"} | more


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(), True),
        (allow(Principal="*"), True),
        (allow(Principal={"AWS": "*"}), True),
        (allow(Principal={"Service": ["b.example", "a.example"]}), True),
        (allow(Principal={"Service": "b.example"}), False),
        (allow(Principal={"AWS": "arn:aws:iam::1:root"}), False),
        (allow(Action="X:do"), True),
        (allow(Action=["x:Look", "x:D*"]), True),
        (allow(Action="x:Look"), False),
        (allow(Resource="arn:*"), True),
        (allow(Resource="ARN:thing"), False),
        (allow(Resource="arn:thin?"), True),
        (allow(Resource="arn:other"), False),
        (allow(Condition={"ArnLike": {"aws:SourceArn": BELL}}), True),
        (allow(Condition={"ArnEquals": {"AWS:SOURCEARN": BELL[:-2] + "*"}}), True),
        (allow(Condition={"ArnLike": {"aws:SourceArn": BELL + "2"}}), False),
        (allow(Condition={"StringEquals": {"aws:SourceAccount": ["1", "2"]}}), True),
        (allow(Condition={"StringEquals": {"aws:SourceAccount": "3"}}), False),
        (allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}), False),
        (allow(Condition={"DateGreaterThan": {"aws:CurrentTime": "2000-01-01"}}), False),
    ],
)
def test_one_statement(statement, expected):
    context = {"aws:SourceArn": BELL, "aws:SourceAccount": "2"}
    got = allows(policy(statement), "x:Do", service="a.example", resource="arn:thing", context=context)
    assert got is expected


def test_deny_wins_and_nothing_said_is_no_permission():
    deny = allow(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    both = policy(allow(), deny)
    asked = {"action": "x:Do", "service": "a.example", "resource": "arn:thing"}
    assert decision([both], **asked, context={"aws:SecureTransport": "false"}) == "Deny"
    assert decision([both], **asked, context={"aws:SecureTransport": "true"}) == "Allow"
    assert decision([policy(allow(Resource="arn:other"))], **asked) is None


def test_a_condition_that_is_not_known_denies():
    unknown = {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    asked = {"action": "x:Do", "service": "a.example", "resource": "arn:thing"}
    assert decision([policy(allow(), allow(Effect="Deny", **unknown))], **asked) == "Deny"
    assert decision([policy(allow(**unknown))], **asked) is None


def test_a_role_s_own_policy_names_nobody_and_may_exclude():
    documents = [policy(Effect="Allow", NotAction="x:Delete*", NotResource="arn:secret/*")]
    assert decision(documents, "x:Do", resource="arn:thing") == "Allow"
    assert decision(documents, "x:DeleteAll", resource="arn:thing") is None
    assert decision(documents, "x:Do", resource="arn:secret/1") is None


def test_a_negated_condition_holds_when_its_key_is_missing_and_for_none_of_its_values():
    """IAM User Guide, "Negated matching condition operators"; an Allow with a missing key is not trusted here."""
    deny = allow(Effect="Deny", Condition={"StringNotEquals": {"aws:SourceAccount": ["1", "2"]}})
    asked = {"action": "x:Do", "service": "a.example", "resource": "arn:thing"}
    assert decision([policy(deny)], **asked) == "Deny"
    assert decision([policy(deny)], **asked, context={"aws:SourceAccount": "3"}) == "Deny"
    assert decision([policy(deny)], **asked, context={"aws:SourceAccount": "2"}) is None
    assert decision([policy(deny | {"Effect": "Allow"})], **asked) is None


def test_a_policy_variable_allows_nothing_and_denies_everything():
    own = {"Action": "x:Do", "Resource": "arn:home/${aws:username}"}
    assert decision([policy(Effect="Allow", **own)], "x:Do", resource="arn:home/me") is None
    assert decision([policy(Effect="Deny", **own)], "x:Do", resource="arn:home/me") == "Deny"


def test_a_policy_that_is_text_counts_as_it_is_now():
    def document(effect):
        return json.dumps(policy(Effect=effect, Action="x:Do", Resource="*"))

    assert [decision([document(effect)], "x:Do", resource="arn:a") for effect in ("Allow", "Deny", "Allow")] == [
        "Allow",
        "Deny",
        "Allow",
    ]
