"""A local AWS of its own for the Glue tests, with a role that Glue may assume."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import server

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
WORK = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:*"], "Resource": "*"}],
}
RUN_UNDER_WAY = ("STARTING", "RUNNING", "STOPPING")


@dataclass
class Aws:
    """The running local AWS and what the tests do with it again and again."""

    url: str
    home: Path

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(retries={"max_attempts": 0}),
        )

    @property
    def glue(self) -> Any:
        return self.client("glue")

    def put(self, bucket: str, key: str, body: str | bytes) -> None:
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def crawl(self, name: str) -> dict[str, Any]:
        """Start a crawler and return it when it is ready again."""
        self.glue.start_crawler(Name=name)
        return self.until_ready(name)

    def until_ready(self, name: str) -> dict[str, Any]:
        while (crawler := self.glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
            time.sleep(0.02)
        return crawler

    def table(self, database: str, name: str) -> dict[str, Any]:
        return self.glue.get_table(DatabaseName=database, Name=name)["Table"]

    def columns(self, database: str, name: str) -> list[tuple[str, str]]:
        return [(one["Name"], one["Type"]) for one in self.table(database, name)["StorageDescriptor"]["Columns"]]

    def tables(self, database: str) -> list[str]:
        return sorted(one["Name"] for one in self.glue.get_tables(DatabaseName=database)["TableList"])

    def partitions(self, database: str, table: str) -> list[list[str]]:
        found = self.glue.get_partitions(DatabaseName=database, TableName=table)["Partitions"]
        return sorted(one["Values"] for one in found)

    def run(self, job: str, **given: Any) -> dict[str, Any]:
        """Start a job run and return it when it is over."""
        return self.until_over(job, self.glue.start_job_run(JobName=job, **given)["JobRunId"])

    def until_over(self, job: str, run_id: str) -> dict[str, Any]:
        while (run := self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])["JobRunState"] in RUN_UNDER_WAY:
            time.sleep(0.05)
        return run

    def log(self, run_id: str, stream: str) -> str:
        events = self.client("logs").get_log_events(
            logGroupName=f"/aws-glue/jobs/{stream}", logStreamName=run_id, startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    home = tmp_path_factory.mktemp("a home")  # with a blank, as in many people's paths
    running = server.start(home)
    started = Aws(running.url, home)
    iam = started.client("iam")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="worker", PolicyName="work", PolicyDocument=json.dumps(WORK))
    yield started
    running.stop()


@pytest.fixture
def alive():
    """Tell whether a process runs; one that only nobody has waited for yet does not."""

    def look(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    return look
