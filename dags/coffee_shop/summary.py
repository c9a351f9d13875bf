"""`summary.json`: what a report found, in one object; its schema is docs/summary.schema.json.

The workbooks' contents sheets, the mail and the Reports page show nothing that does not stand in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from coffee_shop.data_quality import NO_DATA
from coffee_shop.periods import CALENDAR_KINDS, Period, period_around

Json = dict[str, Any]
Row = Mapping[str, Any]

FORMAT = 1


def draft_summary(
    *,
    run: Json,
    period: Period,
    words: Json,
    state: Json,
    status: str,
    quality: Json,
    headline: Row | None,
    outlets: Sequence[Row],
    days: Sequence[Row],
    previous: Json | None,
) -> Json:
    """Return everything of summary.json but version, files and the moment it was made.

    Args:
        run: dag_id and run_id.
        period: the dates that the report is about.
        words: shop and currency.
        state: load_id, published_at, changed_while_made: which data the queries saw.
        status: complete, incomplete or no data.
        quality: what ``data_quality`` found.
        headline: the row of headline.sql, None without data.
        outlets: the rows of outlets.sql.
        days: the rows of days.sql.
        previous: the summary of the period before, if there is one.
    """
    there = status != NO_DATA and headline is not None
    return {
        "format": FORMAT,
        **words,
        "run": run,
        "period": {
            "kind": period.kind,
            "start": period.period_start.isoformat(),
            "end": period.period_end.isoformat(),
            "label": period.label,
            "folder": period.folder,
        },
        "status": status,
        "data": state,
        "headline": _headline(headline, outlets, quality) if there and headline else None,
        "previous": _previous(previous) if there else None,
        "outlets": [_outlet(row) for row in outlets] if there else [],
        "days": [_day(row) for row in days] if there else [],
        "data_quality": quality,
    }


def finish_summary(draft: Json, *, version: int, made_at: str, files: list[Json]) -> Json:
    """Return the whole summary: the draft with its version, files and the moment it was made."""
    return {**draft, "version": version, "made_at": made_at, "files": files}


def period_before(period: Period) -> Period | None:
    """Return the day, week or month before; None for other periods."""
    if period.kind not in CALENDAR_KINDS:
        return None
    return period_around(period.kind, period.period_start - timedelta(days=1))


def _headline(row: Row, outlets: Sequence[Row], quality: Json) -> Json:
    transactions = int(row["transactions"] or 0)
    registered = int(row["registered_transactions"] or 0)
    ranked = sorted((_outlet(outlet) for outlet in outlets), key=lambda outlet: Decimal(outlet["income"]))
    return {
        "income": _money(row["income"]),
        "production_cost": _money(row["production_cost"]),
        "net_income": _money(row["net_income"]),
        "transactions": transactions,
        "items": int(row["items"] or 0),
        "average_receipt": float(row["income"] or 0) / transactions if transactions else None,
        "registered_transactions": registered,
        "registered_share": registered / transactions if transactions else None,
        "lines": int(row["lines"] or 0),
        "best_outlet": ranked[-1] if ranked else None,
        "worst_outlet": ranked[0] if len(ranked) > 1 else None,
        "days_missing": sum(1 for entry in quality["missing"] if entry["whole_day"]),
        "outlet_days_missing": sum(len(entry["outlets"]) for entry in quality["missing"]),
    }


def _previous(summary: Json | None) -> Json | None:
    """Return the figures to compare with; a period that was not complete is no measure."""
    if not summary or summary.get("format") != FORMAT or summary["status"] != "complete":
        return None
    names = ("income", "net_income", "transactions", "items", "average_receipt", "registered_share")
    return {"label": summary["period"]["label"]} | {name: summary["headline"][name] for name in names}


def _outlet(row: Row) -> Json:
    return {
        "number": str(row["salesoutletno"]),
        "neighbourhood": str(row["neighbourhood"] or ""),
        "income": _money(row["income"]),
        "transactions": int(row["transactions"]),
        "items": int(row["items"]),
    }


def _day(row: Row) -> Json:
    return {
        "day": str(row["business_date"]),
        "income": _money(row["income"]),
        "transactions": int(row["transactions"]),
        "items": int(row["items"]),
        "outlets": int(row["outlets"]),
    }


def _money(value: Any) -> str:
    """Return an amount as a decimal string with all its decimals, at least two."""
    amount = round(Decimal(str(value or 0)), 4)
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"
