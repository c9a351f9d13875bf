"""Gets a job as a line of JSON on standard input, makes the catalog visible to Spark, and runs the job's script.

`python -m spark_on_laptop.driver [ahead | rehearse]`. With `ahead` Spark is loaded before the job is known; `rehearse`
does only that, and lets Java end by itself, so that it writes its class archive.
"""

import json
import os
import queue
import runpy
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from . import rehearsal

Task = dict[str, Any]
"""folder: of the run; script: its path; arguments: sys.argv after it; libraries: for sys.path; environment: variables
for boto3; catalog: whether Spark sees the Glue catalog; settings: Spark's."""


def receive_until_the_end() -> "queue.Queue[Task]":
    """Return where the job arrives. When the server goes away its end of our input closes: then this process ends."""
    source, nothing = os.fdopen(os.dup(0)), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    arrived: queue.Queue[Task] = queue.Queue()

    def read() -> None:
        for line in source:
            arrived.put(json.loads(line))
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()
    return arrived


def prepare(task: Task) -> None:
    """Make this process that of a job: its credentials, its folder, its modules, its settings of Spark."""
    folder, properties = Path(task["folder"]), Path.cwd() / "spark.properties"
    os.environ.update(task["environment"], HOME=str(folder), TMPDIR=str(folder / "tmp"))
    python_path = os.pathsep.join([*task["libraries"], os.environ["PYTHONPATH"]])
    os.environ["PYTHONPATH"] = python_path
    sys.path[:0] = task["libraries"]
    sys.argv = [task["script"], *task["arguments"]]
    os.chdir(folder / "work")
    workers = task["environment"] | {"PYTHONPATH": python_path, "HOME": str(folder), "TMPDIR": str(folder / "tmp")}
    settings = task["settings"] | {f"spark.executorEnv.{name}": value for name, value in workers.items()}
    from pyspark import SparkContext

    if SparkContext._jvm is not None:
        for name, value in settings.items():
            SparkContext._jvm.java.lang.System.setProperty(name, value)
    else:  # beside those that spark-submit reads when the script's first use of Spark starts it
        with properties.open("a", encoding="utf-8") as file:
            file.writelines(f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings.items())


def from_script(error: BaseException, script: str) -> Any:
    """Return the error's traceback from the script's own lines on: what called the script helps nobody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    return trace


def message_of(error: BaseException) -> str:
    """Return one text for an error: Spark's without the query plan that follows its first line, and its root cause."""
    words = str(error).strip()
    if type(error).__module__.startswith(("pyspark.", "py4j.")):
        words = words.split("\n", 1)[0] + root_cause(error)
    return f"{type(error).__name__}: {words}"


def root_cause(error: BaseException) -> str:
    """Return what an error of Spark's Java began with: what py4j says of it is only where it was called."""
    cause = getattr(error, "java_exception", None)
    while cause is not None and cause.getCause() is not None:
        cause = cause.getCause()
    if cause is None:
        return ""
    lines = [line for line in str(cause.toString()).splitlines() if line.strip()]
    return f" {lines[-1] if 'Traceback (most recent call last)' in lines[0] else lines[0]}"


def run_script(script: str) -> BaseException | None:
    """Run the script as `__main__`; returns what it failed with."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        return error if error.code not in (None, 0) else None
    except BaseException as error:
        return error
    return None


def rehearse() -> int:
    """Load Spark, and wait until its Java has ended."""
    from pyspark import SparkContext

    rehearsal.rehearse(lambda: False)
    java: Any = SparkContext._gateway
    java.proc.stdin.close()
    return int(java.proc.wait())


def main() -> int:
    """Run one job; returns the process's exit status."""
    if sys.argv[1] == "rehearse":
        return rehearse()
    arrived = receive_until_the_end()
    if sys.argv[1] == "ahead":
        rehearsal.rehearse(lambda: not arrived.empty())
    task = arrived.get()
    prepare(task)
    from . import catalog, writes

    writes.install()
    if task["catalog"]:
        catalog.show(catalog.Catalog(Path(task["folder"]) / "tmp"))
    error = run_script(task["script"])
    if error is None:
        return 0
    traceback.print_exception(type(error), error, from_script(error, task["script"]))
    (Path(task["folder"]) / "error.json").write_text(json.dumps(message_of(error)), "utf-8")
    return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
