"""The words of a comparison: changes, why there is none, and what stands out; the same in mail and workbooks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from coffee_shop.report.comparison import (
    BEFORE,
    CLOSED,
    LACKS_OUTLETS,
    NOT_LOADED,
    PERIOD_INCOMPLETE,
    WEEKDAY_AVERAGE,
    YEAR_BEFORE,
)
from coffee_shop.report.documents import Comparison, Draft, FigureName, Headline, MoveOfIncome
from coffee_shop.report.highlights import CATEGORY, OUTLET
from coffee_shop.report.wording import Wording, closed_text, missing_text, outlet_name, shortened

NOT_AVAILABLE = "n/a"
SHARES = ("registered_share",)
MINUS = "\u2212"
MOST_MISSING = 2


def label_of(comparison: Comparison) -> str:
    """Return what a period is compared with: 2019-W16, or the average of 4 Wednesdays."""
    if comparison["base"] == WEEKDAY_AVERAGE:
        count = comparison["averaged"]
        weekday = f"{date.fromisoformat(comparison['start']):%A}"
        return f"the one {weekday} of four weeks" if count == 1 else f"the average of {count} {weekday}s"
    return str(comparison["label"]).replace("_", " to ")


def heading_of(comparison: Comparison) -> str:
    """Return the heading of a comparison's column, such as `a year before 2018-W17`."""
    what = {BEFORE: "before", YEAR_BEFORE: "a year before"}.get(comparison["base"])
    return f"{what} {label_of(comparison)}" if what else label_of(comparison)


def change_of(comparison: Comparison, headline: Headline, name: FigureName) -> str:
    """Return how a figure differs from a base: +20.0%, +1.2 pts (percentage points) for a share, same, or n/a."""
    figures, value = comparison["figures"], headline[name]
    base = figures[name] if figures else None
    if base is None or value is None:
        return NOT_AVAILABLE
    if name in SHARES:
        return _signed(100 * (float(value) - float(base)), " pts")
    if Decimal(str(base)) <= 0:
        return NOT_AVAILABLE  # nothing to take a share of
    return _signed(100 * (float(Decimal(str(value)) / Decimal(str(base))) - 1), "%")


def _signed(difference: float, unit: str) -> str:
    if abs(difference) < 0.05:
        return "same"
    return f"{'+' if difference > 0 else MINUS}{abs(difference):,.1f}{unit}"


def change_text(comparison: Comparison, headline: Headline, name: FigureName) -> str:
    """Return a change with what it is a change on: +20.0% on 2019-W16, same as 2019-W16, n/a on 2019-W16."""
    change = change_of(comparison, headline, name)
    return f"{change} {'as' if change == 'same' else 'on'} {label_of(comparison)}"


def remark_of(summary: Draft, name: FigureName, words: Wording) -> str:
    """Return the change of a figure on the period before, with the reason in words when there is none."""
    headline = summary["headline"]
    if not summary["comparisons"] or headline is None:
        return ""
    comparison = summary["comparisons"][0]
    text = change_text(comparison, headline, name)
    return f"{text}: {reason_of(comparison, words)}" if comparison["reason"] else text


def notes_on_bases(summary: Draft, words: Wording) -> list[str]:
    """Return why there are no changes on a base, and what was closed on days of a base, a sentence each."""
    measures = [each for each in summary["comparisons"] if each["figures"]]
    return [
        *_reasons(summary, words),
        *(
            f"{label_of(each)} had {_closed(each['closed'], words)}."
            for each in measures
            if each["closed"] and not each["averaged"]
        ),
        *(
            f"In {label_of(each)} outlets were closed: {closed_text(each['closed_outlets'], words, MOST_MISSING)}."
            for each in measures
            if each["closed_outlets"]
        ),
    ]


def _closed(days: list[str], words: Wording) -> str:
    if len(days) == 1:
        return f"a closed day, {words.day(days[0])}"
    return f"{len(days)} closed days, the first of them {words.day(days[0])}"


def _reasons(summary: Draft, words: Wording) -> list[str]:
    lacking = [comparison for comparison in summary["comparisons"] if comparison["reason"]]
    texts = [(label_of(comparison), reason_of(comparison, words)) for comparison in lacking]
    if len(texts) > 1 and len({reason for _, reason in texts}) == 1:
        return [f"All changes are n/a: {texts[0][1]}."]
    return [f"Changes on {label} are n/a: {reason}." for label, reason in texts]


def reason_of(comparison: Comparison, words: Wording) -> str:
    """Return in words why a base is no measure."""
    reason = comparison["reason"]
    if reason == PERIOD_INCOMPLETE:
        return "this period itself is incomplete"
    if reason == CLOSED:
        return "the shop was closed"
    if reason == NOT_LOADED:
        return _not_loaded(comparison, words)
    if reason == LACKS_OUTLETS:
        return missing_text(comparison["missing"], words, MOST_MISSING)
    raise ValueError(f"The comparison has the reason {reason!r}, which has no words.")


def _not_loaded(comparison: Comparison, words: Wording) -> str:
    days = comparison["unpublished"]
    if len(days) == 1:
        return f"no sales are loaded for {words.day(days[0])}"
    span = (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1
    if len(days) == span:
        return f"no sales are loaded for {words.day(days[0])} to {words.day(days[-1])}"
    return f"no sales are loaded for {len(days)} of its days, the first of them {words.day(days[0])}"


def highlights_text(summary: Draft, words: Wording) -> list[str]:
    """Return what stands out, at most three sentences; a sentence also when nothing does or nothing can be said."""
    highlights = summary["highlights"]
    if highlights["moves"]:
        return [_move_text(move, summary, words) for move in highlights["moves"]]
    if highlights["judged"]:
        return ["Nothing stands out: all moves are within the ups and downs of the eight weeks before."]
    return [
        (
            "What stands out cannot be said: that takes a day of this period with all its sales, and four such weeks "
            "of the eight before."
        ),
    ]


def _move_text(move: MoveOfIncome, summary: Draft, words: Wording) -> str:
    income, usual = Decimal(move["income"]), Decimal(move["usual"])
    start = f"{_subject_of(move, summary)} {words.money(income)}"
    if usual <= 0:
        return f"{start}, and nothing in the eight weeks before."
    share = f"{abs(income / usual - 1):.1%} {'more' if income > usual else 'less'}"
    return f"{start}, {share} than the {words.money(usual)} usual for {_days_of(move, summary)}."


def _subject_of(move: MoveOfIncome, summary: Draft) -> str:
    if move["of"] == OUTLET:
        outlets = {outlet["number"]: outlet_name(outlet) for outlet in summary["outlets"]}
        return f"Outlet {outlets.get(move['name'], move['name'])} took"
    return f"{shortened(move['name'])} brought" if move["of"] == CATEGORY else "The shop took"


def _days_of(move: MoveOfIncome, summary: Draft) -> str:
    first, last = map(date.fromisoformat, (summary["period"]["start"], summary["period"]["end"]))
    if first == last:
        return f"a {first:%A}"
    left_out = move["days_left_out"]
    if not left_out:
        return "these days"
    return f"the days with all their sales ({left_out} {'day is' if left_out == 1 else 'days are'} left out)"
