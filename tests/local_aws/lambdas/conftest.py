"""A local AWS with short waits, and functions made of a few lines."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import server

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
RETRY_SECONDS = (0.3, 0.6)


class Aws:
    """A running local AWS."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.start()

    def start(self) -> None:
        self.running = server.start(self.home, lambda_retry_seconds=RETRY_SECONDS)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.running.url,
                region_name="us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]

    def role(self, name: str, policy: dict[str, Any] | None = None) -> str:
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        if policy is not None:
            self.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return str(made["Role"]["Arn"])

    def function(self, name: str, code: str, **settings: Any) -> str:
        """Make a function of the module `code`, whose handler is `run`; return its ARN."""
        settings = {"Runtime": "python3.12", "Handler": "main.run", "Timeout": 20, **settings}
        settings.setdefault("Role", f"arn:aws:iam::{ACCOUNT}:role/all")
        made = self.client("lambda").create_function(FunctionName=name, Code={"ZipFile": zipped(code)}, **settings)
        return str(made["FunctionArn"])

    def queue(self, name: str) -> tuple[str, str]:
        """Make a queue; return URL and ARN."""
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def messages(self, url: str) -> list[dict[str, Any]]:
        return list(
            self.client("sqs")
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            .get("Messages", [])
        )

    def log(self, name: str) -> list[str]:
        """All lines of a function's log, oldest first."""
        try:
            found = self.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except self.client("logs").exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip() for event in found]

    def invoke(self, name: str, event: Any = None, **more: Any) -> tuple[str | None, Any]:
        """Return the kind of error, None without one, and the answer."""
        found = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **more)
        text = found["Payload"].read()
        return found.get("FunctionError"), json.loads(text) if text else None


def zipped(code: str, name: str = "main.py") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, code)
    return out.getvalue()


def eventually(look: Callable[[], Any], seconds: float = 60) -> Any:
    """Return what `look` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    made = Aws(tmp_path_factory.mktemp("home"))
    made.role("all", ALL)
    yield made
    made.running.stop()


@pytest.fixture(scope="session")
def wait() -> Callable[..., Any]:
    return eventually


@pytest.fixture(scope="session")
def pack() -> Callable[..., bytes]:
    return zipped
