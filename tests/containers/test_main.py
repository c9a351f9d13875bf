"""What the containers of Airflow's image run: `python -m containers`."""

import json
import stat
import sys
from argparse import Namespace
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from containers import __main__ as containers
from laptop.stack import Stack, stack_secrets


@pytest.fixture
def stack(tmp_path, monkeypatch) -> Stack:
    """An empty volume of keys, and the places that airflow.env names."""
    monkeypatch.setenv("DATABASE_ADDRESS", "airflow@127.0.0.1:5432/airflow")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "database-password" / "password"))
    monkeypatch.setenv("ACCOUNT_KEY_FILE", str(tmp_path / "account-key" / "aws.ini"))
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(tmp_path / "airflow" / "passwords"))
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://127.0.0.1:8080")
    return Stack(tmp_path / "coffee-shop", 4566, 8080)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_only_their_owner_reads_them(stack, tmp_path):
    containers.make_keys(stack, Namespace())
    keys = {path.name: path for path in (stack.home / "keys").iterdir()}
    assert sorted(keys) == ["api_secret", "database", "fernet_key", "jwt_secret", "password"]
    assert {mode(path) for path in keys.values()} == {0o400}
    assert mode(stack.home / "secrets.json") == 0o600
    made = {name: path.read_text() for name, path in keys.items()}
    assert len(set(made.values())) == 5
    containers.make_keys(stack, Namespace())
    assert {name: path.read_text() for name, path in keys.items()} == made


def test_the_database_s_password_and_the_account_s_key_lie_apart(stack, tmp_path):
    containers.make_keys(stack, Namespace())
    password = (tmp_path / "database-password" / "password").read_text()
    address = (stack.home / "keys" / "database").read_text()
    assert address == f"postgresql+psycopg2://airflow:{password}@127.0.0.1:5432/airflow"
    assert len(password) > 30
    assert mode(tmp_path / "database-password" / "password") == 0o444
    assert mode(tmp_path / "account-key" / "aws.ini") == 0o400
    assert (tmp_path / "account-key" / "aws.ini").read_text() == stack.aws_profiles.read_text()


def test_the_set_up_migrates_writes_the_passwords_and_deploys(stack, tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(containers.subprocess, "run", lambda words, check: done.append(words))
    monkeypatch.setattr(containers.processes, "deploy", done.append)
    containers.set_up(stack, Namespace())
    assert done == [["airflow", "db", "migrate"], stack]
    passwords = tmp_path / "airflow" / "passwords"
    secrets = stack_secrets(stack)
    assert json.loads(passwords.read_text()) == {"admin": secrets["password"], "start-load": secrets["events_password"]}
    assert mode(passwords) == 0o600


def test_a_program_gets_the_names_that_the_template_gave(stack, monkeypatch):
    stack.names_file.parent.mkdir(parents=True)
    stack.names_file.write_text("COFFEE_SHOP_STACK=coffee-shop\n")
    became = []
    monkeypatch.setattr(containers.os, "execvpe", lambda *words: became.append(words))
    containers.run(stack, Namespace(program=["airflow", "api-server"]))
    ((program, words, environment),) = became
    assert (program, words) == ("airflow", ["airflow", "api-server"])
    assert environment["COFFEE_SHOP_STACK"] == "coffee-shop"
    assert environment["COFFEE_SHOP_START_DATE"] == stack_secrets(stack)["made_at"]


@pytest.fixture
def airflow(stack) -> Iterator[Stack]:
    """An Airflow whose scheduler is well, whose triggerer is not, and that has no DAG processor."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            parts = {"scheduler": "healthy", "triggerer": "unhealthy", "dag_processor": None}
            self.wfile.write(json.dumps({name: {"status": status} for name, status in parts.items()}).encode())

        def log_message(self, *words):
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Stack(stack.home, 4566, server.server_port)
        server.shutdown()


@pytest.mark.parametrize(
    ("part", "status", "says"),
    [
        ("scheduler", 0, ""),
        ("triggerer", 1, "triggerer is unhealthy"),
        ("dag_processor", 1, "dag_processor is not there"),
    ],
)
def test_health(airflow, monkeypatch, capsys, part, status, says):
    monkeypatch.setattr(sys, "argv", ["containers", "health", part])
    monkeypatch.setattr(containers, "stack_from_environment", lambda: airflow)
    assert containers.main() == status
    assert says in capsys.readouterr().err


def test_ready_says_where_everything_is_and_no_password(stack, monkeypatch, capsys):
    monkeypatch.setattr(containers, "AirflowRest", lambda stack: stack)
    monkeypatch.setattr(containers.demo, "open_shop", lambda airflow: None)
    containers.get_ready(stack, Namespace())
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8080   user admin" in said
    assert "docker compose exec api-server cat" in said
    assert [value for value in stack_secrets(stack).values() if value in said] == []


def test_a_folder_without_files_is_named(stack, tmp_path):
    stack.names_file.parent.mkdir(parents=True)
    stack.names_file.write_text("COFFEE_SHOP_RAW_BUCKET=raw\n")
    with pytest.raises(FileNotFoundError, match=r"There is no \.csv file in .*: mount a folder with prefixes there"):
        containers.upload_files(stack, Namespace(folder=tmp_path / "files"))
