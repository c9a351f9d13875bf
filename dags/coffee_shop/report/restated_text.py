"""The words of a restated report: what it replaces, what changed, and why; the same in mail and workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from coffee_shop.report.restatement import FIGURES
from coffee_shop.report.wording import Wording, outlet_name, shortened

Json = dict[str, Any]

LABELS = dict(
    zip(
        FIGURES,
        (
            ("Income", "money"),
            ("Net income", "money"),
            ("Transactions", "integer"),
            ("Items", "integer"),
            ("Average receipt", "money"),
            ("By registered customers", "percent"),
        ),
        strict=True,
    )
)
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


def restated_of(summary: Json, words: Wording) -> Restated | None:
    """Return what a report says about the one that it replaces; None when it replaces none."""
    if not summary["restated"]:
        return None
    return Restated(_made(summary, words), _changes(summary, words), _causes(summary["restated"]["causes"], words))


def replaces(summary: Json, words: Wording) -> str:
    """Return which report a restated one replaces, such as ``replaces $56,918.52 of 2019-04-29``."""
    return f"replaces {_income_before(summary, words)} of {_made(summary, words)}"


def restated_warning(summary: Json, words: Wording) -> str:
    """Return the first sentence of a restated report."""
    return (
        f"Restated on {words.day(_date(summary['restated']['at'], words))}: this replaces the report of "
        f"{_made(summary, words)}, which had {_income_before(summary, words, 'an income of ')}."
    )


def _income_before(summary: Json, words: Wording, start: str = "") -> str:
    before = summary["restated"]["before"]
    return f"{start}{words.money(before['income'])}" if before else "no data"


def _made(summary: Json, words: Wording) -> str:
    return words.day(_date(summary["restated"]["made_at"], words))


def _date(moment: str, words: Wording) -> Any:
    return datetime.fromisoformat(moment).astimezone(words.zone).date()


def _changes(summary: Json, words: Wording) -> list[Change]:
    restated, headline = summary["restated"], summary["headline"] or {}
    before = restated["before"] or {}
    of_figures = [
        Change(label, _number(before.get(name)), _number(headline.get(name)), form)
        for name, (label, form) in LABELS.items()
        if (name in before or not before) and before.get(name) != headline.get(name)
    ]
    days = [(words.day(each["day"]), each) for each in restated["days"]]
    outlets = [(outlet_name(each), each) for each in restated["outlets"]]
    several = [*days[:MOST_DAYS]] if len(summary["days"]) > 1 else []
    return of_figures + [
        Change(f"Income of {name}", _number(each["before"]), _number(each["after"]), "money")
        for name, each in [*several, *outlets[:MOST_OUTLETS]]
    ]


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def _causes(causes: list[Json], words: Wording) -> list[str]:
    if not causes:
        return ["No file changed these days: a setting did, or what newer files say of products, customers and goals."]
    more = len(causes) - MOST_CAUSES
    return [_cause(cause, words) for cause in causes[:MOST_CAUSES]] + [f"{more} more files."] * (more > 0)


def _cause(cause: Json, words: Wording) -> str:
    days, more = cause["days"][:MOST_DAYS_OF_A_CAUSE], len(cause["days"]) - MOST_DAYS_OF_A_CAUSE
    listed = ", ".join(map(words.day, days)) + (f" and {more} more days" if more > 0 else "")
    file = shortened(cause["key"], 200) if cause["key"] else "A file that was uploaded again since"
    return f"{file}, {cause['what']} {words.moment(cause['at'])}, changed {listed}."
