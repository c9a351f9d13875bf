"""The words of a report: the same sentences on the contents sheet, in the mail and in its subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from coffee_shop.data_quality import INCOMPLETE, NO_DATA
from coffee_shop.periods import DAILY, MONTHLY, UPLOAD, WEEKLY, Period

Json = dict[str, Any]


@dataclass(frozen=True)
class Wording:
    """How the shop writes things: its name, currency sign, date format and time zone."""

    shop: str
    currency: str
    date_format: str
    zone: ZoneInfo

    def money(self, value: str | Decimal | float) -> str:
        """Return an amount such as $1,234.50 or -$3.00."""
        amount = Decimal(value)
        return f"{'-' if amount < 0 else ''}{self.currency}{abs(amount):,.2f}"

    def day(self, day: str | date) -> str:
        """Return a date as the shop writes it."""
        return (date.fromisoformat(day) if isinstance(day, str) else day).strftime(self.date_format)

    def moment(self, moment: str) -> str:
        """Return an ISO moment in the shop's time zone, to the minute."""
        local = datetime.fromisoformat(moment).astimezone(self.zone)
        return local.strftime(f"{self.date_format} %H:%M %Z")

    def period(self, period: Period) -> str:
        """Return a period in words, both ends included."""
        first, last = self.day(period.period_start), self.day(period.period_end)
        if period.kind == DAILY:
            return f"{period.period_start:%A} {first}"
        if period.kind == WEEKLY:
            year, week, _ = period.period_start.isocalendar()
            return f"Week {week} of {year}: Monday {first} to Sunday {last}"
        if period.kind == MONTHLY:
            return f"{period.period_start:%B %Y}: {first} to {last}"
        if first == last:
            return f"{period.period_start:%A} {first}"
        return f"{period.period_start:%A} {first} to {period.period_end:%A} {last}"


def title(kind: str) -> str:
    """Return what a report of a kind is called."""
    return {
        DAILY: "daily report",
        WEEKLY: "weekly report",
        MONTHLY: "monthly report",
        UPLOAD: "report on an upload",
    }.get(kind, "report")


def subject(summary: Json, words: Wording) -> str:
    """Return the mail's subject: shop, report, period, then income, or what keeps it from being the whole truth."""
    period = summary["period"]
    label = period["label"].replace("_", " to ")
    start = f"{words.shop} {title(period['kind'])} {label}"
    if summary["status"] == NO_DATA:
        return f"{start}: no data"
    income = f"income {words.money(summary['headline']['income'])}"
    return f"{start}: incomplete, {income}" if summary["status"] == INCOMPLETE else f"{start}: {income}"


def warnings(summary: Json, words: Wording) -> list[str]:
    """Return what a reader must know before any figure, most important first; empty when all is there."""
    found = []
    if summary["status"] == NO_DATA:
        found.append("No data: no sales have been loaded for this period.")
    elif summary["status"] == INCOMPLETE:
        found.append(f"Incomplete: {missing_text(summary['data_quality']['missing'], words)}.")
    if summary["data"]["changed_while_made"]:
        found.append(
            "New data kept arriving while this report was made, three times over: its sheets may not agree with "
            "each other. Make it again later."
        )
    return found


def missing_text(missing: list[Json], words: Wording, most: int = 12) -> str:
    """Return which days and outlets are missing; after ``most`` entries only how many more."""
    entries = [
        f"{words.day(entry['day'])} has no sales at all"
        if entry["whole_day"]
        else f"{words.day(entry['day'])} lacks {_outlets(entry['outlets'])}"
        for entry in missing
    ]
    more = len(entries) - most
    return "; ".join(entries[:most]) + (f"; and {more} more days" if more > 0 else "")


def _outlets(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return f"outlet {numbers[0]}"
    return f"outlets {', '.join(numbers[:-1])} and {numbers[-1]}"


def state_text(summary: Json, words: Wording) -> str:
    """Return which data a report was made from."""
    data = summary["data"]
    if not data["load_id"]:
        return "Nothing has been loaded yet."
    return f"Data as published on {words.moment(data['published_at'])} (load {data['load_id']})"


def notes(summary: Json, words: Wording) -> list[str]:
    """Return the remarks on the data that do not make a report incomplete."""
    quality = summary["data_quality"]
    found = []
    if quality["history_begins"]:
        found.append(f"Sales before {words.day(quality['history_begins'])} have never been loaded.")
    if quality["lines_without_wholesale_price"]:
        found.append(
            f"{_count(quality['lines_without_wholesale_price'], 'line')} without a wholesale price, with "
            f"{words.money(quality['income_without_wholesale_price'])} of income, "
            "count in income but not in production cost or net income."
        )
    found += _refund_notes(quality["refunds"], words)
    found += [
        f"{each['column']} cannot be read in {each['rows']:,} of {_count(each['of'], 'row')} of {each['key']}; "
        "those values count as unknown."
        for each in quality["unreadable_columns"]
    ]
    found += _quarantine_notes(quality["quarantine"])
    found += [
        f"File {file['key']} was refused on {words.moment(file['at'])} and waits for a new upload: {file['reason']}"
        for file in quality["open_files"]
    ]
    found += _handover_notes(quality["handovers"], words)
    return found


def _refund_notes(refunds: Json, words: Wording) -> list[str]:
    if not refunds["lines"]:
        return []
    lines = _count(refunds["lines"], "line")
    count, their = ("counts", "its") if refunds["lines"] == 1 else ("count", "their")
    amount = words.money(refunds["amount"])
    return [
        f"{lines} with a minus (refunds and discounts), {amount} in all, {count} in every figure with {their} sign."
    ]


def _quarantine_notes(quarantine: Json) -> list[str]:
    if not quarantine["rows"]:
        return []
    rows = _count(quarantine["rows"], "row")
    are, they_break = ("is", "it breaks") if quarantine["rows"] == 1 else ("are", "they break")
    return [f"{rows} of the files {are} in quarantine, because {they_break} the contract, and not in any figure."]


def _handover_notes(handovers: list[Json], words: Wording, most: int = 10) -> list[str]:
    found = [
        f"{words.day(each['day'])}, outlet {each['outlet']}: {each['to_key'] or 'no file'} took over from "
        f"{each['from_key']}; {each['rows_before']:,} rows and {words.money(each['amount_before'])} before, "
        f"{each['rows_after']:,} rows and {words.money(each['amount_after'])} after."
        for each in handovers[-most:]
    ]
    more = len(handovers) - most
    return found + ([f"{_count(more, 'older take-over')} in this period not listed."] if more > 0 else [])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Figure:
    """A headline figure: its value for the sheet, the same as text for the mail, and a remark."""

    label: str
    value: Any
    format: str
    text: str
    remark: str = ""


def figures(summary: Json, words: Wording) -> list[Figure]:
    """Return the headline figures in the order in which people read them; none without data."""
    headline = summary["headline"]
    if headline is None:
        return []
    previous = summary["previous"]

    def money(label: str, name: str) -> Figure:
        value = headline[name]
        if value is None:
            return Figure(label, None, "money", "none")
        exact = value if isinstance(value, float) else Decimal(value)
        return Figure(label, exact, "money", words.money(value), change(previous, headline, name))

    def whole(label: str, name: str) -> Figure:
        return Figure(label, headline[name], "integer", f"{headline[name]:,}", change(previous, headline, name))

    share = headline["registered_share"]
    return [
        money("Income", "income"),
        money("Net income", "net_income"),
        whole("Transactions", "transactions"),
        whole("Items", "items"),
        money("Average receipt", "average_receipt"),
        Figure(
            "By registered customers",
            share,
            "percent",
            "none" if share is None else f"{share:.1%}",
            f"{headline['registered_transactions']:,} of {headline['transactions']:,} transactions",
        ),
        _outlet("Best outlet", headline["best_outlet"], words),
        _outlet("Worst outlet", headline["worst_outlet"], words),
        Figure("Days missing", headline["days_missing"], "integer", f"{headline['days_missing']:,}"),
        Figure(
            "Outlet days missing",
            headline["outlet_days_missing"],
            "integer",
            f"{headline['outlet_days_missing']:,}",
            "an outlet that has sales in the weeks before and none on a day",
        ),
    ]


def _outlet(label: str, outlet: Mapping[str, Any] | None, words: Wording) -> Figure:
    if outlet is None:
        return Figure(label, "none", "text", "none")
    return Figure(label, outlet_name(outlet), "text", outlet_name(outlet), words.money(outlet["income"]))


def outlet_name(outlet: Mapping[str, Any]) -> str:
    """Return an outlet's number and neighbourhood."""
    return " ".join(part for part in (outlet["number"], outlet["neighbourhood"]) if part)


def change(previous: Json | None, headline: Json, name: str) -> str:
    """Return how a figure differs from the period before, empty when that is not known."""
    if not previous or not previous.get(name) or Decimal(previous[name]) <= 0:
        return ""
    difference = float(Decimal(headline[name]) / Decimal(previous[name]) - 1)
    if abs(difference) < 0.0005:
        return f"as in {previous['label']}"
    sign = "+" if difference > 0 else "\u2212"
    return f"{sign}{abs(difference):.1%} on {previous['label']}"


def largest(rows: Iterable[Mapping[str, Any]]) -> Decimal:
    """Return the largest income of some rows, at least 1: what a bar of full width stands for."""
    return max([Decimal(row["income"]) for row in rows] + [Decimal(1)])
