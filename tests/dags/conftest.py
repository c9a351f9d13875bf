"""Airflow on a database of its own, and the local AWS with the template applied, for the tests of the DAGs."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCAL_AWS_PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"

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
        "COFFEE_SHOP_POLL_SECONDS": "1",
        "COFFEE_SHOP_FILES_WAIT_SECONDS": "2",
        "AIRFLOW_VAR_COFFEE_SHOP": '{"quiet_minutes": 0, "mail_recipients": ["manager@coffee-shop.example"]}',
    }
)


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """A new Airflow database."""
    from airflow.utils import db

    db.initdb()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the module's local AWS: its log, and its state below `aws`."""
    return tmp_path_factory.mktemp("local-aws")


@pytest.fixture(scope="module")
def local_aws(home: Path) -> Iterator[str]:
    """The address of a local AWS in a process of its own, with nothing in it; every AWS call goes there."""
    log = home / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    with log.open("wb") as out:
        server = subprocess.Popen(
            [str(LOCAL_AWS_PYTHON), "-m", "local_aws", "--port", "0", "--home", str(home / "aws")],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        url = _wait_for_url(server, log)
        os.environ["AWS_ENDPOINT_URL"] = url
        yield url
    finally:
        os.environ.pop("AWS_ENDPOINT_URL", None)
        server.terminate()
        server.wait(timeout=20)


def _wait_for_url(server: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            return found.group()
        time.sleep(0.1)
    raise RuntimeError(f"The local AWS did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def s3(local_aws: str) -> Any:
    """An S3 client of the local AWS."""
    import boto3

    return boto3.client("s3", endpoint_url=local_aws)


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, local_aws: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The names that the template made in the local AWS, in the environment as well.

    A test module may have DEPLOY_OPTIONS of its own.
    """
    file = tmp_path_factory.mktemp("stack") / "coffee_shop.env"
    deploy(file, *getattr(request.module, "DEPLOY_OPTIONS", ()))
    names = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    os.environ.update(names)
    yield names
    for name in names:
        del os.environ[name]


def deploy(env_file: Path, *options: str) -> None:
    """Apply the template to the local AWS and write the names that it made."""
    command = [sys.executable, "-m", "infrastructure.deploy", "--stack", "coffee-shop", "--env-file", str(env_file)]
    command += options
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
