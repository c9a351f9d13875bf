"""Each call is noted with its caller, action, resource and status."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws import calls

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def last(running, number=1):
    lines = (running.home / "calls.jsonl").read_text().splitlines()
    noted = [json.loads(line) for line in lines[-number:]]
    for one in noted:
        one.pop("at")
    return noted[0] if number == 1 else noted


def test_an_object_s_calls_have_its_arn_and_the_action_of_iam(running):
    s3 = running.client("s3")
    s3.create_bucket(Bucket="wood")
    s3.put_object(Bucket="wood", Key="oak/leaf é", Body=b"x")
    s3.list_objects_v2(Bucket="wood", Prefix="oak/")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="wood", Key="nothing", VersionId="x")
    account = {"type": "account", "access_key": "x"}
    assert last(running, 4) == [
        {
            "caller": account, "service": "s3", "operation": "CreateBucket", "action": "s3:CreateBucket",
            "resource": "arn:aws:s3:::wood", "status": 200,
        },
        {
            "caller": account, "service": "s3", "operation": "PutObject", "action": "s3:PutObject",
            "resource": "arn:aws:s3:::wood/oak/leaf é", "status": 200,
        },
        {
            "caller": account, "service": "s3", "operation": "ListObjectsV2", "action": "s3:ListBucket",
            "resource": "arn:aws:s3:::wood", "status": 200,
        },
        {
            "caller": account, "service": "s3", "operation": "GetObject", "action": "s3:GetObjectVersion",
            "resource": "arn:aws:s3:::wood/nothing", "status": 404,
        },
    ]  # fmt: skip


def test_a_role_s_session_is_named(running, connect):
    role = running.client("iam").create_role(RoleName="forester", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    keys = running.client("sts").assume_role(RoleArn=role, RoleSessionName="monday")["Credentials"]
    glue = connect(running.url, "glue", keys["AccessKeyId"], keys["SessionToken"])
    with pytest.raises(ClientError):
        glue.get_table(DatabaseName="trees", Name="oak")
    assert last(running) == {
        "caller": {"type": "role", "role": role, "session": "monday"},
        "service": "glue",
        "operation": "GetTable",
        "action": "glue:GetTable",
        "resource": {"DatabaseName": "trees", "Name": "oak"},
        "status": 400,
    }


def test_a_refused_call_is_noted_too(running):
    with pytest.raises(ClientError):
        running.client("ec2").describe_instances()
    assert (last(running)["action"], last(running)["status"]) == ("ec2:DescribeInstances", 400)


def test_a_full_record_makes_room(tmp_path, monkeypatch):
    monkeypatch.setattr(calls, "LARGEST_FILE", 100)
    noted = calls.Calls(tmp_path / "calls.jsonl")
    for number in range(3):
        noted.note(number=number, padding="x" * 100)
    noted.close()
    assert json.loads((tmp_path / "calls.jsonl").read_text())["number"] == 2
    assert json.loads((tmp_path / "calls.jsonl.1").read_text())["number"] == 1
