"""The big figures of the dashboards: what the summary found, and in words how it differs from the period before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from coffee_shop.comparison_text import MINUS, change_text, label_of
from coffee_shop.dashboard import Figure
from coffee_shop.wording import Wording

Json = dict[str, Any]

NO_BASE = "n/a: nothing to compare with"
REGISTERED_SHARE = "03_transactions_by_registered_customers.registered_share"


def dashboard_figures(summary: Json, words: Wording) -> dict[str, Figure]:
    """Return the headline figures by the names that report.yaml's tiles use; none without data.

    Why a change is ``n/a`` stands on the contents sheet and in the mail; a tile has no room for it.

    Args:
        summary: the draft of summary.json.
        words: how the shop writes things.
    """
    headline, before = summary["headline"], next(iter(summary["comparisons"]), None)
    if headline is None:
        return {}

    def figure(name: str, label: str, form: str) -> Figure:
        value = headline[name]
        exact = Decimal(value) if isinstance(value, str) else value
        return Figure(label, exact, form, change_text(before, headline, name) if before else NO_BASE)

    refunds = summary["data_quality"]["refunds"]
    return {
        "income": figure("income", "Income", "money"),
        "net_income": figure("net_income", "Net income", "money"),
        "margin": _margin(headline, before),
        "transactions": figure("transactions", "Transactions", "integer"),
        "items": figure("items", "Items", "integer"),
        "average_receipt": figure("average_receipt", "Average receipt", "money"),
        "refunds": Figure("Refunds", refunds["lines"], "integer", f"{words.money(refunds['amount'])}, in all figures"),
        REGISTERED_SHARE: figure("registered_share", "By registered customers", "percent"),
    }


def _margin(headline: Json, before: Json | None) -> Figure:
    """Return net income / income (figures 4), and its change in percentage points."""
    margin, base = _ratio(headline), _ratio(before["figures"]) if before and before["figures"] else None
    if margin is None or before is None or base is None:
        return Figure("Margin", margin, "percent", f"n/a on {label_of(before)}" if before else NO_BASE)
    points = 100 * (margin - base)
    sign = "+" if points >= 0 else MINUS
    return Figure("Margin", margin, "percent", f"{sign}{abs(points):.1f} pts on {label_of(before)}")


def _ratio(figures: Json) -> float | None:
    income = Decimal(str(figures["income"]))
    return float(Decimal(str(figures["net_income"])) / income) if income else None
