"""The demo: a month of sample data goes in at one end, and a week's workbooks and mail come out at the other."""

import datetime as dt
import email
import email.policy
import json
import os
import shutil
import sys
import tempfile
from decimal import Decimal
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any

from coffee_shop_jobs.ownership import is_correction

from laptop.airflow_rest import AirflowRest
from laptop.airflow_runs import watch_run
from laptop.phases import Phase, Say
from laptop.processes import run_program
from laptop.raw_figures import RawFigures, count_raw_figures
from laptop.stack import USER, Stack, aws_client, read_names, stack_secrets, typed_path
from laptop.uploads import LOAD

MONTH = (dt.date(2019, 4, 1), dt.date(2019, 4, 30))
WEEK = (dt.date(2019, 4, 22), dt.date(2019, 4, 28))
WEEK_FOLDER = "weekly/2019-W17/"
WEEKLY = "coffee_shop_weekly_report"
REPORTS = [f"coffee_shop_{kind}_report" for kind in ("daily", "weekly", "monthly", "upload", "restated")]
RECIPIENT = "manager@coffee-shop.example"
# nobody else uploads here, so a load need not wait until nothing lands any more
SETTINGS = {
    "quiet_minutes": 0,
    "mail_recipients": [RECIPIENT],
    "mail_allowed": ["@coffee-shop.example"],
    "closed_days": ["2019-04-21"],  # Easter Sunday, on which the sample has no sales
    "target_unit": "income",  # the sample's goals are in dollars
}


class DemoError(RuntimeError):
    """The demo did not work, or its figures do not agree; the message says where to look."""


def open_shop(airflow: AirflowRest) -> None:
    """Give a new Airflow the demo's settings, wait until it has parsed the DAGs, and switch the load on."""
    first = airflow.set_variable_once("coffee_shop", json.dumps(SETTINGS), "Settings: docs/settings.md")
    airflow.wait_for_dags([LOAD, "coffee_shop_restate", *REPORTS])
    if first:  # uploads start it from now on; later it stays as somebody left it
        airflow.pause(LOAD, False)


def make_sample(folder: Path, say: Say = print) -> None:
    """Make April 2019 as CSV files in a folder; the same seed makes the same bytes."""
    first, last = (day.isoformat() for day in MONTH)
    command = [sys.executable, "-m", "sample_data", "--from", first, "--to", last, "--output", str(folder)]
    run_program(command, dict(os.environ), say)


def make_correction(stack: Stack, day: str, say: Say = print) -> Path:
    """Make a sales file of one day with other rows than the sample's, as a correction, and return its folder."""
    made = stack.home / "correction"
    command = [sys.executable, "-m", "sample_data", "--from", day, "--to", day, "--output", str(made), "--per", "day"]
    run_program([*command, "--lines-per-month", "60000"], dict(os.environ), say)
    ready = stack.home / "correction-upload"
    shutil.rmtree(ready, ignore_errors=True)
    for file in made.glob(f"sales-reciept/*{day}*.csv"):
        target = ready / "sales-reciept" / "corrections" / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return ready


def run_weekly_report(airflow: AirflowRest, phase: Phase) -> None:
    """Report the demo's week and mail it. The DAG is on only meanwhile, so that its schedule stays paused."""
    first, last = (day.isoformat() for day in WEEK)
    airflow.pause(WEEKLY, False)
    try:
        run = airflow.trigger(WEEKLY, {"from": first, "to": last, "mail": True, "recipients": [RECIPIENT]})
        tasks = watch_run(airflow, WEEKLY, run, phase)
    finally:
        airflow.pause(WEEKLY, True)
    phase.outcome = f"{tasks} tasks: five workbooks of {first} to {last}, and a mail"


def newest_mail(stack: Stack) -> tuple[Path, EmailMessage]:
    """Return the newest mail and its file.

    Raises:
        DemoError: there is none.
    """
    files = sorted(stack.mail.glob("*.eml"), key=lambda path: path.stat().st_mtime)
    if not files:
        raise DemoError(f"No mail was sent: {stack.mail} is empty")
    return files[-1], email.message_from_bytes(files[-1].read_bytes(), policy=email.policy.default)


def headline_cells(workbook: bytes) -> dict[str, Any]:
    """Return the labelled headline cells of a workbook's contents sheet, label to value."""
    import io

    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(workbook), read_only=False)["Contents"]
    cells: dict[str, Any] = {}
    for row in sheet.iter_rows():
        for label, value in pairwise(row):
            if isinstance(label.value, str) and isinstance(value.value, int | float):
                cells.setdefault(label.value, value.value)
    return cells


def compare_figures(raw: RawFigures, cells: dict[str, Any], mail: EmailMessage) -> list[str]:
    """Return a sentence for each place where the workbook or the mail differs from the raw files."""
    wrong = []
    income = cells.get("Income")
    if income is None or round(Decimal(str(income)), 2) != raw.income:
        wrong.append(f"The workbook's income is {income}, the raw files add up to {raw.income}")
    if cells.get("Transactions") != raw.transactions:
        wrong.append(f"The workbook has {cells.get('Transactions')} transactions, the raw files {raw.transactions}")
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        text = body.get_content() if body else ""
        for figure in (f"${raw.income:,.2f}", f"{raw.transactions:,}"):
            if figure not in text:
                wrong.append(f"The mail's {kind} part does not say {figure}")
    return wrong


def raw_figures(stack: Stack) -> RawFigures:
    """Count the week from the files of sales in the raw bucket: the sample's, and corrections uploaded since."""
    s3, bucket = aws_client(stack, "s3"), read_names(stack)["COFFEE_SHOP_RAW_BUCKET"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="sales-reciept/")
    objects = sorted((found for page in pages for found in page["Contents"]), key=lambda found: found["LastModified"])
    with tempfile.TemporaryDirectory() as folder:
        files: dict[bool, list[Path]] = {True: [], False: []}  # corrections, and all others
        for number, found in enumerate(objects):
            file = Path(folder, f"{number}.csv")
            s3.download_file(bucket, found["Key"], str(file))
            files[is_correction(found["Key"])].append(file)
        return count_raw_figures(files[False], files[True], *WEEK)


def check_figures(stack: Stack) -> tuple[RawFigures, Path, list[str]]:
    """Count the week from the raw files and hold workbook and mail against it.

    Returns:
        The figures, the mail's file, and the keys of the workbooks.

    Raises:
        DemoError: they differ, or a workbook is missing.
    """
    raw = raw_figures(stack)
    s3, bucket = aws_client(stack, "s3"), read_names(stack)["COFFEE_SHOP_REPORTS_BUCKET"]
    keys = [f"{WEEK_FOLDER}{name}.xlsx" for name in ("customers", "employees", "sales", "targets", "inventory")]
    mail_file, mail = newest_mail(stack)
    wrong = []
    for key in keys:
        cells = headline_cells(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        wrong += [f"{key}: {words}" for words in compare_figures(raw, cells, mail)]
    if wrong:
        raise DemoError("The figures do not agree:\n  " + "\n  ".join(wrong))
    return raw, mail_file, keys


def last_words(stack: Stack, raw: RawFigures, mail: Path, keys: list[str]) -> str:
    """Return what the demo ends with: where everything is, and what to try next."""
    bucket = read_names(stack)["COFFEE_SHOP_REPORTS_BUCKET"]
    lines = [
        f"Income ${raw.income:,.2f} and {raw.transactions:,} transactions from {WEEK[0]} to {WEEK[1]}:",
        "counted from the raw files, and found the same in the workbooks and in the mail.",
        "",
        "Workbooks   " + "\n            ".join(typed_path(stack.buckets / bucket / key) for key in keys),
        f"Mail        {typed_path(mail.with_suffix('.html'))}   (open it in a browser)",
        f"Airflow     {stack.airflow_url}   user {USER}, password {stack_secrets(stack)['password']}",
        "",
        "Next        make upload DAY=2019-04-24    a correction of one day: its load restates the week, with a mail",
        "            make backfill REPORT=weekly FROM=2019-04-01 TO=2019-04-21    three past weeks",
        "            make status    make logs    make down    make help",
        "The report schedules are paused. Switch one on in the UI (Dags, the switch beside its name), or type:",
        "            make schedule REPORT=weekly",
    ]
    return "\n".join(lines)
