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
    python_path = os.pathsep.join([*task["libraries"], os.environ["PYTHONPATH"]])
    own = {"PYTHONPATH": python_path, "HOME": str(folder), "TMPDIR": str(folder / "tmp")} | task["environment"]
    os.environ.update(own)
    sys.path[:0] = task["libraries"]
    sys.argv = [task["script"], *task["arguments"]]
    os.chdir(folder / "work")
    settings = task["settings"] | {f"spark.executorEnv.{name}": value for name, value in own.items()}
    java = getattr(sys.modules.get("pyspark"), "SparkContext", None)
    if java is not None and java._jvm is not None:
        for name, value in settings.items():
            java._jvm.java.lang.System.setProperty(name, value)
    else:  # beside those that spark-submit reads when the script's first use of Spark starts it
        with properties.open("a", encoding="utf-8") as file:
            file.writelines(f"{name} {value}\n".replace("\\", "\\\\") for name, value in settings.items())


def message_of(error: BaseException) -> str:
    """Return one text for an error: Spark's without the query plan that follows its first line, and its root cause."""
    words, cause = str(error).strip(), getattr(error, "java_exception", None)
    if type(error).__module__.startswith(("pyspark.", "py4j.")):
        words = words.split("\n", 1)[0]
    while cause is not None and cause.getCause() is not None:
        cause = cause.getCause()
    if cause is not None:
        lines = [line for line in str(cause.toString()).splitlines() if line.strip()]
        words += " " + (lines[-1] if "Traceback (most recent call last)" in lines[0] else lines[0])
    return f"{type(error).__name__}: {words}"


def run_script(script: str) -> str | None:
    """Run the script as `__main__`; returns what it failed with, whose traceback begins with the script's own lines."""
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return None
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        return message_of(error)
    return None


def main(mode: str) -> int:
    """Run one job; returns the process's exit status."""
    if mode == "rehearse":
        rehearsal.rehearse(lambda: False)
        return rehearsal.end_of_java()
    arrived = receive_until_the_end()
    if mode == "ahead":
        rehearsal.rehearse(lambda: not arrived.empty())
    task = arrived.get()
    prepare(task)
    from . import catalog, writes

    writes.install()
    if task["catalog"]:
        catalog.Catalog(Path(task["folder"]) / "tmp").show()
    error = run_script(task["script"])
    if error is not None:
        (Path(task["folder"]) / "error.json").write_text(json.dumps(error), "utf-8")
    return int(error is not None)


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
