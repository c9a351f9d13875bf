"""How fast the pages Reports and Loads answer with three years of reports and a thousand loads."""

import datetime as dt
import json
import statistics
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

from coffee_shop.periods import CALENDAR_KINDS, UPLOAD, Period, period_around

from bench.stacks import MONTH, run_report
from bench.table import show
from laptop.airflow_rest import AirflowRest
from laptop.stack import Stack, aws_client, read_names
from laptop.uploads import read_ledger

DAYS = [dt.date(2016, 1, 1) + dt.timedelta(days=number) for number in range(3 * 365 + 1)]  # three years
LOADS, REQUESTS = 1000, 24
# what is asked for, about another day each time, and a word that the answer must have
PAGES = {
    "first page of Reports": ("", "folder=weekly"),
    "calendar of days": ("?kind=daily&at={day:%Y-%m}", "folder=daily"),
    "calendar of weeks": ("?kind=weekly&at={day:%Y}", "folder=weekly"),
    "calendar of months": ("?kind=monthly&at={day:%Y}", "folder=monthly"),
    "list of uploads": ("?kind=upload&start={start}", "folder=upload"),
    "a report": ("report?folder=weekly/{day:%G-W%V}", "Income by day"),
    "search": ("search?text={day:%Y-%m}", "folder=daily"),
    "Loads": ("loads?start={start}", "load?id="),
}


def measure(stack: Stack, airflow: AirflowRest) -> None:
    """Fill the buckets of a stack that has loaded a month, then ask Airflow's API server for each page."""
    run_report(airflow, "monthly", *MONTH)
    fill(stack, f"monthly/{MONTH[0][:7]}")
    _seconds(stack, airflow, "", "Reports")  # the first request of the server's life imports the pages
    for name, (path, word) in PAGES.items():
        asked = [path.format(day=DAYS[45 * n], start=25 * n) for n in range(REQUESTS)]
        milliseconds = [1000 * _seconds(stack, airflow, each, word) for each in asked]
        show(f"page: {name}, median of {REQUESTS} requests", statistics.median(milliseconds), "ms", 300)
        show("  the slowest of them", max(milliseconds), "ms", 300)


def _seconds(stack: Stack, airflow: AirflowRest, path: str, word: str) -> float:
    """Return how long a page takes to its last byte; raise RuntimeError when it is not the one that was asked for."""
    url = f"{stack.airflow_url}/coffee-shop/reports/{path}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {airflow.token}"})
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read().decode()
    seconds = time.perf_counter() - started
    if word not in body:
        raise RuntimeError(f"{url} does not show {word}: {body[:500]}")
    return seconds


def fill(stack: Stack, folder: str) -> None:
    """Copy a report for each day, week and month of three years and for each load, and let the ledger grow."""
    s3, names = aws_client(stack, "s3"), read_names(stack)
    reports, state = names["COFFEE_SHOP_REPORTS_BUCKET"], names["COFFEE_SHOP_STATE_BUCKET"]
    summary = json.loads(s3.get_object(Bucket=reports, Key=f"{folder}/summary.json")["Body"].read())
    mail = json.dumps({"state": "sent", "at": summary["made_at"], "to": ["manager@coffee-shop.example"]})

    def copy_report(period: Period) -> None:
        dates = {"start": period.period_start.isoformat(), "end": period.period_end.isoformat()}
        own = {"kind": period.kind, "label": period.label, "folder": period.folder, **dates}
        files = [each | {"key": f"{period.folder}/{each['file']}"} for each in summary["files"]]
        copied = json.dumps(summary | {"period": own, "files": files}, indent=1, ensure_ascii=False)
        s3.put_object(Bucket=reports, Key=f"{period.folder}/summary.json", Body=copied.encode())
        for file in files:
            s3.put_object(Bucket=reports, Key=file["key"], Body=b"")  # no page reads a workbook
        s3.put_object(Bucket=state, Key=f"mails/{period.folder}/1.json", Body=mail.encode())

    periods = [period_around(kind, day) for kind in CALENDAR_KINDS for day in DAYS]
    periods += [Period(UPLOAD, day, day, f"{day:%Y%m%d}T060000Z") for day in DAYS[:LOADS]]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(copy_report, dict.fromkeys(periods)))
    ledger = grown(read_ledger(stack) or {})
    s3.put_object(Bucket=state, Key="ledger.json", Body=json.dumps(ledger).encode())


def grown(ledger: dict[str, Any]) -> dict[str, Any]:
    """Return a ledger as a thousand days leave it, each with a load of a file of sales and one of inventory.

    A day is a copy of one of the given ledger's first file.
    """
    days = [day.isoformat() for day in DAYS[:LOADS]]
    load = ledger["loads"][0]
    files: dict[str, Any] = {**ledger["files"], "sales_reciept": {}, "pastry_inventory": {}}
    published: dict[str, Any] = {**ledger["days"], "sales_reciept": {}, "pastry_inventory": {}}
    for dataset in ("sales_reciept", "pastry_inventory"):
        key, file = next(iter(ledger["files"][dataset].items()))
        for day, (old, claims) in zip(days, cycle(file["holding"]["claims"].items()), strict=False):
            own = key.replace(".csv", f"-{day}.csv")
            files[dataset][own] = file | {"holding": file["holding"] | {"claims": {day: claims}}}
            published[dataset][day] = {
                outlet: entry | {"keys": {own: entry["keys"][key]}}
                for outlet, entry in ledger["days"][dataset][old].items()
            }
    loads = [load | {"load_id": f"load-of-{day}", "changed_dates": [day]} for day in days]
    return ledger | {"files": files, "days": published, "loads": loads}
