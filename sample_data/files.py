"""The files of a span: laid out as in the raw bucket, written in order, a month or a day at a time."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sample_data.days import (
    INVENTORY_COLUMNS,
    SALES_COLUMNS,
    TARGET_COLUMNS,
    Shop,
    inventory_of,
    sales_of,
    targets_of,
)


class Request(NamedTuple):
    """What is asked for: the days from `first` to `last`, both included, with a file per `month` or `day`."""

    first: datetime.date
    last: datetime.date
    per: str
    seed: int
    lines_per_month: int


def _spans(request: Request) -> Iterator[tuple[str, list[datetime.date]]]:
    """(name, days) of each file, oldest first; the name is 2019-04 for a month's file and 2019-04-24 for a day's."""
    length = len("2019-04") if request.per == "month" else len("2019-04-24")
    day, name, days = request.first, "", list[datetime.date]()
    while day <= request.last:
        if day.isoformat()[:length] != name:
            if days:
                yield name, days
            name, days = day.isoformat()[:length], []
        days.append(day)
        day += datetime.timedelta(days=1)
    yield name, days


def _write(path: Path, columns: list[str], rows: list[list[str]]) -> tuple[Path, int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path, len(rows)


def write_files(request: Request, folder: Path) -> Iterator[tuple[Path, int]]:
    """Write the span's files below a folder; gives each file's path and its number of rows.

    A file without rows is not written: the load would refuse it. Targets have one file a month, for every month that
    the span touches.
    """
    shop = Shop(request.seed, request.lines_per_month)
    for name, days in _spans(request):
        sales = {day: sales_of(shop, day) for day in days}
        rows = [row for day in days for row in sales[day]]
        if not rows:
            continue
        yield _write(folder / "sales-reciept" / f"SalesReciept-{name}.csv", SALES_COLUMNS, rows)
        inventory = [row for day in days for row in inventory_of(shop, day, sales[day])]
        yield _write(folder / "pastry-inventory" / f"PastryInventory-{name}.csv", INVENTORY_COLUMNS, inventory)
    for name, days in _spans(request._replace(per="month")):
        targets = targets_of(shop, days[0].replace(day=1))
        yield _write(folder / "sales-target" / f"SalesTarget-{name}.csv", TARGET_COLUMNS, targets)
