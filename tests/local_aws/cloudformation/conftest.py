"""A local AWS of its own for the stacks of a garden, and what the tests do with stacks again and again."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import server

ACCOUNT = "123456789012"


@dataclass
class Aws:
    """The running local AWS."""

    url: str
    home: Path

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        )

    @property
    def stacks(self) -> Any:
        return self.client("cloudformation")

    def create(self, name: str, template: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Make a stack and return it when nothing more happens to it."""
        stack_id = self.stacks.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"], **more
        )["StackId"]
        return self.settled(stack_id)

    def update(self, name: str, template: dict[str, Any], **more: Any) -> dict[str, Any]:
        stack_id = self.stacks.update_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"], **more
        )["StackId"]
        return self.settled(stack_id)

    def delete(self, name: str, **more: Any) -> dict[str, Any]:
        stack_id = self.stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.stacks.delete_stack(StackName=name, **more)
        return self.settled(stack_id)

    def settled(self, stack_id: str) -> dict[str, Any]:
        while (stack := self.stacks.describe_stacks(StackName=stack_id)["Stacks"][0])["StackStatus"].endswith(
            "PROGRESS"
        ):
            time.sleep(0.02)
        return stack

    def events(self, name: str) -> list[tuple[str, str]]:
        """Logical id and status of all events, oldest first."""
        found = self.stacks.describe_stack_events(StackName=name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]

    def reason(self, name: str, logical_id: str, status: str) -> str:
        """The reason of the newest event of a resource in that state."""
        found = self.stacks.describe_stack_events(StackName=name)["StackEvents"]
        return next(
            event.get("ResourceStatusReason", "")
            for event in found
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status)
        )

    def ids(self, name: str) -> dict[str, str]:
        """Physical ids by logical id."""
        found = self.stacks.describe_stack_resources(StackName=name)["StackResources"]
        return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}

    def buckets(self) -> set[str]:
        return {one["Name"] for one in self.client("s3").list_buckets()["Buckets"]}


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    running = server.start(home)
    yield Aws(running.url, home)
    running.stop()


def bucket(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **properties}}


def database(name: str, description: str = "") -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": ACCOUNT, "DatabaseInput": {"Name": name, "Description": description}},
    }
