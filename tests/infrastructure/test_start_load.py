"""The Lambda against a small HTTP server that answers as Airflow's REST API does.

The whole path, with the real Airflow, runs in tests/smoke. InvokeRestApi is stubbed: MWAA has no local stand-in.
"""

import json

import boto3
import pytest
from botocore.stub import Stubber

from infrastructure import start_load
from tests.infrastructure.fake_airflow import fake_airflow

DAG = "coffee_shop_load"


def event(key, version="v1", **more):
    item = {"key": key, "size": 3, "etag": "e1", "sequencer": "0055AED6DCD90281E5"} | more
    if version:
        item["version-id"] = version
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": "raw"}, "object": item}}


@pytest.fixture
def airflow(monkeypatch):
    secrets = boto3.client("secretsmanager", region_name="us-east-1")
    with fake_airflow() as server:
        server.secret = dict(server.user)
        monkeypatch.setattr(secrets, "get_secret_value", lambda SecretId: {"SecretString": json.dumps(server.secret)})  # noqa: N803
        monkeypatch.setattr(boto3, "client", lambda name, **options: secrets)
        monkeypatch.delenv("MWAA_ENVIRONMENT", raising=False)
        monkeypatch.setenv("AIRFLOW_URL", f"{server.url}/")
        monkeypatch.setenv("AIRFLOW_SECRET_ID", "airflow")
        monkeypatch.setenv("DAG_ID", DAG)
        yield server


def test_an_object_starts_a_run_named_after_it(airflow):
    start_load.handler(event("sales-reciept/day.csv"), None)
    # sha256 of "raw\nsales-reciept/day.csv\nv1"
    assert airflow.bodies == [
        {
            "dag_run_id": "upload-f44246deb38dae5b0201cf37",
            "logical_date": None,
            "conf": {"bucket": "raw", "key": "sales-reciept/day.csv", "version": "v1", "etag": "e1"},
            "note": "s3://raw/sales-reciept/day.csv",
        }
    ]


def test_the_same_event_twice_is_one_run(airflow):
    start_load.handler(event("sales-reciept/day.csv"), None)
    assert "started before" in start_load.handler(event("sales-reciept/day.csv"), None)["done"]
    assert len(airflow.runs) == 1


def test_a_new_version_of_a_key_is_another_run(airflow):
    start_load.handler(event("sales-reciept/day.csv", "v1"), None)
    start_load.handler(event("sales-reciept/day.csv", "v2"), None)
    assert len(airflow.runs) == 2


def test_without_versions_the_sequencer_tells_uploads_apart(airflow):
    start_load.handler(event("a.csv", None, sequencer="01"), None)
    start_load.handler(event("a.csv", None, sequencer="02"), None)
    assert len(airflow.runs) == 2


@pytest.mark.parametrize("key", ["a b.csv", "a+b.csv", "caffè/é.csv", "x" * 1020 + ".csv"])
def test_keys_come_as_they_are(airflow, key):
    start_load.handler(event(key), None)
    assert airflow.bodies[0]["conf"]["key"] == key
    assert len(airflow.bodies[0]["note"]) <= 1000


def test_a_queued_run_will_find_the_object(airflow):
    airflow.runs["scheduled"] = "queued"
    assert start_load.handler(event("a.csv"), None)["done"] == "scheduled is queued and not started: it will find a.csv"
    assert list(airflow.runs) == ["scheduled"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("sales-reciept/", "it is a folder marker"),
        ("sales-reciept/day.xlsx", "its name does not end in .csv"),
        ("sales-reciept/day.csv.gz", "its name does not end in .csv"),
        ("sales-reciept/._day.csv", "its name, or that of a folder above it, begins with . or _"),
        ("sales-reciept/_temporary/0/day.csv", "its name, or that of a folder above it, begins with . or _"),
        ("sales-reciept/archive/day.csv", "it is in a folder archive/"),
        ("sales-reciept/2019/Archive/old/day.csv", "it is in a folder archive/"),
    ],
)
def test_what_is_not_read_starts_nothing(airflow, key, reason):
    assert start_load.handler(event(key), None)["done"] == f"{key} starts no load, because {reason}"
    assert airflow.runs == {}


@pytest.mark.parametrize(
    "key", ["sales-receipt/DAY.CSV", "sales-reciept/archive.csv", "sales-reciept/my archive/a.Csv"]
)
def test_csv_in_any_case_starts_a_run(airflow, key):
    start_load.handler(event(key), None)
    assert len(airflow.runs) == 1


def test_a_wrong_password_is_raised_so_that_lambda_tries_again(airflow):
    airflow.secret = {"username": "caller", "password": "old"}
    with pytest.raises(start_load.AirflowError, match="401"):
        start_load.handler(event("a.csv"), None)


def test_airflow_restarting_is_raised(airflow):
    airflow.broken = True
    with pytest.raises(start_load.AirflowError, match="503"):
        start_load.handler(event("a.csv"), None)


def test_a_slow_airflow_is_not_waited_for_and_its_run_is_not_started_again(airflow, monkeypatch):
    monkeypatch.setenv("AIRFLOW_TIMEOUT_SECONDS", "0.2")
    airflow.seconds = 1.0
    with pytest.raises(TimeoutError):
        start_load.handler(event("a.csv"), None)
    airflow.seconds = 0.0
    start_load.handler(event("a.csv"), None)
    assert len(airflow.runs) == 1


def test_a_paused_dag_keeps_one_run_queued_for_all_uploads(airflow):
    start_load.handler(event("a.csv"), None)
    airflow.runs = dict.fromkeys(airflow.runs, "queued")  # what a paused DAG does
    assert "is queued and not started" in start_load.handler(event("b.csv"), None)["done"]
    assert len(airflow.runs) == 1


def test_airflow_away_is_raised(airflow, monkeypatch):
    monkeypatch.setenv("AIRFLOW_URL", "http://127.0.0.1:9")
    with pytest.raises(OSError, match="refused"):
        start_load.handler(event("a.csv"), None)


def test_mwaa_is_called_through_its_own_api(monkeypatch):
    monkeypatch.setenv("MWAA_ENVIRONMENT", "shop")
    monkeypatch.setenv("DAG_ID", DAG)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    mwaa = boto3.client("mwaa", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(boto3, "client", lambda name, **options: mwaa)
    path = f"/dags/{DAG}/dagRuns"
    body = {
        "dag_run_id": start_load.run_id("raw", "a.csv", "v1"),
        "logical_date": None,
        "conf": {"bucket": "raw", "key": "a.csv", "version": "v1", "etag": "e1"},
        "note": "s3://raw/a.csv",
    }
    with Stubber(mwaa) as stub:
        queued = {"Name": "shop", "Method": "GET", "Path": path, "QueryParameters": {"state": "queued", "limit": "1"}}
        stub.add_response("invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": {"dag_runs": []}}, queued)
        stub.add_client_error(
            "invoke_rest_api",
            "RestApiClientException",
            http_status_code=400,
            expected_params={"Name": "shop", "Method": "POST", "Path": path, "Body": body},
            modeled_fields={"RestApiStatusCode": 409, "RestApiResponse": {"detail": "exists"}},
        )
        assert "started before" in start_load.handler(event("a.csv"), None)["done"]
        stub.assert_no_pending_responses()
    assert len(path) <= 64
