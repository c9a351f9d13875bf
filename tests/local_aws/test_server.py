"""Start and stop, one at a time, and what is there after a restart and after a kill."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.core.common_models import BaseModel

from local_aws import server
from local_aws.server import AlreadyRunning

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
WORK = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*", "glue:*", "logs:*"], "Resource": "*"}],
    }
)
STACK = json.dumps(
    {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "stacked"}},
            "Database": {
                "Type": "AWS::Glue::Database",
                "Properties": {"CatalogId": "123456789012", "DatabaseInput": {"Name": "stacked"}},
            },
        },
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}},
    }
)


class Process:
    """The command line's server on a free port."""

    def __init__(self, home, connect):
        command = [sys.executable, "-m", "local_aws", "--port", "0", "--home", str(home)]
        self.connect = connect
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "ready at " in line:
                self.url = line.split("ready at ")[1].split(",")[0]
                return
        raise AssertionError(self.process.stderr.read())

    def client(self, service):
        return self.connect(self.url, service)

    def end(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def process(tmp_path, connect):
    started = []

    def start():
        started.append(Process(tmp_path / "home", connect))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def wait_for(answer, wanted, seconds=60):
    until = time.monotonic() + seconds
    while answer() != wanted:
        assert time.monotonic() < until, f"still {answer()}, not {wanted}"
        time.sleep(0.1)


def fill(aws):
    """Make one of each kind of thing; return what to look for."""
    s3, glue, athena, iam = (aws.client(name) for name in ("s3", "glue", "athena", "iam"))
    s3.create_bucket(Bucket="wood")
    s3.put_bucket_versioning(Bucket="wood", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="wood", Key="trees/a.csv", Body=b"name,height\noak,3\n", Metadata={"n": "1"})
    s3.put_object(Bucket="wood", Key="trees/a.csv", Body=b"name,height\noak,30\nash,20\n", Metadata={"n": "2"})
    s3.delete_object(Bucket="wood", Key="gone")
    upload = s3.create_multipart_upload(Bucket="wood", Key="parts/x")["UploadId"]
    part = s3.upload_part(Bucket="wood", Key="parts/x", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    role = iam.create_role(RoleName="forester", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="forester", PolicyName="work", PolicyDocument=WORK)
    glue.create_database(DatabaseInput={"Name": "forest"})
    glue.create_crawler(
        Name="look", Role=role, DatabaseName="forest", Targets={"S3Targets": [{"Path": "s3://wood/trees/"}]}
    )
    glue.create_job(Name="fell", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://wood/job.py"})
    glue.start_crawler(Name="look")
    wait_for(lambda: glue.get_crawler(Name="look")["Crawler"]["State"], "READY")
    output = {"ResultConfiguration": {"OutputLocation": "s3://wood/results/"}}
    athena.create_work_group(Name="foresters", Configuration=output)
    query = athena.start_query_execution(
        QueryString="select name from trees order by height desc",
        QueryExecutionContext={"Database": "forest"},
        WorkGroup="foresters",
    )["QueryExecutionId"]
    wait_for(
        lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"], "SUCCEEDED"
    )
    aws.client("cloudformation").create_stack(StackName="stack", TemplateBody=STACK)
    wait_for(lambda: stack_status(aws), "CREATE_COMPLETE")
    aws.client("ses").verify_email_identity(EmailAddress="a@trees.example")
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/trees")
    logs.create_log_stream(logGroupName="/trees", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "timber"}
    logs.put_log_events(logGroupName="/trees", logStreamName="s", logEvents=[event])
    return {"old": old["VersionId"], "upload": upload, "part": part, "query": query, "role": role}


def stack_status(aws):
    return aws.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"]


def check(aws, known):
    """All that `fill` made is there and works."""
    s3, glue, athena = (aws.client(name) for name in ("s3", "glue", "athena"))
    newest = s3.get_object(Bucket="wood", Key="trees/a.csv")
    assert (newest["Body"].read(), newest["Metadata"]) == (b"name,height\noak,30\nash,20\n", {"n": "2"})
    older = s3.get_object(Bucket="wood", Key="trees/a.csv", VersionId=known["old"])
    assert (older["Body"].read(), older["Metadata"]) == (b"name,height\noak,3\n", {"n": "1"})
    assert [one["Key"] for one in s3.list_object_versions(Bucket="wood", Prefix="gone")["DeleteMarkers"]] == ["gone"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": known["part"]}]}
    s3.complete_multipart_upload(Bucket="wood", Key="parts/x", UploadId=known["upload"], MultipartUpload=parts)
    assert s3.get_bucket_versioning(Bucket="wood")["Status"] == "Enabled"
    columns = glue.get_table(DatabaseName="forest", Name="trees")["Table"]["StorageDescriptor"]["Columns"]
    assert [one["Name"] for one in columns] == ["name", "height"]
    assert glue.get_crawler(Name="look")["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
    assert glue.get_job(JobName="fell")["Job"]["Role"] == known["role"]
    rows = athena.get_query_results(QueryExecutionId=known["query"])["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["name", "oak", "ash"]
    assert athena.get_work_group(WorkGroup="foresters")["WorkGroup"]["State"] == "ENABLED"
    assert aws.client("ses").list_identities()["Identities"] == ["a@trees.example"]
    events = aws.client("logs").get_log_events(logGroupName="/trees", logStreamName="s")["events"]
    assert [one["message"] for one in events] == ["timber"]
    assert stack_status(aws) == "CREATE_COMPLETE"
    glue.start_crawler(Name="look")
    wait_for(lambda: glue.get_crawler(Name="look")["Crawler"]["State"], "READY")
    aws.client("cloudformation").delete_stack(StackName="stack")  # the stack still knows its resources
    wait_for(lambda: [one["Name"] for one in s3.list_buckets()["Buckets"]], ["wood"])
    with pytest.raises(ClientError):
        glue.get_database(Name="stacked")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_all_is_there_after_the_process_ended(process, number):
    aws = process()
    known = fill(aws)
    time.sleep(1)  # what ends by itself is written within half a second
    status, out, _ = aws.end(number)
    assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert ("stopped" in out) == (number == signal.SIGTERM)
    check(process(), known)


@pytest.mark.slow
def test_what_was_answered_before_a_kill_counts(process):
    """No pause at all between the last answer and the kill."""
    aws = process()
    aws.client("s3").create_bucket(Bucket="wood")
    aws.client("glue").create_database(DatabaseInput={"Name": "forest"})
    aws.client("iam").create_role(RoleName="forester", AssumeRolePolicyDocument=TRUST)
    os.kill(aws.process.pid, signal.SIGKILL)
    aws.process.wait()
    again = process()
    assert again.client("glue").get_database(Name="forest")["Database"]["Name"] == "forest"
    assert again.client("iam").get_role(RoleName="forester")["Role"]["RoleName"] == "forester"
    again.client("s3").put_object(Bucket="wood", Key="x", Body=b"x")


def test_a_restart_in_one_process(tmp_path, connect):
    first = server.start(tmp_path)
    connect(first.url, "s3").create_bucket(Bucket="wood")
    first.stop()
    second = server.start(tmp_path)
    try:
        assert [one["Name"] for one in connect(second.url, "s3").list_buckets()["Buckets"]] == ["wood"]
    finally:
        second.stop()


def test_another_home_starts_empty(tmp_path, connect):
    for name in ("one", "two"):
        started = server.start(tmp_path / name)
        try:
            assert connect(started.url, "s3").list_buckets()["Buckets"] == []
            connect(started.url, "s3").create_bucket(Bucket="wood")
        finally:
            started.stop()


def test_a_home_has_one_server(running):
    with pytest.raises(AlreadyRunning, match=f"process id {os.getpid()}"):
        server.start(running.home)


def test_a_port_has_one_server(tmp_path, running):
    port = int(running.url.rsplit(":", 1)[1])
    with pytest.raises(AlreadyRunning, match=f"Port {port}"):
        server._bind(None, port)


def test_it_listens_on_this_machine_only(running):
    assert running.url.startswith("http://127.0.0.1:")


def test_moto_keeps_no_list_of_all_it_ever_made(running):
    class Leaf(BaseModel):
        pass

    Leaf()
    assert Leaf.instances_tracked == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_objects_are_not_held_in_memory(running):
    """A hundred megabytes go in and out; what stays is a fraction of it."""

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    s3 = running.client("s3")
    s3.create_bucket(Bucket="heavy")
    body = zipfile_of_noise(5)
    s3.put_object(Bucket="heavy", Key="warm-up", Body=body)
    before = resident()
    for number in range(20):
        s3.put_object(Bucket="heavy", Key=f"k{number}", Body=body)
        s3.get_object(Bucket="heavy", Key=f"k{number}")["Body"].read()
    assert resident() - before < 40_000_000


def zipfile_of_noise(megabytes):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("noise", os.urandom(megabytes * 1_000_000))
    return out.getvalue()
