"""The words of a report: the same sentences on the contents sheet, in the mail and in its subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from coffee_shop.lake.documents import Handover
from coffee_shop.periods import DAILY, MONTHLY, UPLOAD, WEEKLY
from coffee_shop.report.comparison_text import MINUS, change_text, remark_of
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.data_quality import INCOMPLETE, NO_DATA, was_closed
from coffee_shop.report.documents import Draft, FigureName, OpenFile, Outlet, Quarantine, Refunds, UnreadableColumn
from coffee_shop.report.restated_text import replaces, restated_warning
from coffee_shop.report.wording import Wording, count, missing_text, outlet_name, shortened


def title(kind: str) -> str:
    """Return what a report of a kind is called."""
    return {
        DAILY: "daily report",
        WEEKLY: "weekly report",
        MONTHLY: "monthly report",
        UPLOAD: "report on an upload",
    }.get(kind, "report")


def subject(summary: Draft, words: Wording) -> str:
    """Return the mail's subject: shop, report, period, income and its change, or what keeps it from the whole truth.

    A restated report names the income that it replaces in place of the change.
    """
    period = summary["period"]
    label = period["label"].replace("_", " to ")
    start = f"{words.shop} {title(period['kind'])} {label}"
    restated = [replaces(summary["restated"], words)] if summary["restated"] else []
    headline = summary["headline"]
    if summary["status"] == NO_DATA or headline is None:
        return f"{start}: {', '.join(['no data', *restated])}"
    income = f"income {words.money(headline['income'])}"
    if summary["status"] == INCOMPLETE:
        return f"{start}: {', '.join(['incomplete', income, *restated])}"
    if restated:
        return f"{start}: {', '.join(['restated', income, *restated])}"
    changes = [change_text(each, headline, "income") for each in summary["comparisons"][:1]]
    return f"{start}: {', '.join([income, *changes])}".replace(MINUS, "-")  # plain letters need no encoding


def warnings(summary: Draft, words: Wording) -> list[str]:
    """Return what a reader must know before any figure, most important first; empty when all is there."""
    found = []
    if summary["status"] == NO_DATA:
        closed = was_closed(summary)
        found.append(f"No data: {'the shop was closed' if closed else 'no sales have been loaded for this period'}.")
    elif summary["status"] == INCOMPLETE:
        found.append(f"Incomplete: {missing_text(summary['data_quality']['missing'], words)}.")
    if summary["restated"]:
        found.append(restated_warning(summary["restated"], words))
    if summary["data"]["changed_while_made"]:
        found.append(
            "New data kept arriving while this report was made, three times over: its sheets may not agree with "
            "each other. Make it again later."
        )
    return found


def state_text(summary: Draft, words: Wording) -> str:
    """Return which data a report was made from."""
    data = summary["data"]
    if data["load_id"] is None or data["published_at"] is None:
        return "Nothing has been loaded yet."
    return f"Data as published on {words.moment(data['published_at'])} (load {data['load_id']})"


def notes(summary: Draft, words: Wording) -> list[str]:
    """Return the remarks on the data that do not make a report incomplete."""
    quality = summary["data_quality"]
    found = []
    if quality["history_begins"]:
        found.append(f"Sales before {words.day(quality['history_begins'])} have never been loaded.")
    if quality["lines_without_wholesale_price"]:
        found.append(
            f"{count(quality['lines_without_wholesale_price'], 'line')} without a wholesale price, with "
            f"{words.money(quality['income_without_wholesale_price'])} of income, "
            "count in income but not in production cost or net income."
        )
    found += _refund_notes(quality["refunds"], words)
    found += _unreadable_notes(quality["unreadable_columns"])
    found += _quarantine_notes(quality["quarantine"])
    found += _open_file_notes(quality["open_files"], words)
    found += _handover_notes(quality["handovers"], words)
    return found


def _refund_notes(refunds: Refunds, words: Wording) -> list[str]:
    if not refunds["lines"]:
        return []
    lines = count(refunds["lines"], "line")
    counts, their = ("counts", "its") if refunds["lines"] == 1 else ("count", "their")
    amount = words.money(refunds["amount"])
    return [
        f"{lines} with a minus (refunds and discounts), {amount} in all, {counts} in every figure with {their} sign."
    ]


def _unreadable_notes(columns: list[UnreadableColumn], most: int = 10) -> list[str]:
    found = [
        f"{each['column']} cannot be read in {each['rows']:,} of {count(each['of'], 'row')} of {_file(each['key'])}; "
        "those values count as unknown."
        for each in columns[:most]
    ]
    more = len(columns) - most
    return found + ([f"{count(more, 'more column')} of files that cannot be read not listed."] if more > 0 else [])


def _quarantine_notes(quarantine: Quarantine) -> list[str]:
    if not quarantine["rows"]:
        return []
    rows = count(quarantine["rows"], "row")
    are, they_break = ("is", "it breaks") if quarantine["rows"] == 1 else ("are", "they break")
    return [f"{rows} of the files {are} in quarantine, because {they_break} the contract, and not in any figure."]


def data_line(summary: Draft, words: Wording) -> str:
    """Return in one line what a manager must know about the data; files and their names are for the operators."""
    quality, headline = summary["data_quality"], summary["headline"]
    parts = []
    of_outlet = "outlet" in summary  # whose own missing days are a warning; of other rows the outlet is not known
    if headline and headline["outlet_days_missing"] and not of_outlet:
        parts.append(f"{count(headline['outlet_days_missing'], 'outlet day')} missing")
    if quality["history_begins"]:
        parts.append(f"no sales before {words.day(quality['history_begins'])}")
    if quality["refunds"]["lines"]:
        amount = words.money(quality["refunds"]["amount"])
        parts.append(f"{count(quality['refunds']['lines'], 'line')} with a minus ({amount}) counted")
    if quality["quarantine"]["rows"]:
        parts.append(f"{count(quality['quarantine']['rows'], 'row')} left out")
    if quality["lines_without_wholesale_price"]:
        income = words.money(quality["income_without_wholesale_price"])
        parts.append(f"{count(quality['lines_without_wholesale_price'], 'line')} ({income}) without a cost price")
    if quality["open_files"]:
        parts.append(f"{count(len(quality['open_files']), 'file')} not loaded, waiting for a new upload")
    start = "Data of the whole shop" if of_outlet else "Data"
    return f"{start}: {'; '.join(parts) or 'complete, nothing left out'}."


def _open_file_notes(files: list[OpenFile], words: Wording, most: int = 10) -> list[str]:
    found = [
        f"File {_file(file['key'])} was {file['status']} on {words.moment(file['at'])} and waits for a new upload: "
        f"{shortened(file['reason'] or 'no reason kept', 500)}"
        for file in files[-most:]
    ]
    more = len(files) - most
    words_for_more = "older file that was not loaded is" if more == 1 else "older files that were not loaded are"
    return found + ([f"{more:,} {words_for_more} not listed."] if more > 0 else [])


def _file(key: str | None) -> str:
    return shortened(key or "no file", 200)


def _holders(handover: Handover) -> str:
    giver, taker = handover["from_key"], handover["to_key"]
    if not taker:
        return f"{_file(giver)} has no rows of it any more, nor has another file"
    if not giver:
        return f"{_file(taker)} has rows of it, which no file had"
    return f"{_file(taker)} has other rows of it" if giver == taker else f"{_file(taker)} took over from {_file(giver)}"


def _handover_notes(handovers: list[Handover], words: Wording, most: int = 10) -> list[str]:
    found = [
        f"{words.day(each['day'])}, outlet {shortened(each['outlet'])}: {_holders(each)}; "
        f"{count(each['rows_before'], 'row')} and {words.money(each['amount_before'])} before, "
        f"{count(each['rows_after'], 'row')} and {words.money(each['amount_after'])} after."
        for each in handovers[-most:]
    ]
    more = len(handovers) - most
    return found + ([f"{count(more, 'older take-over')} in this period not listed."] if more > 0 else [])


def figures(summary: Draft, words: Wording) -> list[Figure]:
    """Return the headline figures in the order in which people read them; none without data."""
    headline = summary["headline"]
    if headline is None:
        return []

    def money(label: str, name: FigureName) -> Figure:
        value = headline[name]
        if value is None:
            return Figure(label, None, "money", text="none")
        exact = value if isinstance(value, float) else Decimal(value)
        return Figure(label, exact, "money", remark_of(summary, name, words), words.money(value))

    def whole(label: str, name: FigureName) -> Figure:
        return Figure(label, headline[name], "integer", remark_of(summary, name, words), f"{headline[name]:,}")

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
            f"{headline['registered_transactions']:,} of {headline['transactions']:,} transactions",
            "none" if share is None else f"{share:.1%}",
        ),
        _outlet("Best outlet", headline["best_outlet"], words),
        _outlet("Worst outlet", headline["worst_outlet"], words),
        Figure("Days missing", headline["days_missing"], "integer", text=f"{headline['days_missing']:,}"),
        Figure(
            "Outlet days missing",
            headline["outlet_days_missing"],
            "integer",
            "an outlet that has sales in the weeks before and none on a day",
            f"{headline['outlet_days_missing']:,}",
        ),
    ]


def _outlet(label: str, outlet: Outlet | None, words: Wording) -> Figure:
    if outlet is None:
        return Figure(label, "none", "text", text="none")
    return Figure(label, outlet_name(outlet), "text", words.money(outlet["income"]), outlet_name(outlet))


def largest(rows: Iterable[Mapping[str, Any]]) -> Decimal:
    """Return the largest income of some rows, at least 1: what a bar of full width stands for."""
    return max([Decimal(row["income"]) for row in rows] + [Decimal(1)])
