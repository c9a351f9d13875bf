"""Count a period's income and transactions straight from the raw CSV files: the demo's second opinion.

On purpose nothing here is shared with the pipeline: the csv module, decimals and dictionaries.
"""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

Place = tuple[str, str]  # outlet and date
Sale = tuple[str, Decimal]  # number of the receipt, and amount


@dataclass(frozen=True)
class RawFigures:
    """Income in US dollars and number of transactions of a period."""

    income: Decimal
    transactions: int


def count_raw_figures(files: Iterable[Path], corrections: Iterable[Path], first: dt.date, last: dt.date) -> RawFigures:
    """Add up SaleAmount and count receipts (outlet, date, number) from ``first`` to ``last``, both included.

    Args:
        files: sales files of contract 3.1 without rows that belong in quarantine; no receipt is in two of them.
        corrections: files that count alone for each outlet and day that they name, in the order of their upload.
        first: first day of the period.
        last: last day of the period.
    """
    counting: dict[Place, list[Sale]] = defaultdict(list)
    for path in files:
        for place, sales in _read(path, first, last).items():
            counting[place] += sales
    for path in corrections:
        counting |= _read(path, first, last)
    income = sum((amount for sales in counting.values() for _, amount in sales), Decimal(0))
    return RawFigures(income, sum(len({number for number, _ in sales}) for sales in counting.values()))


def _read(path: Path, first: dt.date, last: dt.date) -> dict[Place, list[Sale]]:
    places: dict[Place, list[Sale]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            day = row["TransactionDate"].strip()
            if first.isoformat() <= day <= last.isoformat():
                sale = row["TransactionNo"].strip(), Decimal(row["SaleAmount"].strip())
                places[row["SalesOutletNo"].strip(), day].append(sale)
    return places
