"""A local AWS of its own, in a process of its own: it lives in another virtual environment."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.local_aws_process import KEY, running_local_aws

AWS = {
    **KEY,
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
    with running_local_aws(aws_home.parent, {**os.environ, **KEY, "LOCAL_AWS_LAMBDA_RETRY_SECONDS": "1,1"}) as url:
        yield url


@pytest.fixture(scope="module")
def aws(aws_url: str) -> Iterator[Any]:
    """Send every boto3 call of this process to the local AWS; returns what makes a client."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**AWS, "AWS_ENDPOINT_URL": aws_url}.items():
            patch.setenv(name, value)
        yield boto3.Session().client
