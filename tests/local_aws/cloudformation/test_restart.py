"""Stacks over a restart of the local AWS, planned or not. Its servers are its own: one process has one at a time."""

import json
import re
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError

from local_aws import server
from local_aws.cloudformation.stacks import INTERRUPTED

from .conftest import Aws, bucket, database


def template(**resources):
    return {"Resources": resources}


def test_stacks_outlive_the_server(tmp_path):
    running = server.start(tmp_path)
    first = Aws(running.url, tmp_path)
    first.create("long", template(Shed=bucket("lasting-shed"), Plants=database("lasting")))
    running.stop()
    running = server.start(tmp_path)
    try:
        again = Aws(running.url, tmp_path)
        assert again.ids("long") == {"Shed": "lasting-shed", "Plants": "lasting"}
        assert again.update("long", template(Shed=bucket("lasting-shed")))["StackStatus"] == "UPDATE_COMPLETE"
        with pytest.raises(ClientError, match="EntityNotFound"):
            again.client("glue").get_database(Name="lasting")
    finally:
        running.stop()


@pytest.mark.slow
def test_a_killed_server_leaves_a_stack_that_can_be_removed(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-m", "local_aws", "--port", "0", "--home", str(tmp_path / "home")]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        while not (found := re.search(r"ready at (\S+),", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        first = Aws(found[1], tmp_path)
        many = template(**{f"Bed{number}": bucket(f"killed-{number}") for number in range(60)})
        first.stacks.create_stack(StackName="killed", TemplateBody=json.dumps(many))
        while len(first.buckets()) < 3:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    running = server.start(tmp_path / "home")
    try:
        again = Aws(running.url, tmp_path)
        stack = again.stacks.describe_stacks(StackName="killed")["Stacks"][0]
        assert (stack["StackStatus"], stack["StackStatusReason"]) == ("CREATE_FAILED", INTERRUPTED)
        assert again.delete("killed")["StackStatus"] == "DELETE_COMPLETE"
        assert again.buckets() == set()
    finally:
        running.stop()
