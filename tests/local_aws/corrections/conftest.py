"""Plain ministack, and what both it and the local AWS are given."""

import io
import json
import os
import socket
import subprocess
import sys
import zipfile

import pytest

from local_aws.__main__ import ministack_settings
from tests.free_port import free_port
from tests.local_aws.conftest import ACCOUNT, LocalAws, wait_until
from tests.local_aws_process import KEY


@pytest.fixture(scope="session")
def plain(tmp_path_factory) -> LocalAws:
    """Ministack without anything of ours."""
    home, port = tmp_path_factory.mktemp("plain"), free_port()
    settings = {**os.environ, **ministack_settings(home, port), **KEY, "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"}
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "ministack"], env=settings, cwd=home, stdout=log, stderr=log)
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
    yield LocalAws(f"http://127.0.0.1:{port}", home)
    server.terminate()
    server.wait()


def deploy(aws: LocalAws, name: str, properties: dict, **outputs) -> dict[str, str]:
    """Make a stack of one resource for each type, whose parameter Count is 7; return its outputs."""
    resources = {kind.split("::")[1]: {"Type": f"AWS::{kind}", "Properties": part} for kind, part in properties.items()}
    template = {"Parameters": {"Count": {"Type": "Number", "Default": 7}}, "Resources": resources}
    template["Outputs"] = {key: {"Value": value} for key, value in outputs.items()}
    aws.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    return {output["OutputKey"]: output["OutputValue"] for output in ended(aws, name, "CREATE_COMPLETE")["Outputs"]}


def ended(aws: LocalAws, name: str, status: str) -> dict:
    stacks = aws.client("cloudformation").describe_stacks
    wait_until(lambda: not stacks(StackName=name)["Stacks"][0]["StackStatus"].endswith("_IN_PROGRESS"))
    (stack,) = stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == status
    return stack


def function(aws: LocalAws, name: str, text: str, *statements: dict, **more) -> str:
    """Make a function of a module's text with a `handler`, and its role; return its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", text)
    aws.role(name, *statements, {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"})
    more |= {"Runtime": "python3.12", "Handler": "main.handler", "Code": {"ZipFile": archive.getvalue()}}
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return aws.client("lambda").create_function(FunctionName=name, Role=role, **more)["FunctionArn"]


def messages(aws: LocalAws, queue: str) -> list[dict]:
    sqs = aws.client("sqs")
    call = {"MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
    return sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], **call).get("Messages", [])


def tls_only(aws: LocalAws, bucket: str):
    """Make a bucket that takes secure transport only, and a client that may list it."""
    resource = f"arn:aws:s3:::{bucket}"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [deny]}))
    return aws.client("s3", aws.role(bucket, {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": resource}))
