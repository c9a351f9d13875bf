"""The big figures of the dashboards: what the summary found, and in words how it differs from the period before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coffee_shop.dashboard import Figure
from coffee_shop.report_text import Wording, change

Json = dict[str, Any]

NO_BASE = "n/a: no complete report before"
NOT_LOADED = "n/a: no figure of the period before"


def dashboard_figures(summary: Json, words: Wording) -> dict[str, Figure]:
    """Return the headline figures by the names that report.yaml's tiles use; none without data.

    Args:
        summary: the draft of summary.json.
        words: how the shop writes things.
    """
    headline, previous = summary["headline"], summary["previous"]
    if headline is None:
        return {}

    def figure(name: str, label: str, form: str) -> Figure:
        value = headline[name]
        exact = Decimal(value) if isinstance(value, str) else value
        if previous is None:
            return Figure(label, exact, form, NO_BASE)
        return Figure(label, exact, form, change(previous, headline, name) or NOT_LOADED)

    refunds = summary["data_quality"]["quarantine"]
    return {
        "income": figure("income", "Income", "money"),
        "net_income": figure("net_income", "Net income", "money"),
        "margin": _margin(headline, previous),
        "transactions": figure("transactions", "Transactions", "integer"),
        "items": figure("items", "Items", "integer"),
        "average_receipt": figure("average_receipt", "Average receipt", "money"),
        "refunds": Figure(
            "Refunds", refunds["refunds"], "integer", f"{words.money(refunds['refund_amount'])}, in no other figure"
        ),
    }


def _margin(headline: Json, previous: Json | None) -> Figure:
    """Return net income / income (figures 4), and its change in percentage points."""
    margin, before = _ratio(headline), _ratio(previous) if previous else None
    if margin is None or previous is None or before is None:
        return Figure("Margin", margin, "percent", NOT_LOADED if previous else NO_BASE)
    points = 100 * (margin - before)
    sign = "+" if points >= 0 else "\u2212"
    return Figure("Margin", margin, "percent", f"{sign}{abs(points):.1f} points on {previous['label']}")


def _ratio(figures: Json) -> float | None:
    income = Decimal(figures["income"])
    return float(Decimal(figures["net_income"]) / income) if income else None
