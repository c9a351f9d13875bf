"""Each call is noted with its caller, the permissions that it needs, and its status."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws import access, calls
from local_aws.actions import Permission

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ACCOUNT = {"type": "account", "access_key": "x"}


def last(running, number=1):
    lines = (running.home / "calls.jsonl").read_text().splitlines()
    noted = [json.loads(line) for line in lines[-number:]]
    for one in noted:
        one.pop("at")
    return noted[0] if number == 1 else noted


def asked(running, number=1):
    """Operation, pairs of action and ARN, and status of the last calls."""
    return [
        (one["operation"], [(each["action"], each["resource"]) for each in one["permissions"]], one["status"])
        for one in (last(running, number) if number > 1 else [last(running)])
    ]


def test_an_object_s_calls_have_its_arn_and_the_action_of_iam(running):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="wood")
    s3.put_object(Bucket="wood", Key="oak/leaf é", Body=b"x")
    s3.list_objects_v2(Bucket="wood", Prefix="oak/")
    assert last(running)["caller"] == ACCOUNT
    assert asked(running, 3) == [
        ("CreateBucket", [("s3:CreateBucket", "arn:aws:s3:::wood")], 200),
        ("PutObject", [("s3:PutObject", "arn:aws:s3:::wood/oak/leaf é")], 200),
        ("ListObjectsV2", [("s3:ListBucket", "arn:aws:s3:::wood")], 200),
    ]


def test_a_copy_reads_its_source_and_writes_its_target(running):
    """Amazon S3 API Reference, CopyObject, "Permissions"; by version: GetObjectVersion."""
    s3 = running.client("s3")
    s3.create_bucket(Bucket="copies")
    s3.put_object(Bucket="copies", Key="a b", Body=b"x")
    s3.copy_object(Bucket="copies", Key="c", CopySource={"Bucket": "copies", "Key": "a b"})
    s3.copy_object(Bucket="copies", Key="d", CopySource={"Bucket": "copies", "Key": "c", "VersionId": "null"})
    assert asked(running, 2) == [
        ("CopyObject", [("s3:GetObject", "arn:aws:s3:::copies/a b"), ("s3:PutObject", "arn:aws:s3:::copies/c")], 200),
        (
            "CopyObject",
            [("s3:GetObjectVersion", "arn:aws:s3:::copies/c"), ("s3:PutObject", "arn:aws:s3:::copies/d")],
            200,
        ),
    ]


def test_an_absent_object_is_told_to_who_may_list(running):
    """Amazon S3 API Reference, GetObject, "Permissions": 404 with s3:ListBucket, 403 without."""
    s3 = running.client("s3")
    s3.create_bucket(Bucket="absent")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="absent", Key="nothing", VersionId="x")
    needed = [("s3:GetObjectVersion", "arn:aws:s3:::absent/nothing"), ("s3:ListBucket", "arn:aws:s3:::absent")]
    assert asked(running) == [("GetObject", needed, 404)]


def test_each_object_of_a_bulk_deletion_is_asked_for(running):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="bulk")
    s3.delete_objects(Bucket="bulk", Delete={"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "null"}]})
    needed = [("s3:DeleteObject", "arn:aws:s3:::bulk/a"), ("s3:DeleteObjectVersion", "arn:aws:s3:::bulk/b")]
    assert asked(running) == [("DeleteObjects", needed, 200)]


def test_a_role_s_session_is_named_and_a_table_needs_its_ancestors(running, connect):
    role = running.client("iam").create_role(RoleName="forester", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    keys = running.client("sts").assume_role(RoleArn=role, RoleSessionName="monday")["Credentials"]
    glue = connect(running.url, "glue", keys["AccessKeyId"], keys["SessionToken"])
    with pytest.raises(ClientError):
        glue.get_table(DatabaseName="trees", Name="oak")
    assert last(running)["caller"] == {"type": "role", "role": role, "session": "monday"}
    arn = "arn:aws:glue:us-east-1:123456789012"
    needed = [f"{arn}:catalog", f"{arn}:database/trees", f"{arn}:table/trees/oak"]
    assert asked(running) == [("GetTable", [("glue:GetTable", one) for one in needed], 400)]


def test_conditions_that_a_call_meets_are_noted(running):
    running.client("cloudwatch").put_metric_data(Namespace="wood", MetricData=[{"MetricName": "leaves", "Value": 1}])
    context = {"cloudwatch:namespace": "wood"}
    assert last(running)["permissions"] == [
        {"action": "cloudwatch:PutMetricData", "resource": "*", "context": context},
    ]


def test_a_call_that_is_not_for_real_is_noted_too(running):
    with pytest.raises(ClientError):
        running.client("ec2").describe_instances()
    assert (last(running)["service"], asked(running)) == ("ec2", [("DescribeInstances", [], 400)])


def test_what_a_service_does_for_a_role_is_noted_without_a_call(running):
    role = "arn:aws:iam::123456789012:role/nobody"
    needed = [Permission("logs:PutLogEvents", "arn:log"), Permission("logs:PutLogEvents", "arn:other")]
    with pytest.raises(access.AccessDenied):
        access.act(access.role(role, "run"), "glue.amazonaws.com", needed)
    assert last(running) == {
        "caller": {"type": "role", "role": role, "session": "run"},
        "by": "glue.amazonaws.com",
        "service": "logs",
        "operation": "PutLogEvents",
        "permissions": [{"action": "logs:PutLogEvents", "resource": "arn:log"}],
        "status": 403,
    }


def test_a_full_record_makes_room(tmp_path, monkeypatch):
    monkeypatch.setattr(calls, "LARGEST_FILE", 100)
    noted = calls.Calls(tmp_path / "calls.jsonl")
    for number in range(3):
        noted.note(number=number, padding="x" * 100)
    noted.close()
    assert json.loads((tmp_path / "calls.jsonl").read_text())["number"] == 2
    assert json.loads((tmp_path / "calls.jsonl.1").read_text())["number"] == 1
