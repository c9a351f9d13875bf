"""What the shop sold, by day, by outlet and by category: sums of the rows of ``headline/history.sql``.

A transaction belongs to one day and outlet, so all figures of a span are sums over its days and outlets. Pure
functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from coffee_shop.periods import Period
from coffee_shop.report.documents import Category, Day, Figures, Outlet

Row = Mapping[str, Any]
Sums = dict[str, Any]  # int, Decimal or float by the names of SUMS, and how many outlets sold

SUMS = ("income", "net_income", "transactions", "items", "registered_transactions")
NO_SALES: Sums = dict.fromkeys((*SUMS, "outlets"), 0)


def amount_text(value: Any) -> str:
    """Return an amount as a decimal text with all its decimals, two to four."""
    amount = round(Decimal(str(value or 0)), 4)
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"


def sums_by_day(history: Iterable[Row]) -> dict[date, Sums]:
    """Return the figures of each day with sales, over all outlets of the rows."""
    by_day: dict[date, Sums] = {}
    for row in history:
        if row["salesoutletno"] is not None:
            _add(by_day.setdefault(row["business_date"], dict(NO_SALES)), row)
    return by_day


def _add(sums: Sums, row: Row) -> None:
    for name in SUMS:
        sums[name] += row[name] or 0
    sums["outlets"] += 1


def total_of_days(by_day: Mapping[date, Sums], days: Iterable[date]) -> Sums:
    """Return the sums of some days together, from what `sums_by_day` returned."""
    sold = [by_day[day] for day in days if day in by_day]
    return {name: sum((day[name] for day in sold), start=0) for name in SUMS}


def figures_of_days(by_day: Mapping[date, Sums], days: Iterable[date]) -> Figures:
    """Return the figures of some days together: six of the headline's, from what `sums_by_day` returned."""
    return figures_of(total_of_days(by_day, days))


def figures_of(total: Sums, days: int = 1) -> Figures:
    """Return the figures of a sum, or of its average over some days: amounts as text, averages of counts as numbers."""
    transactions = total["transactions"]
    return {
        "income": amount_text(Decimal(total["income"]) / days),
        "net_income": amount_text(Decimal(total["net_income"]) / days),
        "transactions": transactions if days == 1 else transactions / days,
        "items": total["items"] if days == 1 else total["items"] / days,
        "average_receipt": float(total["income"]) / transactions if transactions else None,
        "registered_share": total["registered_transactions"] / transactions if transactions else None,
    }


def days_of(period: Period, history: Iterable[Row]) -> list[Day]:
    """Return what was sold on each day of the period, 0 where nothing was."""
    by_day = sums_by_day(history)
    return [_day(day, by_day.get(day, NO_SALES)) for day in period.days]


def _day(day: date, sums: Sums) -> Day:
    return {
        "day": day.isoformat(),
        "income": amount_text(sums["income"]),
        "transactions": int(sums["transactions"]),
        "items": int(sums["items"]),
        "outlets": sums["outlets"],
    }


def outlets_of(period: Period, history: Iterable[Row]) -> list[Outlet]:
    """Return what each outlet sold in the period, highest income first."""
    sums: dict[tuple[str, str], Sums] = {}
    for row in history:
        if row["salesoutletno"] is not None and period.period_start <= row["business_date"] <= period.period_end:
            _add(sums.setdefault((row["salesoutletno"], row["neighbourhood"] or ""), dict(NO_SALES)), row)
    ranked = sorted(sums.items(), key=lambda entry: (-entry[1]["income"], len(entry[0][0]), entry[0]))
    return [
        {
            "number": number,
            "neighbourhood": neighbourhood,
            "income": amount_text(total["income"]),
            "transactions": int(total["transactions"]),
            "items": int(total["items"]),
        }
        for (number, neighbourhood), total in ranked
    ]


def categories_of(period: Period, history: Iterable[Row]) -> list[Category]:
    """Return ``category``, ``income``, ``items`` of each product category sold in the period, highest income first."""
    sums: dict[str, list[Any]] = {}
    for row in history:
        if row["productcategory"] is None or not period.period_start <= row["business_date"] <= period.period_end:
            continue
        total = sums.setdefault(row["productcategory"], [Decimal(0), 0])
        total[0] += Decimal(row["income"] or 0)
        total[1] += row["items"] or 0
    ranked = sorted(sums.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return [{"category": name, "income": amount_text(income), "items": int(items)} for name, (income, items) in ranked]
