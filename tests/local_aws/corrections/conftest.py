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


def clients(url: str, *key: str) -> Client:
    """Return what makes a client of a server, with the account's own key unless another is given."""
    session = boto3.Session(*(key or KEY.values()), region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service: session.client(service, endpoint_url=url, config=config)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corrections")


@pytest.fixture(scope="session")
def url(home: Path) -> Iterator[str]:
    with running_local_aws(home, {**os.environ, **KEY, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "0.2,0.2"}) as url:
        yield url


@pytest.fixture(scope="session")
def aws(url: str) -> Client:
    return clients(url)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients of ministack without anything of ours."""
    home, port = tmp_path_factory.mktemp("plain"), free_port()
    settings = {**os.environ, **ministack_settings(home, port), **KEY, "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"}
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "ministack"], env=settings, cwd=home, stdout=log, stderr=log)
    make = clients(f"http://127.0.0.1:{port}")
    until(lambda: "Running on" in (home / "log").read_text())
    yield make
    server.terminate()
    server.wait()


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
    return value


def deploy(aws: Client, name: str, resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, str]:
    """Make a stack whose parameter Count is 7, and return its outputs."""
    template = {"Parameters": {"Count": {"Type": "Number", "Default": 7}}, "Resources": resources}
    template["Outputs"] = {key: {"Value": value} for key, value in outputs.items()}
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    stack = ended(aws, name)
    assert stack["StackStatus"] == "CREATE_COMPLETE", aws("cloudformation").describe_stack_events(StackName=name)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def ended(aws: Client, name: str) -> Any:
    stacks = aws("cloudformation").describe_stacks
    until(lambda: not stacks(StackName=name)["Stacks"][0]["StackStatus"].endswith("_IN_PROGRESS"))
    return stacks(StackName=name)["Stacks"][0]


def role(aws: Client, name: str, *statements: dict[str, Any]) -> str:
    """Make a role that the account, Lambda and Glue may assume, and return its ARN."""
    services = ["lambda.amazonaws.com", "glue.amazonaws.com"]
    principal = {"Service": services, "AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    arn: str = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if statements:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        aws("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    return arn


def as_role(aws: Client, arn: str) -> Client:
    made = aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return clients(aws("sts").meta.endpoint_url, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def function(aws: Client, name: str, text: str, role_arn: str, **more: Any) -> str:
    """Make a function of a module's text with a `handler`, and return its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", text)
    code = {"Runtime": "python3.12", "Handler": "main.handler", "Code": {"ZipFile": archive.getvalue()}}
    return str(aws("lambda").create_function(FunctionName=name, Role=role_arn, **code, **more)["FunctionArn"])


def messages(aws: Client, queue: str) -> list[Any]:
    url = aws("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    call = {"MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
    return list(aws("sqs").receive_message(QueueUrl=url, **call).get("Messages", []))
