"""A local AWS of its own for each test module that asks for one."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import server


class Running:
    """A running server and clients for it that never try again."""

    def __init__(self, started: server.Server) -> None:
        self.server = started
        self.url = started.url
        self.home = started.home

    def client(self, service: str, **config: Any) -> Any:
        return client(self.url, service, **config)


def client(url: str, service: str, access_key: str = "x", token: str | None = None, **config: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key="x",
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}, **config),
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = server.start(tmp_path_factory.mktemp("aws"))
    yield Running(started)
    started.stop()


@pytest.fixture(scope="module")
def connect() -> Any:
    return client
