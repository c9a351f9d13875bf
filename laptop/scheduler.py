"""Airflow's scheduler, with what our tasks import and read already in memory.

LocalExecutor forks a process for each task, which then has all this for nothing instead of for two thirds of its work:
the modules, and what botocore reads of the services before it makes a client, megabytes of JSON. Nothing else differs
from `airflow scheduler`, but that clients do not tell AWS which operator made them: for that name Python would look at
the source of each function that is running, which took a tenth of a report.
"""

import sys
from functools import cache
from importlib import import_module
from typing import Any

IMPORTED_BY_TASKS = (
    "airflow.providers.amazon.aws.assets.s3",
    "airflow.providers.amazon.aws.operators.athena",
    "airflow.providers.amazon.aws.operators.glue",
    "airflow.providers.amazon.aws.operators.glue_crawler",
    "airflow.providers.amazon.aws.sensors.s3",
    "airflow.providers.standard.operators.empty",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.providers.standard.sensors.python",
    "jinja2.ext",
    "openpyxl.chart",
    "pandas",
)
SERVICES = ("athena", "glue", "s3", "ses", "sts")


def main() -> None:
    """Import and read, then become the scheduler, without a log server: the UI reads the log files where they are."""
    for name in IMPORTED_BY_TASKS:
        import_module(name)
    hooks: Any = import_module("airflow.providers.amazon.aws.hooks.base_aws")
    hooks.AwsGenericHook._get_caller = lambda *_: "Unknown"
    read_services()
    sys.argv = ["airflow", "scheduler", "--skip-serve-logs"]
    import_module("airflow.__main__").main()


def read_services() -> None:
    """Let all sessions have one loader of the services' descriptions, which has read those of ours."""
    import boto3
    from botocore import session

    places: Any = session
    places.create_loader = cache(places.create_loader)
    for service in SERVICES:
        client: Any = boto3.Session().client
        client(service)


if __name__ == "__main__":
    main()
