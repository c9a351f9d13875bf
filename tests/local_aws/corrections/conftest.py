"""The local AWS, plain ministack, and clients of both."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws.__main__ import free_port, ministack_settings
from tests.local_aws_process import KEY, running_local_aws

ACCOUNT = "123456789012"
Client = Callable[..., Any]


def clients(
    url: str, key: str = KEY["AWS_ACCESS_KEY_ID"], secret: str = KEY["AWS_SECRET_ACCESS_KEY"], token: str = ""
) -> Client:
    """Return what makes a client of a server, with the account's own key unless another is given."""
    session = boto3.Session(key, secret, token or None, region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service, **more: session.client(service, endpoint_url=url, **{"config": config} | more)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="session")
def url(home: Path) -> Iterator[str]:
    with running_local_aws(home, {**os.environ, **KEY, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "0.5,0.5"}) as url:
        yield url


@pytest.fixture(scope="session")
def aws(url: str) -> Client:
    return clients(url)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients of ministack without anything of ours."""
    home, port = tmp_path_factory.mktemp("plain"), free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "ministack"],
        env={**os.environ, **ministack_settings(home, port), **KEY, "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    make = clients(f"http://127.0.0.1:{port}")
    until(lambda: answers(make))
    yield make
    server.terminate()
    server.wait()


def answers(make: Client) -> bool:
    try:
        return bool(make("sts").get_caller_identity())
    except Exception:
        return False


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
    return value


def deploy(
    aws: Client, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **parameters: Any
) -> dict[str, str]:
    """Make a stack and return its outputs; a parameter is a number."""
    template = {
        "Resources": resources,
        "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        "Parameters": {key: {"Type": "Number", "Default": value} for key, value in parameters.items()},
    }
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stack = until(lambda: ended(cloudformation, name))
    assert stack["StackStatus"] == "CREATE_COMPLETE", cloudformation.describe_stack_events(StackName=name)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def ended(cloudformation: Any, name: str) -> Any:
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack


def role(aws: Client, name: str, *statements: dict[str, Any], service: str = "lambda") -> str:
    """Make a role that a service and the account may assume, and return its ARN."""
    principal = {"Service": f"{service}.amazonaws.com", "AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    iam = aws("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    return arn


def as_role(aws: Client, url: str, arn: str) -> Client:
    made = aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return clients(url, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def code(text: str) -> bytes:
    """Return the package of a function whose handler is `main.handler`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", text)
    return archive.getvalue()


def function(aws: Client, name: str, text: str, role_arn: str, **more: Any) -> str:
    made = aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="main.handler",
        Role=role_arn,
        Code={"ZipFile": code(text)},
        **more,
    )
    return str(made["FunctionArn"])


def messages(aws: Client, queue: str) -> list[Any]:
    answer = aws("sqs").receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return list(answer.get("Messages", []))
