"""docker-compose.yaml by the Compose specification's schema, and what must hold beyond it."""

import copy
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from containers import __main__ as containers
from laptop.stack import Stack, airflow_environment

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yaml"
FILE = yaml.safe_load(COMPOSE.read_text())
SERVICES = FILE["services"]
ONCE = ["keys", "set-up", "ready", "sample", "upload"]
PROGRAMS = ["api-server", "scheduler", "dag-processor", "triggerer"]

each_service = pytest.mark.parametrize("name", SERVICES)


def env_file():
    """Return the settings of the Airflow services."""
    lines = (ROOT / "containers" / "airflow.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def by_the_schema(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_schema_of_the_compose_specification():
    done = by_the_schema(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "wrong",
    [{"ports": "127.0.0.1:8080:8080"}, {"depends_on": {"pod": {"condition": "healthy"}}}, {"read-only": True}],
    ids=["ports are a list", "no such condition", "no such key"],
)
def test_the_schema_refuses_what_is_wrong(wrong, tmp_path):
    content = copy.deepcopy(FILE)
    content["services"]["scheduler"] |= wrong
    (tmp_path / "docker-compose.yaml").write_text(yaml.safe_dump(content))
    done = by_the_schema(tmp_path / "docker-compose.yaml")
    assert done.returncode == 1
    assert "services.scheduler" in done.stdout


def has_compose():
    return bool(shutil.which("docker")) and (
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not has_compose(), reason="docker has no compose plugin here")
def test_docker_compose_reads_it():
    done = subprocess.run(
        ["docker", "compose", "--file", str(COMPOSE), "config", "--quiet"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_services():
    assert sorted(SERVICES) == sorted(["pod", "database", "local-aws", *PROGRAMS, *ONCE])


@each_service
def test_ports_are_the_machine_s_own_only(name):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_ui_alone_is_published():
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"pod"}
    assert SERVICES["pod"]["ports"] == ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]


def test_local_aws_and_database_listen_on_127_0_0_1_alone():
    # that the local AWS listens there is tried in tests/local_aws/test_server.py
    assert SERVICES["local-aws"]["command"][:3] == ["python", "-m", "local_aws"]
    assert SERVICES["database"]["command"] == ["postgres", "-c", "listen_addresses=127.0.0.1"]


@each_service
def test_all_share_one_network(name):
    alone = {"pod": None, "keys": "none"}
    assert SERVICES[name].get("network_mode") == alone.get(name, "service:pod")


@each_service
def test_a_service_has_a_health_check_or_runs_once(name):
    assert ("healthcheck" in SERVICES[name]) != (name in ONCE)
    if name in ONCE:
        assert "restart" not in SERVICES[name]


@each_service
def test_a_condition_fits_what_is_waited_for(name):
    conditions = {other: waits["condition"] for other, waits in SERVICES[name].get("depends_on", {}).items()}
    assert conditions == {
        other: "service_completed_successfully" if other in ONCE else "service_healthy" for other in conditions
    }


@each_service
def test_confined(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & service.keys()
    # named volumes only: nothing of the machine's files, the engine's socket least of all
    assert {mount.split(":")[0] for mount in service.get("volumes", [])} <= FILE["volumes"].keys()


def test_no_service_runs_as_root():
    # the two Dockerfiles end with a user of their own: test_dockerfiles.py
    assert {name: service.get("user") for name, service in SERVICES.items() if "build" not in service} == {
        "database": "postgres"
    }


@each_service
def test_the_program_of_a_command_exists(name, monkeypatch):
    command = SERVICES[name]["command"]
    if command[:3] == ["python", "-m", "containers"]:
        monkeypatch.setattr(sys, "argv", command[2:])
        command = getattr(containers.parse_arguments(), "program", None)
    if command:
        check_program(command)


def check_program(words):
    """Hold a program and its words against what reads them."""
    match words:
        case ["airflow", *rest]:
            from airflow.cli.cli_parser import get_parser

            assert get_parser().parse_args(rest)
        case ["python", "-m", "local_aws", *rest]:
            python = ROOT / ".venv-local-aws" / "bin" / "python"
            told = subprocess.run(
                [python, "-m", "local_aws", "--help"], capture_output=True, text=True, cwd=ROOT
            ).stdout
            assert [word for word in rest if word.startswith("--") and word not in told] == []
            assert "--port" in told
        case ["python", "-m", module]:
            assert importlib.util.find_spec(module)
        case ["python", "-P", script]:  # from the folder of the code, to which the image has copied it
            assert (ROOT / script).is_file()
            assert f"COPY {Path(script).parts[0]} " in (ROOT / "containers" / "airflow" / "Dockerfile").read_text()
        case _:
            assert words[0] in ("postgres", "sleep")  # of the base images: PostgreSQL's own, and Debian's coreutils


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - set(ONCE)))
def test_the_program_of_a_health_check_exists(name, monkeypatch):
    kind, *words = SERVICES[name]["healthcheck"]["test"]
    assert kind == "CMD"
    if name in PROGRAMS:
        monkeypatch.setattr(sys, "argv", words[2:])
        assert containers.parse_arguments().command == "health"
    else:
        # what the local AWS answers there is tried in tests/local_aws/test_server.py
        assert words[0] in ("test", "pg_isready", "python")


def test_who_sees_the_keys():
    def mounted(volume):
        mounts = {
            name: [m for m in service.get("volumes", []) if m.split(":")[0] == volume]
            for name, service in SERVICES.items()
        }
        return {name: "ro" if found[0].endswith(":ro") else "rw" for name, found in mounts.items() if found}

    airflow = dict.fromkeys([*PROGRAMS, "ready", "sample", "upload"], "ro")
    assert mounted("keys") == airflow | {"keys": "rw", "set-up": "rw"}
    assert mounted("database-password") == {"keys": "rw", "database": "ro"}
    assert mounted("account-key") == {"keys": "rw", "local-aws": "ro"}
    assert mounted("database") == {"database": "rw"}
    assert mounted("local-aws") == {"local-aws": "rw"}


@each_service
def test_images_are_pinned(name):
    image = SERVICES[name]["image"]
    if "build" in SERVICES[name]:
        # made here, and never to be had from a registry
        assert image.startswith("localhost/")
        assert SERVICES[name]["pull_policy"] == "build"
    else:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+-[a-z]+", image)
    assert "latest" not in image


def test_secrets_come_from_files():
    settings = env_file()
    for service in SERVICES.values():
        settings |= service.get("environment", {})
    secret = {name: value for name, value in settings.items() if re.search("PASSWORD|SECRET|KEY|CONN", name)}
    no_secret = {"AIRFLOW_CONN_AWS_DEFAULT": "aws://"}
    assert no_secret.items() <= secret.items()
    by_file = {name: value for name, value in secret.items() if name not in no_secret}
    assert len(by_file) == 8
    assert all(name.endswith(("_FILE", "_CMD")) for name in by_file)
    assert all(re.fullmatch(r"(cat )?/var/lib/[a-z/_.-]+", value) for value in by_file.values())


def test_settings_mean_the_same_to_compose_as_they_read():
    """Compose would take quotes off, fill variables in, and cut a comment off."""
    assert [value for value in env_file().values() if re.search(r"[\"'$\\]| #|^ | $", value)] == []


def test_airflow_is_set_as_on_the_laptop(tmp_path, monkeypatch):
    """What differs is listed here: where files and ports are, and secrets, which come from files."""
    for name in [name for name in os.environ if name.startswith("COFFEE_SHOP_")]:
        monkeypatch.delenv(name)
    laptop = airflow_environment(Stack(tmp_path, 4566, 8080))
    laptop = {name: value for name, value in laptop.items() if name.startswith(("AIRFLOW", "AWS_", "COFFEE_SHOP_"))}
    containers = env_file()
    by_file = {name.removesuffix("_CMD") for name in containers if name.endswith("_CMD")}
    elsewhere = {
        "AIRFLOW_HOME",
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__PLUGINS_FOLDER",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "AIRFLOW__API__HOST",
        "AWS_CONFIG_FILE",
    }
    set_later = {"AIRFLOW__API__BASE_URL", "COFFEE_SHOP_START_DATE"}  # in docker-compose.yaml, and by `containers run`
    assert {name for name in laptop if laptop[name] != containers.get(name)} == elsewhere | by_file | set_later
    assert by_file == {
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    }


@pytest.mark.parametrize("path", ["docs/docker-compose.md", "containers/__main__.py", "docker-compose.yaml"])
def test_commands_that_pages_show_name_a_service(path):
    options = r"(?:--rm |--follow |--volume \S+ )*"
    verbs = r"docker compose (?:exec|run|cp|logs|restart) "
    named = re.findall(verbs + options + r"([a-z-]+)", (ROOT / path).read_text())
    assert named
    assert set(named) <= SERVICES.keys()
