"""Airflow's scheduler, with what our tasks import already in memory.

LocalExecutor forks a process for each task, which then has these modules for nothing instead of for half of its work.
Nothing else differs from `airflow scheduler`. It is started by its path, as `airflow` is: the hooks of AWS look at the
stack for each client, and for the frames of `python -m` Python searches all modules each time.
"""

import inspect
import sys
from importlib import import_module

IMPORTED_BY_TASKS = (
    "airflow.providers.amazon.aws.operators.athena",
    "airflow.providers.amazon.aws.operators.glue",
    "airflow.providers.amazon.aws.operators.glue_crawler",
    "airflow.providers.amazon.aws.sensors.s3",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.providers.standard.sensors.python",
    "openpyxl.chart",
    "pandas",
)


def main() -> None:
    """Import, then become the scheduler, without a log server: the UI reads the log files where they are."""
    for name in IMPORTED_BY_TASKS:
        import_module(name)
    inspect.stack()  # Python finds out once where the file of each module is
    sys.argv = ["airflow", "scheduler", "--skip-serve-logs"]
    import_module("airflow.__main__").main()


if __name__ == "__main__":
    main()
