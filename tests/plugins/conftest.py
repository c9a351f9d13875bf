"""Airflow's API server with the plugin, users of its own, and documents in buckets of a local AWS."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws_process import KEY, running_local_aws

ROOT = Path(__file__).resolve().parents[2]

# Airflow reads its environment when it is imported; tests of the DAGs in the same session have set most of it
_HOME = Path(os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-of-page-tests-")))
_USERS = {"boss": "admin", "operator": "user", "guest": "viewer"}
_PASSWORDS = _HOME / "passwords-of-page-tests.json"
_PASSWORDS.write_text(json.dumps({name: f"{name}-password" for name in _USERS}))
for _name, _value in {
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
}.items():
    os.environ.setdefault(_name, _value)
os.environ.update(
    {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in _USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_PASSWORDS),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-" * 4,
    }
)


@pytest.fixture(scope="session")
def airflow_app() -> Any:
    """Airflow's API server, with a database of its own, three users and the plugin."""
    from airflow.utils import db

    db.initdb()
    from airflow.api_fastapi.app import create_app

    return create_app()


@pytest.fixture(scope="session")
def client(airflow_app: Any) -> Any:
    """Somebody who has not signed in."""
    from fastapi.testclient import TestClient

    return TestClient(airflow_app, follow_redirects=False)


@pytest.fixture(scope="session")
def boss(client: Any) -> dict[str, str]:
    """The headers of a user who may do everything."""
    return _sign_in(client, "boss")


@pytest.fixture(scope="session")
def operator(client: Any) -> dict[str, str]:
    """The headers of a user who may start runs."""
    return _sign_in(client, "operator")


@pytest.fixture(scope="session")
def guest(client: Any) -> dict[str, str]:
    """The headers of a user who may only look."""
    return _sign_in(client, "guest")


def _sign_in(client: Any, name: str) -> dict[str, str]:
    answer = client.post("/auth/token", json={"username": name, "password": f"{name}-password"})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An S3 client of a local AWS."""
    import boto3

    with running_local_aws(tmp_path_factory.mktemp("local-aws-of-pages"), {"PATH": os.environ["PATH"]}) as url:
        yield boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=KEY["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEY["AWS_SECRET_ACCESS_KEY"],
        )


_NUMBERS = count(1)


@pytest.fixture
def bucket_of(s3: Any) -> Any:
    """Make a bucket of some objects, by key; what is no bytes becomes JSON."""
    from coffee_shop_reports_app.bucket import Bucket

    def make(objects: Mapping[str, Any]) -> Bucket:
        name = f"bucket-of-pages-{next(_NUMBERS)}"
        s3.create_bucket(Bucket=name)
        for key, value in objects.items():
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            s3.put_object(Bucket=name, Key=key, Body=body)
        return Bucket(s3, name)

    return make


@pytest.fixture
def pages_of(bucket_of: Any) -> Iterator[Any]:
    """Let the pages read a reports bucket and a state bucket of some objects."""
    from coffee_shop_reports_app.bucket import reports_bucket, state_bucket
    from coffee_shop_reports_app.web import app

    def fill(reports: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        buckets = bucket_of(reports), bucket_of(state)
        app.dependency_overrides[reports_bucket] = lambda: buckets[0]
        app.dependency_overrides[state_bucket] = lambda: buckets[1]

    yield fill
    app.dependency_overrides.clear()


@pytest.fixture(scope="session")
def known_dags(airflow_app: Any) -> None:
    """The DAGs, as the DAG processor would have told the API server about them."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    for name in ("coffee_shop_reports.py", "coffee_shop_load.py"):
        bag = DagBag(dag_folder=str(ROOT / "dags" / name), bundle_path=ROOT / "dags")
        assert not bag.import_errors
        sync_bag_to_db(bag, "dags-folder", None)


@pytest.fixture
def no_runs(airflow_app: Any) -> Iterator[None]:
    """Forget the runs that a test starts."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    yield
    with create_session() as session:
        session.execute(delete(DagRun))
