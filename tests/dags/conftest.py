"""Airflow on a database of its own, and a local AWS, for the tests of the DAGs."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws_process import running_local_aws

ROOT = Path(__file__).resolve().parents[2]

# Airflow reads its environment when it is imported, which the collection of the tests does
_HOME = tempfile.mkdtemp(prefix="airflow-of-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith(("AIRFLOW", "AWS_", "COFFEE_SHOP_"))]:
    del os.environ[_name]
os.environ.update(
    {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "COFFEE_SHOP_DEFERRABLE": "0",
        "COFFEE_SHOP_POLL_SECONDS": "0.2",
        "COFFEE_SHOP_FILES_WAIT_SECONDS": "2",
        "AIRFLOW_VAR_COFFEE_SHOP": '{"quiet_minutes": 0, "mail_recipients": ["manager@coffee-shop.example"]}',
    }
)


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """A new Airflow database."""
    from airflow.utils import db

    db.initdb()


@pytest.fixture(scope="module", autouse=True)
def no_clients_yet() -> None:
    """No clients of the AWS of the module before: here tasks run in one process, and elsewhere in one each."""
    from coffee_shop import aws

    aws._client.cache_clear()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the module's local AWS: its log, and its state below `aws`."""
    return tmp_path_factory.mktemp("local-aws")


@pytest.fixture(scope="module")
def local_aws(home: Path) -> Iterator[str]:
    """The address of a local AWS with nothing in it; every AWS call goes there."""
    with running_local_aws(home, os.environ) as url:
        os.environ["AWS_ENDPOINT_URL"] = url
        yield url
        del os.environ["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def s3(local_aws: str) -> Any:
    """An S3 client of the local AWS."""
    import boto3

    return boto3.client("s3", endpoint_url=local_aws)
