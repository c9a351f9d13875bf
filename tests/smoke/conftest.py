"""One stack for all of tests/smoke, as `make demo` starts it."""

import os
import subprocess
from pathlib import Path

import pytest

from laptop.stack import Stack
from tests.free_port import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """A machine with Python, make and git and nothing else; the stack is stopped at the end."""
    home = tmp_path_factory.mktemp("smoke")
    broken = home / "broken"
    broken.mkdir()
    for name in ("java", "docker"):
        (broken / name).write_text("#!/bin/sh\necho the machine has no $0 >&2\nexit 1\n")
        (broken / name).chmod(0o755)
    (home / "empty-home").mkdir()
    found = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    found = {name: value for name, value in found.items() if not name.startswith(("AIRFLOW", "AWS_", "COFFEE_SHOP_"))}
    found |= {
        "PATH": f"{broken}:{os.environ['PATH']}",
        "HOME": str(home / "empty-home"),
        "LOCAL_HOME": str(home / "stack"),
        "AWS_PORT": str(free_port()),
        "AIRFLOW_PORT": str(free_port()),
    }
    yield found
    subprocess.run(["make", "down"], cwd=ROOT, env=found, check=False)


@pytest.fixture(scope="session")
def demo(environment) -> str:
    """What `make demo` says when it has loaded the month and reported the week; the stack runs on."""
    done = subprocess.run(
        ["make", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def stack(environment) -> Stack:
    """Where that stack is."""
    return Stack(Path(environment["LOCAL_HOME"]), int(environment["AWS_PORT"]), int(environment["AIRFLOW_PORT"]))
