"""A local AWS in a process of its own, for the tests of its rooms."""

import json
import os
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.local_aws_process import KEY, running_local_aws

ACCOUNT = "123456789012"


class LocalAws:
    """The address and the folder of a running local AWS, and clients of it."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home

    def client(self, service: str, key: dict[str, str] | None = None):
        names = {name.lower(): value for name, value in (key or KEY).items()}
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", config=config, **names)

    def role(self, name: str, *statements: dict) -> dict[str, str]:
        """Make a role that the account may assume; return its temporary keys."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
        names = {"AccessKeyId": "aws_access_key_id", "SecretAccessKey": "aws_secret_access_key"}
        return {names.get(name, "aws_session_token"): keys[name] for name in (*names, "SessionToken")}

    def wait_until_saved(self, service: str, words: str) -> None:
        """Wait until the state of a service that is on disk has these words."""
        file = self.home / "state" / f"{service}.json"
        wait_until(lambda: file.exists() and words in file.read_text())

    def record(self) -> list[dict]:
        """Return the record of permissions."""
        return [json.loads(line) for line in (self.home / "permissions.jsonl").read_text().splitlines()]


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="session")
def aws(tmp_path_factory) -> LocalAws:
    home = tmp_path_factory.mktemp("local-aws")
    with running_local_aws(home, {**os.environ, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "0.2,0.2"}) as url:
        yield LocalAws(url, home / "aws")


def wait_until(condition, seconds: float = 20):
    """Ask a condition until it is true; return what it said last."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer
