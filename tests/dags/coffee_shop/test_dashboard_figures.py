from decimal import Decimal

from coffee_shop.dashboard import Figure
from coffee_shop.dashboard_figures import dashboard_figures

from tests.dags.coffee_shop.report_samples import WORDS, draft


def test_headline_figures_with_their_change():
    assert dashboard_figures(draft(), WORDS) == {
        "income": Figure("Income", Decimal("600.00"), "money", "+20.0% on 2019-W16"),
        "net_income": Figure("Net income", Decimal("449.875"), "money", "\u221210.0% on 2019-W16"),
        "margin": Figure("Margin", 449.875 / 600, "percent", "\u221225.0 points on 2019-W16"),
        "transactions": Figure("Transactions", 90, "integer", "as in 2019-W16"),
        "items": Figure("Items", 300, "integer", "n/a: no figure of the period before"),
        "average_receipt": Figure("Average receipt", 600 / 90, "money", "+33.3% on 2019-W16"),
        "refunds": Figure("Refunds", 2, "integer", "-$7.50, in no other figure"),
    }


def test_without_a_complete_report_before_it_says_so():
    figures = dashboard_figures(draft(previous=None), WORDS)
    assert {figure.change for name, figure in figures.items() if name != "refunds"} == {
        "n/a: no complete report before"
    }


def test_there_are_none_without_data():
    assert dashboard_figures(draft(headline=None, status="no data"), WORDS) == {}
