"""The server: who is answered, what survives a kill, who reads its files, what it refuses."""

import json
import os
import signal
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.conftest import LocalAws, document
from tests.local_aws_process import running_local_aws


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Origin": "https://example.com"}),
        ("/", {"Sec-Fetch-Site": "cross-site"}),
        ("/", {"Host": "rebound.example.com"}),
        ("/_ministack/reset", {}),
        ("/_localstack/health", {}),
        ("/bucket/key", {}),  # without a signature
    ],
)
def test_web_pages_and_the_unsigned_are_not_answered(aws, path, headers):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(f"{aws.url}{path}", headers=headers), timeout=10)


def test_it_listens_on_127_0_0_1_alone(aws):
    port = aws.url.rpartition(":")[2]
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert {address for address in listening if address.endswith(f":{int(port):04X}")} == {f"0100007F:{int(port):04X}"}


def test_files_are_their_owner_s_alone(aws):
    aws.client("s3").create_bucket(Bucket="private")
    aws.client("s3").put_object(Bucket="private", Key="a", Body=b"x")
    files = [path for path in aws.home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"a", "permissions.jsonl"}
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_wrong_secret_and_an_unknown_key_are_refused(aws):
    for key in ("tests", "test", "123456789012", "AKIAUNKNOWNUNKNOWN00"):
        with pytest.raises(ClientError) as refused:
            aws.client("s3", {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "guess"}).list_buckets()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_was_changed_survives_a_kill(tmp_path):
    with running_local_aws(tmp_path, os.environ) as url:
        aws = LocalAws(url, tmp_path / "aws")
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        aws.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=document())
        aws.wait_until_saved("iam", "kept")
        versions = [s3.put_object(Bucket="kept", Key="a", Body=body)["VersionId"] for body in (b"1", b"2")]
        os.kill(int(aws.home.joinpath("pid").read_text()), signal.SIGKILL)
    with running_local_aws(tmp_path, os.environ) as url:
        aws = LocalAws(url, tmp_path / "aws")
        s3 = aws.client("s3")
        assert s3.get_object(Bucket="kept", Key="a")["Body"].read() == b"2"
        assert s3.get_object(Bucket="kept", Key="a", VersionId=versions[0])["Body"].read() == b"1"
        assert [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]] == ["kept"]


@pytest.mark.parametrize(
    ("service", "operation", "fields", "named"),
    [
        ("dynamodb", "list_tables", {}, "dynamodb"),
        ("ec2", "describe_vpcs", {}, "ec2"),
        ("glue", "create_trigger", {"Name": "t", "Type": "ON_DEMAND", "Actions": []}, "glue:CreateTrigger"),
        ("glue", "create_workflow", {"Name": "w"}, "glue:CreateWorkflow"),
        ("athena", "create_data_catalog", {"Name": "c", "Type": "HIVE"}, "athena:CreateDataCatalog"),
        ("lambda", "list_event_source_mappings", {}, "lambda:ListEventSourceMappings"),
        ("s3", "put_bucket_website", {"Bucket": "b", "WebsiteConfiguration": {}}, "s3:PutBucketWebsite"),
    ],
)
def test_what_would_be_pretended_is_refused_by_name(aws, service, operation, fields, named):
    with pytest.raises(ClientError) as refused:
        getattr(aws.client(service), operation)(**fields)
    assert json.dumps(refused.value.response).count(f"does not do {named} for real") >= 1
