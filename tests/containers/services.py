"""docker-compose.yaml without Docker: its services as processes of this machine, in the order and on the terms it gives.

Commands, conditions, health checks, the environment file and each Dockerfile's environment are read from the files. What a
machine without an engine cannot have is left out: the containers' walls (network, user, read-only files) and so the service
`pod`, which holds the network. PostgreSQL comes from the system's package, prepared as its image's entry point does it.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from tests.containers.images import CODE, ROOT, VOLUMES, Image, environment, in_root

COMPOSE = ROOT / "docker-compose.yaml"
SETTINGS = ROOT / "containers" / "airflow.env"
PORTS = ("4566", "5432", "8080")
SECONDS = 240


def compose_file() -> dict[str, Any]:
    """Return docker-compose.yaml as Compose reads it."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found


def env_file() -> dict[str, str]:
    """Return the settings of the Airflow services."""
    lines = SETTINGS.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def postgres_programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, None where PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = folders[-1] if folders else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Services:
    """The services; ``root`` stands for the root of every container, as their volumes are shared."""

    def __init__(self, root: Path, images: dict[str, Image]) -> None:
        """Take the folder for volumes and logs, and the images by the name that the file gives them."""
        self.root = root
        self.services = compose_file()["services"]
        self.ports = {port: str(free_port()) for port in PORTS}
        self._images = images
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._up = {"pod"}
        self._database = Path(tempfile.mkdtemp(prefix="postgres-of-tests-"))
        (root / "logs").mkdir()

    def here(self, text: str, name: str) -> str:
        """Return a text of a service with this test's places, ports and address in it."""
        text = re.sub(r"\$\{AIRFLOW_PORT:-8080\}", "8080", text).replace("0.0.0.0", "127.0.0.1")
        for port, other in self.ports.items():
            text = re.sub(rf"\b{port}\b", other, text)
        if "build" in self.services[name]:
            text = in_root(text, self._image(name).root, (CODE,))
        return in_root(text, self.root, (VOLUMES,))

    def environment(self, name: str) -> dict[str, str]:
        """Return the whole environment of a service."""
        service = self.services[name]
        settings = (env_file() if "env_file" in service else {}) | service.get("environment", {})
        return environment(self._image(name)) | {key: self.here(value, name) for key, value in settings.items()}

    def _image(self, name: str) -> Image:
        return self._images[self.services[name]["build"]["dockerfile"]]

    def _place(self, name: str) -> dict[str, Any]:
        """Return where a program of a service runs: its working directory and its environment."""
        image = self._image(name)
        return {"cwd": image.root / image.workdir.lstrip("/"), "env": self.environment(name)}

    def log(self, name: str) -> str:
        """Return what a service has said."""
        return (self.root / "logs" / f"{name}.log").read_text(errors="replace")

    def up(self, name: str) -> None:
        """Start a service, after what it waits for; one that runs once has ended when this returns."""
        if name in self._up:
            return
        self._up.add(name)
        for other in self.services[name].get("depends_on", {}):
            self.up(other)
        for other, terms in self.services[name].get("depends_on", {}).items():
            if terms["condition"] == "service_healthy" and other != "pod":
                self._wait_until_healthy(other)
        if name == "database":
            self._start_database()
        elif "healthcheck" in self.services[name]:
            self._running[name] = self._start(name)
        else:
            self.run(name)

    def run(self, name: str) -> None:
        """Run a service that runs once, to its end."""
        status = self._start(name).wait(SECONDS)
        assert status == 0, f"{name} ended with {status}:\n{self.log(name)[-4000:]}"

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        with (self.root / "logs" / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [self.here(word, name) for word in self.services[name]["command"]],
                **self._place(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_healthy(self, name: str) -> bool:
        """Run a service's health check."""
        kind, *words = [self.here(word, name) for word in self.services[name]["healthcheck"]["test"]]
        assert kind == "CMD"
        if name == "database":
            words[0], place = str(self._postgres(words[0])), {"cwd": "/"}
        else:
            place = self._place(name)
        done = subprocess.run(words, capture_output=True, check=False, timeout=60, **place)
        return done.returncode == 0

    def _wait_until_healthy(self, name: str) -> None:
        end = time.monotonic() + SECONDS
        while not self.is_healthy(name):
            process = self._running.get(name)
            assert process is None or process.poll() is None, f"{name} ended:\n{self.log(name)[-4000:]}"
            assert time.monotonic() < end, f"{name} is not healthy after {SECONDS} s:\n{self.log(name)[-4000:]}"
            time.sleep(1)

    def down(self) -> None:
        """Stop all services."""
        for process in self._running.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in reversed(self._running.values()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it started: a task that waits, for one
            process.wait()
        if (self._database / "data" / "postmaster.pid").exists():
            self._as_postgres("pg_ctl", "stop", "--mode=fast", "-D", str(self._database / "data"))
        shutil.rmtree(self._database, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------- PostgreSQL

    def _postgres(self, program: str) -> Path:
        folder = postgres_programs()
        assert folder is not None
        return folder / program

    def _as_postgres(self, program: str, *words: str) -> None:
        """Run a program of PostgreSQL, which refuses to work as root: then as the user that its package made."""
        command = [str(self._postgres(program)), *words]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        with (self.root / "logs" / "database.log").open("ab") as log:
            status = subprocess.run(command, cwd="/", stdout=log, stderr=log, check=False).returncode
        assert status == 0, f"{program}:\n{self.log('database')[-3000:]}"

    def _start_database(self) -> None:
        """Make a cluster with the user, password and database that the service's environment names, and start it."""
        service = self.services["database"]
        settings = {name: self.here(value, "database") for name, value in service["environment"].items()}
        # the folder of the password belongs to the user of this test; PostgreSQL's user gets a copy
        password = self._database / "password"
        shutil.copy(settings["POSTGRES_PASSWORD_FILE"], password)
        if os.geteuid() == 0:
            shutil.chown(self._database, "postgres", "postgres")
            shutil.chown(password, "postgres", "postgres")
        data = str(self._database / "data")
        user = settings["POSTGRES_USER"]
        assert settings["POSTGRES_DB"] == user, "the entry point would make another database"
        self._as_postgres(
            "initdb",
            "-D",
            data,
            f"--username={user}",
            f"--pwfile={password}",
            "--auth-host=scram-sha-256",
            "--auth-local=trust",
            "--no-sync",
        )
        program, *words = service["command"]
        assert program == "postgres"
        options = f"{' '.join(words)} -p {self.ports['5432']} -c unix_socket_directories={self._database} -c fsync=off"
        self._as_postgres("pg_ctl", "start", "--wait", "-D", data, "-l", str(self._database / "log"), "-o", options)
        self._as_postgres(
            "createdb", f"--host={self._database}", f"--port={self.ports['5432']}", f"--username={user}", user
        )
