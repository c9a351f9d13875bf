"""The five workbooks of a month, and one with a sheet of a million rows, built as their tasks do."""

import json
import re
import resource
import sys
import time
import zipfile
from importlib import import_module
from typing import Any
from urllib.parse import urlparse

from bench.stacks import MONTH, in_new_process, run_report
from bench.table import show
from laptop import demo
from laptop.airflow_rest import AirflowRest
from laptop.scheduler import IMPORTED_BY_TASKS
from laptop.stack import Stack, airflow_environment, aws_client

REPORTS = ("customer", "employee", "sales", "target", "inventory")
LONG_SHEET = "sales/09_net_income_per_day_and_product"
PART = "xl/worksheets/sheet11.xml"  # of the long sheet: after dashboard, contents and eight other questions
EXCELS_ROWS = 1_048_576


def measure(stack: Stack, airflow: AirflowRest) -> None:
    """Ask a month's questions by a run of its report, then build its workbooks again, and the one with a long sheet."""
    run = run_report(airflow, "monthly", *MONTH)
    of_run = [run.returned(airflow, task) for task in ("decide_request", "settle_queries", "draft_summary")]
    environment = airflow_environment(stack) | {"AIRFLOW_VAR_COFFEE_SHOP": json.dumps(demo.SETTINGS)}
    in_all = 0.0
    for report in REPORTS:
        _, seconds, _ = in_new_process(environment, build, report, *of_run)
        show(f"workbook of a month, 50,000 lines, beside its queries: {report}", seconds, "s")
        in_all += seconds
    show("  the five, one after the other", in_all, "s", 8)
    for rows in (EXCELS_ROWS - 1, 1_100_000):
        _lengthen(stack, of_run[1]["executions"][LONG_SHEET], rows)
        staged, seconds, gigabytes = in_new_process(environment, build, "sales", *of_run)
        show(f"workbook with a sheet of {rows:,} rows", seconds, "s")
        show("  memory of its process, peak", gigabytes, "GB")
        show(f"  the sheet's last row, of Excel's {EXCELS_ROWS:,}", f"{_last_row(stack, staged):,}")


def build(report: str, request: Any, state: Any, draft: Any) -> tuple[Any, float, float]:
    """Build a workbook as its task does, in a process with what the scheduler has imported for all tasks.

    That is to read the queries' rows, make the file and store it.

    Returns:
        What the task returns, the seconds, and the most GB that this process held.
    """
    for name in IMPORTED_BY_TASKS:
        import_module(name)
    from coffee_shop.report.tasks import build_workbook

    started = time.perf_counter()
    staged = build_workbook(report, request, state, draft)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return staged, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**3


def _lengthen(stack: Stack, query_id: str, rows: int) -> None:
    """Repeat the rows of a query's result until there are so many."""
    s3, athena = aws_client(stack, "s3"), aws_client(stack, "athena")
    execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    place = urlparse(execution["ResultConfiguration"]["OutputLocation"])
    where = {"Bucket": place.netloc, "Key": place.path.lstrip("/")}
    header, *lines = s3.get_object(**where)["Body"].read().decode().splitlines(keepends=True)
    repeated = (lines * (rows // len(lines) + 1))[:rows]
    s3.put_object(**where, Body="".join([header, *repeated]).encode())


def _last_row(stack: Stack, staged: Any) -> int:
    """Return the number of the last row of the long sheet in a workbook."""
    file, end = stack.home / "long.xlsx", b""
    aws_client(stack, "s3").download_file(staged["bucket"], staged["key"], str(file))
    with zipfile.ZipFile(file) as book, book.open(PART) as part:
        while chunk := part.read(1 << 20):
            end = end[-10_000:] + chunk
    return int(re.findall(rb'<row r="(\d+)"', end)[-1])
