"""The services of docker-compose.yaml without Docker: both images' own files, a real PostgreSQL, and a report at the end."""

import email
import email.policy
import io
import json
import stat
from collections.abc import Iterator

import boto3
import openpyxl
import pytest

from laptop.airflow_rest import AirflowRest, RestError
from laptop.processes import wait_until
from laptop.stack import EVENTS_USER, Stack, read_names, stack_secrets
from tests.containers import images
from tests.containers.services import Services, postgres_programs
from tests.dags import report_lake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed (Debian's package postgresql)"),
]

LOAD, WEEKLY, CUSTOM = "coffee_shop_load", "coffee_shop_weekly_report", "coffee_shop_custom_report"


@pytest.fixture(scope="module")
def services(root, built) -> Iterator[Services]:
    """All services, as `docker compose up` starts them; `ready` has ended."""
    found = Services(root, built)
    try:
        found.up("ready")
        yield found
    finally:
        found.down()


@pytest.fixture(scope="module")
def stack(services) -> Stack:
    return Stack(services.root / "var/lib/coffee-shop", int(services.ports["4566"]), int(services.ports["8080"]))


@pytest.fixture(scope="module")
def airflow(stack) -> AirflowRest:
    return AirflowRest(stack)


def test_keys_are_made_once_and_only_their_owner_reads_them(services, stack):
    keys = {path.name: path for path in (stack.home / "keys").iterdir()}
    assert sorted(keys) == ["api_secret", "database", "fernet_key", "jwt_secret", "password"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [*keys.values()]} == {0o400}
    assert stat.S_IMODE((stack.home / "secrets.json").stat().st_mode) == 0o600
    before = {name: path.read_text() for name, path in keys.items()}
    assert len(set(before.values())) == 5
    services.run("keys")
    assert {name: path.read_text() for name, path in keys.items()} == before


def test_it_says_where_everything_is_and_no_password(services, stack):
    said = services.log("ready")
    assert f"http://127.0.0.1:{stack.airflow_port}   user admin" in said
    assert "docker compose exec api-server cat" in said
    secrets = [value for name, value in stack_secrets(stack).items() if name != "made_at"]
    secrets += [path.read_text() for path in (stack.home / "keys").iterdir()]
    logs = {path.name: path.read_text(errors="replace") for path in (services.root / "logs").iterdir()}
    assert sorted(logs) == [f"{name}.log" for name in sorted(services.services.keys() - {"pod", "sample", "upload"})]
    assert {name: secret for name, log in logs.items() for secret in secrets if secret in log} == {}


def test_no_service_is_given_a_secret_in_its_environment(services, stack):
    """What `docker inspect` would show."""
    secrets = [value for name, value in stack_secrets(stack).items() if name != "made_at"]
    secrets += [path.read_text() for path in (stack.home / "keys").iterdir()]
    for name in services.services.keys() - {"database"}:
        values = services.environment(name).values()
        assert [value for value in values if any(secret in value for secret in secrets)] == []


def test_airflow_is_on_postgresql(airflow, stack, services):
    database = (stack.home / "keys" / "database").read_text()
    assert database.startswith("postgresql+psycopg2://airflow:")
    assert database.endswith(f"@127.0.0.1:{services.ports['5432']}/airflow")
    assert airflow.call("GET", "/monitor/health")["metadatabase"] == {"status": "healthy"}
    assert not list((services.root / "var/lib/airflow").glob("*.db"))


@pytest.mark.parametrize("name", ["api-server", "scheduler", "dag-processor", "triggerer", "local-aws", "database"])
def test_healthy(services, name):
    assert services.is_healthy(name)


def test_the_load_and_the_report_without_a_schedule_are_on_and_the_schedules_are_off(airflow):
    paused = {dag["dag_id"]: dag["is_paused"] for dag in airflow.call("GET", "/dags?limit=100")["dags"]}
    assert {dag for dag, is_paused in paused.items() if not is_paused} == {LOAD, CUSTOM}
    assert len(paused) == 6


def test_lambda_s_user_may_start_runs_and_no_more(stack, airflow, monkeypatch):
    monkeypatch.setattr("laptop.airflow_rest.USER", EVENTS_USER)
    monkeypatch.setattr(
        "laptop.airflow_rest.stack_secrets", lambda _: {"password": stack_secrets(stack)["events_password"]}
    )
    events = AirflowRest(stack)
    assert events.call("GET", f"/dags/{LOAD}/dagRuns")["dag_runs"] == []
    with pytest.raises(RestError, match="HTTP 403"):
        events.set_variable_once("coffee_shop", "{}", "")


def test_a_report(services, stack, airflow, monkeypatch):
    environment = services.environment("scheduler") | read_names(stack)
    for name, value in environment.items():
        if name.startswith(("AWS_", "COFFEE_SHOP_")):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_PROFILE", "account")  # Airflow's own role may not make the lake's tables
    boto3.setup_default_session()
    assert read_names(stack).items() >= report_lake.NAMES.items()
    report_lake.make_lake()

    airflow.pause(WEEKLY, False)
    asked = {"from": "2019-04-22", "to": "2019-04-28", "mail": True, "recipients": ["manager@coffee-shop.example"]}
    run = airflow.trigger(WEEKLY, asked)
    assert airflow.wait_for_run(WEEKLY, run, 300) == "success", airflow.task_states(WEEKLY, run)

    s3 = boto3.client("s3")
    folder = s3.list_objects_v2(Bucket=report_lake.REPORTS, Prefix="weekly/2019-W17/")["Contents"]
    names = [entry["Key"].removeprefix("weekly/2019-W17/") for entry in folder]
    workbooks = ["customers.xlsx", "employees.xlsx", "inventory.xlsx", "sales.xlsx", "targets.xlsx"]
    assert sorted(names) == sorted([*workbooks, "summary.json"])
    for name in workbooks:
        body = s3.get_object(Bucket=report_lake.REPORTS, Key=f"weekly/2019-W17/{name}")["Body"].read()
        assert len(openpyxl.load_workbook(io.BytesIO(body)).sheetnames) > 2
    summary = json.loads(s3.get_object(Bucket=report_lake.REPORTS, Key="weekly/2019-W17/summary.json")["Body"].read())
    assert summary["headline"]["income"] == "66.00"

    (mail,) = (services.root / "var/lib/local-aws/mail").glob("*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert message["To"] == "manager@coffee-shop.example"
    assert sorted(part.get_filename() for part in message.iter_attachments()) == workbooks


def test_an_upload_s_event_starts_the_load(services, stack, airflow, tmp_path):
    """Of pastries alone: the load then waits for sales, which takes no Spark."""
    file = tmp_path / "pastry-inventory" / "a.csv"
    file.parent.mkdir()
    file.write_text("SalesOutletNo,TransactionDate,ProductNo,StoctQuantity,SoldQuantity,Waste,WastePercentage\n")
    services.services["upload"]["command"][-1] = str(tmp_path)
    services.run("upload")
    assert "s3://coffee-shop-raw-123456789012/pastry-inventory/a.csv" in services.log("upload")
    wait_until(lambda: bool(airflow.call("GET", f"/dags/{LOAD}/dagRuns")["dag_runs"]), 30)
    (run,) = airflow.call("GET", f"/dags/{LOAD}/dagRuns")["dag_runs"]
    assert run["dag_run_id"].startswith("upload-")
    assert run["note"] == "s3://coffee-shop-raw-123456789012/pastry-inventory/a.csv"


def test_dead_letters_can_be_replayed(services):
    """As docs/docker-compose.md shows: another command in the container of a service that runs once."""
    command = "python -m infrastructure.replay --stack coffee-shop"
    page = (images.ROOT / "docs" / "docker-compose.md").read_text()
    assert f"docker compose run --rm upload {command}`" in page
    services.services["upload"]["command"] = command.split()
    services.run("upload")
