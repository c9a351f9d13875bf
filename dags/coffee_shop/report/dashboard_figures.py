"""The big figures of the dashboards: what the summary found, and in words how it differs from the period before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from coffee_shop.report.comparison_text import MINUS, change_text, label_of
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.documents import Comparison, DataQuality, Draft, FigureName, Figures, Headline
from coffee_shop.report.wording import Wording

NO_BASE = "n/a: nothing to compare with"
NO_PRICES = "n/a: no wholesale prices"
SOME_PRICES = "n/a: some lack a price"
REGISTERED_SHARE = "03_transactions_by_registered_customers.registered_share"


def dashboard_figures(summary: Draft, words: Wording) -> dict[str, Figure]:
    """Return the headline figures by the names that report.yaml's tiles use; none without data.

    Why a change is ``n/a`` stands on the contents sheet and in the mail; a tile has no room for it.

    Args:
        summary: the draft of summary.json.
        words: how the shop writes things.
    """
    headline, before = summary["headline"], next(iter(summary["comparisons"]), None)
    if headline is None:
        return {}

    def figure(name: FigureName, label: str, form: str) -> Figure:
        value = headline[name]
        exact = Decimal(value) if isinstance(value, str) else value
        return Figure(label, exact, form, change_text(before, headline, name) if before else NO_BASE)

    quality = summary["data_quality"]
    refunds, lacking = quality["refunds"], quality["lines_without_wholesale_price"]
    unpriced = lacking > 0 and lacking == headline["lines"]
    net_income = figure("net_income", "Net income", "money")
    return {
        "income": figure("income", "Income", "money"),
        "net_income": replace(net_income, value=None, remark=NO_PRICES) if unpriced else net_income,
        "margin": Figure("Margin", None, "percent", NO_PRICES) if unpriced else _margin(headline, before, quality),
        "transactions": figure("transactions", "Transactions", "integer"),
        "items": figure("items", "Items", "integer"),
        "average_receipt": figure("average_receipt", "Average receipt", "money"),
        "refunds": Figure("Refunds", refunds["lines"], "integer", f"{words.money(refunds['amount'])}, in all figures"),
        REGISTERED_SHARE: figure("registered_share", "By registered customers", "percent"),
    }


def _margin(headline: Headline, before: Comparison | None, quality: DataQuality) -> Figure:
    """Return net income / income of the lines with a wholesale price (figures 4), and its change in percentage points.

    With lines that lack a price there is no change: how much income lacked one in the period before is not known.
    """
    margin = _ratio(headline, Decimal(quality["income_without_wholesale_price"]))
    if quality["lines_without_wholesale_price"]:
        return Figure("Margin", margin, "percent", SOME_PRICES)
    base = _ratio(before["figures"]) if before and before["figures"] else None
    if margin is None or before is None or base is None:
        return Figure("Margin", margin, "percent", f"n/a on {label_of(before)}" if before else NO_BASE)
    points = 100 * (margin - base)
    sign = "+" if points >= 0 else MINUS
    return Figure("Margin", margin, "percent", f"{sign}{abs(points):.1f} pts on {label_of(before)}")


def _ratio(figures: Figures | Headline, without_price: Decimal = Decimal(0)) -> float | None:
    income = Decimal(str(figures["income"])) - without_price
    return float(Decimal(str(figures["net_income"])) / income) if income else None
