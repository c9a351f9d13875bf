"""Airflow's API server with the plugin, users of its own, and reports in a bucket of made-up objects."""

import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Airflow reads its environment when it is imported; tests of the DAGs in the same session have set most of it
_HOME = Path(os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-of-page-tests-")))
_PASSWORDS = _HOME / "passwords-of-page-tests.json"
_PASSWORDS.write_text(json.dumps({"boss": "boss-password", "guest": "guest-password"}))
for _name, _value in {
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
}.items():
    os.environ.setdefault(_name, _value)
os.environ.update(
    {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "boss:admin,guest:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_PASSWORDS),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-" * 4,
    }
)


class Bucket:
    """An S3 client with the two calls that the page makes, on objects in memory."""

    class exceptions:  # noqa: N801
        class NoSuchKey(Exception):
            pass

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, operation: str) -> "Bucket":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        yield {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey(Key)
        body = io.BytesIO(self.objects[Key])
        body.iter_chunks = lambda: iter([self.objects[Key]])  # type: ignore[attr-defined]
        return {"Body": body}


@pytest.fixture(scope="session")
def airflow_app() -> Any:
    """Airflow's API server, with a database of its own, two users and the plugin."""
    from airflow.utils import db

    db.initdb()
    from airflow.api_fastapi.app import create_app

    return create_app()


@pytest.fixture(scope="session")
def client(airflow_app: Any) -> Any:
    """Somebody who has not signed in."""
    from fastapi.testclient import TestClient

    return TestClient(airflow_app)


@pytest.fixture(scope="session")
def boss(client: Any) -> dict[str, str]:
    """The headers of a user who may do everything."""
    return _sign_in(client, "boss")


@pytest.fixture(scope="session")
def guest(client: Any) -> dict[str, str]:
    """The headers of a user who may only look."""
    return _sign_in(client, "guest")


def _sign_in(client: Any, name: str) -> dict[str, str]:
    answer = client.post("/auth/token", json={"username": name, "password": f"{name}-password"})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def reports_bucket_of() -> Iterator[Any]:
    """Fill the page's reports bucket with objects."""
    from coffee_shop_reports_app.bucket import ReportsBucket, reports_bucket
    from coffee_shop_reports_app.web import app

    def fill(objects: dict[str, bytes]) -> None:
        app.dependency_overrides[reports_bucket] = lambda: ReportsBucket(Bucket(objects), "reports")

    yield fill
    app.dependency_overrides.clear()


@pytest.fixture(scope="session")
def known_dags(airflow_app: Any) -> None:
    """The report DAGs, as the DAG processor would have told the API server about them."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=str(ROOT / "dags" / "coffee_shop_reports.py"), bundle_path=ROOT / "dags")
    assert not bag.import_errors
    sync_bag_to_db(bag, "dags-folder", None)
