"""A local AWS, a queue that receives what a rule sends, and a bucket that tells EventBridge."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import server

ACCOUNT = "123456789012"


class Aws:
    """A running local AWS."""

    def __init__(self, running: server.Server) -> None:
        self.running = running
        self.home = running.home
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

    def rule(self, name: str, pattern: dict[str, Any], **settings: Any) -> str:
        made = self.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern), **settings)
        return str(made["RuleArn"])

    def queue(self, name: str, rule: str | None = None) -> tuple[str, str]:
        """Make a queue that a rule may send to; return URL and ARN."""
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        if rule:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def heard(self, url: str) -> list[Any]:
        """Receive and delete everything from a queue, in the order of sending; bodies are JSON."""
        found: list[Any] = []
        while messages := self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(one["Body"]) for one in messages]
            for one in messages:
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def listening(self, name: str, pattern: dict[str, Any]) -> str:
        """Make a rule with a queue as its target; return the queue's URL."""
        url, arn = self.queue(name, self.rule(name, pattern))
        self.client("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
        return url

    def metric(self, namespace: str, name: str, **dimensions: str) -> float:
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=0,
            EndTime=4102444800,
            Period=86400 * 365,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))


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
    running = server.start(tmp_path_factory.mktemp("home"), lambda_retry_seconds=(0.2, 0.2))
    yield Aws(running)
    running.stop()


@pytest.fixture(scope="session")
def wait() -> Callable[..., Any]:
    return eventually
