from decimal import Decimal

from coffee_shop.dashboard import Figure
from coffee_shop.dashboard_figures import REGISTERED_SHARE, dashboard_figures

from tests.dags.coffee_shop.report_samples import COMPARED, LAST_WEEK, WORDS, draft


def test_headline_figures_with_their_change():
    assert dashboard_figures(draft(), WORDS) == {
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
    figures = dashboard_figures(draft(compared=COMPARED | {"comparisons": [lacking]}), WORDS)
    assert {figure.change for name, figure in figures.items() if name != "refunds"} == {"n/a on 2019-W16"}


def test_there_are_none_without_data():
    assert dashboard_figures(draft(headline=None, status="no data"), WORDS) == {}
