"""A local AWS of its own for the Glue tests, with a role that Glue may assume."""

import io
import os
import textwrap
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.local_aws.conftest import LocalAws, document, wait_until
from tests.local_aws_process import running_local_aws

ARN = "arn:aws:iam::123456789012:role/"
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources) or "*"}


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


class Aws(LocalAws):
    """The running local AWS and what the tests do with it again and again."""

    def __init__(self, url, home):
        super().__init__(url, home)
        self.s3, self.glue, self.iam, self.logs = (self.client(name) for name in ("s3", "glue", "iam", "logs"))

    def role(self, name, *statements, trust=TRUST):
        if name not in [role["RoleName"] for role in self.iam.list_roles()["Roles"]]:
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return ARN + name

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def crawler(self, name, *folders, role=ARN + "worker", **settings):
        targets = {"S3Targets": [{"Path": f"s3://{folder}"} for folder in folders]}
        request = {"Name": name, "Role": role, "DatabaseName": "forest", "Targets": targets}
        self.glue.create_crawler(**request | settings)

    def crawl(self, name):
        self.glue.start_crawler(Name=name)
        while (crawler := self.glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
            time.sleep(0.02)
        return crawler["LastCrawl"]

    def table(self, name):
        return self.glue.get_table(DatabaseName="forest", Name=name)["Table"]

    def columns(self, name):
        return [(column["Name"], column["Type"]) for column in self.table(name)["StorageDescriptor"]["Columns"]]

    def partitions(self, table, **asked):
        answer = self.glue.get_partitions(DatabaseName="forest", TableName=table, **asked)
        return sorted(partition["Values"] for partition in answer["Partitions"])

    def job(self, name, script, role=ARN + "worker", **settings):
        self.put("scripts", f"{name}.py", textwrap.dedent(script))
        command = {"Name": "glueetl", "ScriptLocation": f"s3://scripts/{name}.py"}
        self.glue.create_job(**{"Name": name, "Role": role, "Command": command, "GlueVersion": "5.1"} | settings)

    def run(self, name, **given):
        return self.until_over(name, self.glue.start_job_run(JobName=name, **given)["JobRunId"])

    def until_over(self, name, run_id):
        while (run := self.state(name, run_id))["JobRunState"] in ("STARTING", "RUNNING", "STOPPING"):
            time.sleep(0.05)
        return run

    def state(self, name, run_id):
        return self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]

    def log(self, run_id, stream="output"):
        place = {"logGroupName": f"/aws-glue/jobs/{stream}", "logStreamName": run_id}
        try:
            events = self.logs.get_log_events(**place, startFromHead=True)["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return ""
        return "\n".join(event["message"] for event in events)

    def permissions(self, session):
        """What Glue needed as a role: action, resource, allowed."""
        lines = [line for line in self.record() if line["caller"].endswith(session)]
        return [(line["action"], line["resource"], line["allowed"]) for line in lines]


def started(home, url):
    running = Aws(url, home)
    running.role("worker", allow(["s3:*", "glue:*", "logs:*"]))
    for bucket in ("scripts", "forest"):
        running.s3.create_bucket(Bucket=bucket)
    running.glue.create_database(DatabaseInput={"Name": "forest"})
    return running


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    home = tmp_path_factory.mktemp("a home")  # with a blank, as in many people's paths
    # Hadoop's `chmod` for each file and folder is what a large load would wait for: here it fails
    chmod = tmp_path_factory.mktemp("programs") / "chmod"
    chmod.write_text("#!/bin/sh\nexit 1\n")
    chmod.chmod(0o755)
    changed = {"LOCAL_AWS_GLUE_MINUTE": "2", "PATH": f"{chmod.parent}:{os.environ['PATH']}"}
    with running_local_aws(home, {**os.environ, **changed}) as url:
        yield started(home / "aws", url)


def until(condition):
    assert wait_until(condition, 60), "waited a minute in vain"


def alive(pid):
    """Tell whether a process runs; one that only nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
