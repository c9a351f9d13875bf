"""What a reader must know about the data behind a report: what is missing, refused, quarantined or taken over.

Pure functions over the ledger (`ledger.json`); all numbers of outlets are text, all days ISO dates in the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from coffee_shop.lake.documents import SALES, Ledger
from coffee_shop.lake.ledger import open_files, outlets_on
from coffee_shop.report.documents import DataQuality, Draft, OpenFile, OutletsOfDay, Quarantine, UnreadableColumn

COMPLETE, INCOMPLETE, NO_DATA = "complete", "incomplete", "no data"


def waiting_for(missing: list[OutletsOfDay], today: date, wait_days: int) -> list[OutletsOfDay]:
    """Return those missing days that are young enough to wait for: at most ``wait_days`` old."""
    oldest = (today - timedelta(days=wait_days)).isoformat()
    return [entry for entry in missing if entry["day"] >= oldest]


def status_of(ledger: Ledger, days: Iterable[date], missing: list[OutletsOfDay]) -> str:
    """Return ``no data`` when no day has sales, ``incomplete`` when an outlet is missing, else ``complete``."""
    if not any(outlets_on(ledger, day) for day in days):
        return NO_DATA
    return INCOMPLETE if missing else COMPLETE


def was_closed(summary: Draft) -> bool:
    """Return whether the settings close the shop on every day of a summary's period, and nobody sold."""
    first, last = map(date.fromisoformat, (summary["period"]["start"], summary["period"]["end"]))
    closed = [entry for entry in summary["data_quality"]["closed"] if entry["whole_day"]]
    return len(closed) == (last - first).days + 1


def history_begins(ledger: Ledger) -> str | None:
    """Return the first day with sales, None when there is none."""
    days = [day for day, outlets in ledger["days"][SALES].items() if outlets]
    return min(days, default=None)


def data_quality(
    ledger: Ledger,
    days: list[date],
    missing: list[OutletsOfDay],
    closed: list[OutletsOfDay],
    headline: Mapping[str, Any] | None,
    quarantine: Iterable[Mapping[str, Any]],
) -> DataQuality:
    """Return what summary.json says about the data of a period.

    Args:
        ledger: the ledger of loads.
        days: the period's days, in order.
        missing: the outlets that are missing on them (``Expectations.missing``).
        closed: the outlets that were closed on them (``Expectations.closed``).
        headline: the row of headline.sql, None without data.
        quarantine: rows in quarantine by file: ``dataset, source_key, version_id, quarantined``; only versions that the
            ledger still counts are taken.
    """
    first, last = days[0].isoformat(), days[-1].isoformat()
    begins = history_begins(ledger)
    return {
        "missing": missing,
        "closed": closed,
        "history_begins": begins if begins and first < begins <= last else None,
        "lines_without_wholesale_price": int(headline["lines_without_wholesale_price"] or 0) if headline else 0,
        "income_without_wholesale_price": _amount(headline["income_without_wholesale_price"] if headline else 0),
        "refunds": {
            "lines": int(headline["refund_lines"] or 0) if headline else 0,
            "amount": _amount(headline["refund_amount"] if headline else 0),
        },
        "unreadable_columns": _unreadable_columns(ledger, first, last),
        "quarantine": _quarantine(ledger, quarantine),
        "open_files": _open_files(ledger),
        "handovers": [
            handover
            for handover in ledger["handovers"]
            if handover["dataset"] == SALES and first <= handover["day"] <= last
        ],
    }


def _quarantine(ledger: Ledger, found: Iterable[Mapping[str, Any]]) -> Quarantine:
    """Add up the rows of those file versions that are the last seen ones; an older version counts no longer."""
    rows = 0
    for entry in found:
        file = ledger["files"].get(entry["dataset"], {}).get(entry["source_key"])
        if not file or file["withdrawn"] or file["last_seen"]["version_id"] != entry["version_id"]:
            continue
        rows += int(entry["quarantined"] or 0)
    return {"rows": rows}


def _open_files(ledger: Ledger) -> list[OpenFile]:
    return [
        {
            "dataset": file["dataset"],
            "key": file["key"],
            "status": file["status"],
            "reason": file["reason"],
            "at": file["at"],
        }
        for file in open_files(ledger)
    ]


def _unreadable_columns(ledger: Ledger, first: str, last: str) -> list[UnreadableColumn]:
    """Return the optional columns that more than 1 % of a file's rows leave unreadable, of files with days in a span.

    A load of an earlier program kept no such list.
    """
    return [
        {"key": key, "column": column, "rows": rows, "of": file["holding"]["rows_read"]}
        for key, file in sorted(ledger["files"][SALES].items())
        if file["holding"] and any(first <= day <= last for day in file["holding"]["claims"])
        for column, rows in file["holding"].get("unreadable", {}).items()
    ]


def _amount(value: Any) -> str:
    return f"{Decimal(value or 0):.2f}"
