from decimal import Decimal

from coffee_shop.report.dashboard import Figure
from coffee_shop.report.dashboard_figures import REGISTERED_SHARE, dashboard_figures

from tests.dags.coffee_shop.report.report_samples import ALL_THERE, COMPARED, HEADLINE, LAST_WEEK, QUALITY, WORDS, draft


def test_headline_figures_with_their_change():
    quality = ALL_THERE | {"refunds": QUALITY["refunds"]}
    assert dashboard_figures(draft(quality=quality), WORDS) == {
        "income": Figure("Income", Decimal("600.00"), "money", "+20.0% on 2019-W16"),
        "net_income": Figure("Net income", Decimal("449.875"), "money", "\u221210.0% on 2019-W16"),
        "margin": Figure("Margin", 449.875 / 600, "percent", "\u221225.0 pts on 2019-W16"),
        "transactions": Figure("Transactions", 90, "integer", "same as 2019-W16"),
        "items": Figure("Items", 300, "integer", "n/a on 2019-W16"),
        "average_receipt": Figure("Average receipt", 600 / 90, "money", "+33.3% on 2019-W16"),
        "refunds": Figure("Refunds", 2, "integer", "-$7.50, in all figures"),
        REGISTERED_SHARE: Figure("By registered customers", 0.5, "percent", "+2.0 pts on 2019-W16"),
    }


def test_a_period_before_that_is_not_complete_gives_no_change():
    lacking = LAST_WEEK | {"figures": None, "reason": "not loaded"}
    figures = dashboard_figures(draft(quality=ALL_THERE, compared=COMPARED | {"comparisons": [lacking]}), WORDS)
    assert {figure.remark for name, figure in figures.items() if name != "refunds"} == {"n/a on 2019-W16"}


def test_there_are_none_without_data():
    assert dashboard_figures(draft(headline=None, status="no data"), WORDS) == {}


def test_the_margin_is_of_the_lines_with_a_wholesale_price():
    """12 of 200 lines, with 45.60 of 600 dollars, lack one."""
    figures = dashboard_figures(draft(), WORDS)
    assert figures["margin"] == Figure("Margin", 449.875 / 554.4, "percent", "n/a: some lack a price")
    assert figures["net_income"].value == Decimal("449.875")


def test_without_any_wholesale_price_there_is_no_net_income():
    quality = QUALITY | {"lines_without_wholesale_price": 200, "income_without_wholesale_price": "600.00"}
    headline = HEADLINE | {"production_cost": Decimal(0), "net_income": Decimal(0)}
    figures = dashboard_figures(draft(headline=headline, quality=quality), WORDS)
    assert figures["net_income"] == Figure("Net income", None, "money", "n/a: no wholesale prices")
    assert figures["margin"] == Figure("Margin", None, "percent", "n/a: no wholesale prices")
