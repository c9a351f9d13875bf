"""The figures of the mail about a report: tiles with small bars, comparisons, what stands out, best and worst.

Everything is ready to print: texts, and heights of bars in pixels.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coffee_shop.periods import DAILY, WEEKLY, Period, period_from_json
from coffee_shop.report.comparison_text import change_of, change_text, heading_of, highlights_text, notes_on_bases
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.documents import Draft, FigureName, Span
from coffee_shop.report.stock import waste_text
from coffee_shop.report.targets import targets_text
from coffee_shop.report.text import figures
from coffee_shop.report.wording import Wording, outlet_name, shortened

Content = dict[str, Any]  # what a template shows

# the figures that are compared, by their label in report/text.py
COMPARED: dict[str, FigureName] = {
    "Income": "income",
    "Net income": "net_income",
    "Transactions": "transactions",
    "Items": "items",
    "Average receipt": "average_receipt",
    "By registered customers": "registered_share",
}
BAR_HEIGHT = 28
MOST_DAYS = 14
FULL, PALE, NOW = "full", "pale", "now"
NO_CATEGORY = "NO INFO"


def period_of_summary(summary: Draft) -> Period:
    """Return the period of a summary."""
    period = summary["period"]
    return period_from_json(
        {"kind": period["kind"], "period_start": period["start"], "period_end": period["end"], "stamp": None}
    )


def figures_of_mail(summary: Draft, words: Wording) -> Content:
    """Return what the templates show of the figures; empty lists without data."""
    there = summary["headline"] is not None
    facts = {fact.label: fact for fact in figures(summary, words)}
    return {
        "tiles": [_tile(facts[label], name, summary) for label, name in COMPARED.items()] if there else [],
        "bars_caption": _bars_caption(summary) if there else "",
        "highlights": highlights_text(summary, words) if there else [],
        "comparison_headings": [heading_of(comparison) for comparison in summary["comparisons"]],
        "comparison_rows": _comparison_rows(summary) if there else [],
        "notes_on_bases": notes_on_bases(summary, words),
        "best_and_worst": _best_and_worst(summary, words) if there else [],
        "targets": targets_text(summary),
        "waste": waste_text(summary, words),
        "trend": _trend_text(summary, words),
    }


def _tile(fact: Figure, name: FigureName, summary: Draft) -> Content:
    """Return a headline figure with its change on the period before and its small bars."""
    headline = summary["headline"]
    changes = [change_text(each, headline, name) for each in summary["comparisons"][:1] if headline]
    return {
        "label": fact.label,
        "text": fact.text,
        "change": changes[0] if changes else "",
        "direction": {"+": "up", "\u2212": "down"}.get(changes[0][:1] if changes else "", ""),
        "note": fact.remark if name == "registered_share" else "",
        "bars": _small_bars(summary, name),
    }


def _small_bars(summary: Draft, name: FigureName) -> list[Content]:
    """Return a bar for each span of the trend, its height from 0; height 0 is a gap: nothing is known of that span.

    A span without all its outlets is pale, because it is too low for that reason; the period itself is darker.
    """
    trend, start, end = summary["trend"], summary["period"]["start"], summary["period"]["end"]
    values = [float(span["figures"][name] or 0) if span["figures"] else 0.0 for span in trend]
    full = max(values, default=0)
    if full <= 0 or len(trend) < 2:
        return []
    return [
        {
            "height": max(1, round(BAR_HEIGHT * value / full)) if value > 0 else 0,
            "kind": _kind_of(span, is_period=span["start"] == start and span["end"] == end),
        }
        for value, span in zip(values, trend, strict=True)
    ]


def _kind_of(span: Span, *, is_period: bool) -> str:
    if not span["complete"]:
        return PALE
    return NOW if is_period else FULL


def _bars_caption(summary: Draft) -> str:
    """Return what the small bars stand for."""
    trend = summary["trend"]
    if len(trend) < 2:
        return ""
    spans = _spans_of_trend(summary)
    pale = any(span["figures"] and not span["complete"] for span in trend)
    gap = any(not span["figures"] for span in trend)
    notes = ["pale: some sales are missing"] * pale + ["gap: no sales"] * gap
    return f"Small bars: {spans}, from 0" + "".join(f"; {note}" for note in notes) + "."


def _spans_of_trend(summary: Draft) -> str:
    first, last = summary["trend"][0], summary["trend"][-1]
    if first["start"] == summary["period"]["start"]:
        return "each day of the period"
    count, what = len(summary["trend"]), DAILY if last["start"] == last["end"] else WEEKLY
    return f"the {count} {'days' if what == DAILY else 'weeks'} that end with this one"


def _comparison_rows(summary: Draft) -> list[Content]:
    """Return a row for each figure with its changes on every base; none when no base is a measure."""
    comparisons, headline = summary["comparisons"], summary["headline"]
    if headline is None or all(comparison["reason"] for comparison in comparisons):
        return []
    return [
        {"label": label, "changes": [change_of(comparison, headline, name) for comparison in comparisons]}
        for label, name in COMPARED.items()
    ]


def _best_and_worst(summary: Draft, words: Wording) -> list[Content]:
    """Return label, name and income of the best and worst outlet and category; one alone is neither."""
    headline = summary["headline"]
    best, worst = (headline["best_outlet"], headline["worst_outlet"]) if headline else (None, None)
    categories = [each for each in summary["categories"] if each["category"] != NO_CATEGORY]
    rows = []
    if best and worst:
        for label, outlet in (("Best outlet", best), ("Worst outlet", worst)):
            rows.append({"label": label, "name": outlet_name(outlet), "income": words.money(outlet["income"])})
    if len(categories) > 1:
        for label, each in (("Best category", categories[0]), ("Worst category", categories[-1])):
            name, income = shortened(each["category"]), words.money(each["income"])
            rows.append({"label": label, "name": name, "income": income})
    return rows


def _trend_text(summary: Draft, words: Wording) -> list[Content]:
    """Return the incomes that the small bars show, for the text part, unless its list of days has them already."""
    trend = summary["trend"]
    listed = trend and trend[0]["start"] == summary["period"]["start"] and len(trend) <= MOST_DAYS
    if listed or len(trend) < 2:
        return []
    return [{"span": words.day(span["start"]), "income": _income_of(span, words)} for span in trend]


def _income_of(span: Span, words: Wording) -> str:
    if not span["figures"]:
        return "no sales"
    return words.money(Decimal(span["figures"]["income"])) + ("" if span["complete"] else " (some sales are missing)")
