"""How much longer parsing all DAG files takes than importing what every DAG file needs."""

import runpy
import statistics
import tempfile
import time
from importlib import import_module

from bench.stacks import in_new_process
from laptop.scheduler import IMPORTED_BY_TASKS
from laptop.stack import ROOT


def seconds_to_parse(runs: int = 5) -> float:
    """Return the median of ``runs`` new processes: seconds to parse all DAG files once the operators are imported."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        return statistics.median(in_new_process(environment, parse) for _ in range(runs))


def parse() -> float:
    """Return the seconds that parsing all DAG files takes in this process."""
    for name in ("airflow.sdk", *IMPORTED_BY_TASKS):
        import_module(name)
    files = sorted((ROOT / "dags").glob("*.py"))
    started = time.perf_counter()
    for file in files:
        runpy.run_path(str(file))
    return time.perf_counter() - started
