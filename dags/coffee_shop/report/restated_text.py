"""The words of a restated report: what it replaces, what changed, and why; the same in mail and workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from coffee_shop.report.documents import Cause, Draft, FigureName, Restatement
from coffee_shop.report.wording import Wording, outlet_name, shortened

LABELS: dict[FigureName, tuple[str, str]] = {
    "income": ("Income", "money"),
    "net_income": ("Net income", "money"),
    "transactions": ("Transactions", "integer"),
    "items": ("Items", "integer"),
    "average_receipt": ("Average receipt", "money"),
    "registered_share": ("By registered customers", "percent"),
}
MOST_DAYS = 14
MOST_OUTLETS = 12
MOST_CAUSES = 10
MOST_DAYS_OF_A_CAUSE = 3


@dataclass(frozen=True)
class Change:
    """A figure of the report before and of this one; None where there was no data."""

    label: str
    before: Decimal | float | int | None
    after: Decimal | float | int | None
    format: str

    def shown(self, words: Wording) -> tuple[str, str]:
        """Return both as texts."""
        before, after = (self._text(value, words) for value in (self.before, self.after))
        return before, after

    def _text(self, value: Any, words: Wording) -> str:
        if value is None:
            return "no data"
        return {"money": words.money, "integer": "{:,}".format, "percent": "{:.1%}".format}[self.format](value)


@dataclass(frozen=True)
class Restated:
    """What a restated report says beside its figures: when the report before was made, what changed, and why."""

    made: str
    changes: Sequence[Change]
    causes: Sequence[str]


def restated_of(summary: Draft, words: Wording) -> Restated | None:
    """Return what a report says about the one that it replaces; None when it replaces none."""
    restated = summary["restated"]
    if not restated:
        return None
    return Restated(_made(restated, words), _changes(summary, restated, words), _causes(restated["causes"], words))


def replaces(restated: Restatement, words: Wording) -> str:
    """Return which report a restated one replaces, such as ``replaces $56,918.52 of 2019-04-29``."""
    return f"replaces {_income_before(restated, words)} of {_made(restated, words)}"


def restated_warning(restated: Restatement, words: Wording) -> str:
    """Return the first sentence of a restated report."""
    return (
        f"Restated on {words.day(_date(restated['at'], words))}: this replaces the report of "
        f"{_made(restated, words)}, which had {_income_before(restated, words, 'an income of ')}."
    )


def _income_before(restated: Restatement, words: Wording, start: str = "") -> str:
    before = restated["before"]
    return f"{start}{words.money(before['income'])}" if before else "no data"


def _made(restated: Restatement, words: Wording) -> str:
    return words.day(_date(restated["made_at"], words))


def _date(moment: str, words: Wording) -> date:
    return datetime.fromisoformat(moment).astimezone(words.zone).date()


def _changes(summary: Draft, restated: Restatement, words: Wording) -> list[Change]:
    before, headline = restated["before"], summary["headline"]
    changes = []
    for name, (label, form) in LABELS.items():
        then, now = before.get(name) if before else None, headline[name] if headline else None
        if then != now and (before is None or name in before):
            changes.append(Change(label, _number(then), _number(now), form))
    days = [(words.day(each["day"]), each["before"], each["after"]) for each in restated["days"]]
    outlets = [(outlet_name(each), each["before"], each["after"]) for each in restated["outlets"]]
    several = days[:MOST_DAYS] if len(summary["days"]) > 1 else []
    return changes + [
        Change(f"Income of {name}", _number(then), _number(now), "money")
        for name, then, now in [*several, *outlets[:MOST_OUTLETS]]
    ]


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def _causes(causes: list[Cause], words: Wording) -> list[str]:
    if not causes:
        return ["No file changed these days: a setting did, or what newer files say of products, customers and goals."]
    more = len(causes) - MOST_CAUSES
    return [_cause(cause, words) for cause in causes[:MOST_CAUSES]] + [f"{more} more files."] * (more > 0)


def _cause(cause: Cause, words: Wording) -> str:
    days, more = cause["days"][:MOST_DAYS_OF_A_CAUSE], len(cause["days"]) - MOST_DAYS_OF_A_CAUSE
    listed = ", ".join(map(words.day, days)) + (f" and {more} more days" if more > 0 else "")
    file = shortened(cause["key"], 200) if cause["key"] else "A file that was uploaded again since"
    return f"{file}, {cause['what']} {words.moment(cause['at'])}, changed {listed}."
