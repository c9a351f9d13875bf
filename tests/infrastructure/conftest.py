"""A local AWS of its own, in a process of its own: it lives in another virtual environment."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCAL_AWS_PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="module")
def aws_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the local AWS's state."""
    return tmp_path_factory.mktemp("local-aws") / "aws"


@pytest.fixture(scope="module")
def aws_url(aws_home: Path) -> Iterator[str]:
    """Address of the local AWS, whose Lambda tries again after a second."""
    log = aws_home.with_name("server.log")
    with log.open("wb") as out:
        server = subprocess.Popen(
            [str(LOCAL_AWS_PYTHON), "-m", "local_aws", "--port", "0", "--home", str(aws_home)],
            cwd=ROOT,
            env={**os.environ, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "1,1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _url(server, log)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _url(server: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        if found := re.search(r"ready at (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"The local AWS did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def aws(aws_url: str) -> Iterator[Any]:
    """Send every boto3 call of this process to the local AWS; returns what makes a client."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**AWS, "AWS_ENDPOINT_URL": aws_url}.items():
            patch.setenv(name, value)
        yield boto3.Session().client
