"""Count a period's income and transactions straight from the raw CSV files: the demo's second opinion.

On purpose nothing here is shared with the pipeline: the csv module, decimals and a set.
"""

import csv
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True)
class RawFigures:
    """Income in US dollars and number of transactions of a period."""

    income: Decimal
    transactions: int


def count_raw_figures(files: Iterable[Path], first: dt.date, last: dt.date) -> RawFigures:
    """Add up SaleAmount and count receipts (outlet, date, number) from ``first`` to ``last``, both included.

    Args:
        files: sales files of contract 3.1 without rows that belong in quarantine.
        first: first day of the period.
        last: last day of the period.
    """
    income = Decimal(0)
    receipts = set()
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if first.isoformat() <= row["TransactionDate"].strip() <= last.isoformat():
                    income += Decimal(row["SaleAmount"].strip())
                    receipts.add(
                        (
                            row["SalesOutletNo"].strip(),
                            row["TransactionDate"].strip(),
                            row["TransactionNo"].strip(),
                        )
                    )
    return RawFigures(income, len(receipts))
