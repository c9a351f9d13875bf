from typing import Any

import boto3
import pytest
from botocore import session
from botocore.loaders import JSONFileLoader

from laptop import scheduler


def test_a_task_makes_its_clients_without_reading_what_the_services_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(session, "create_loader", session.create_loader)  # as it was, after the test
    scheduler.read_services()

    def refuse(loader: Any, path: str) -> None:
        raise AssertionError(f"read again: {path}")

    monkeypatch.setattr(JSONFileLoader, "load_file", refuse)
    for service in scheduler.SERVICES:
        client: Any = boto3.Session().client
        assert client(service).meta.service_model.service_name == service
