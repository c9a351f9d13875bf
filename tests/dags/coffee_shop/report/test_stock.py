"""Stock and waste of all outlets together, from the rows of the question by outlet."""

from decimal import Decimal

import pytest
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.stock import inventory_of, stock_figures, waste_text

from tests.dags.coffee_shop.report.report_samples import INVENTORY, WORDS


def outlet(stock, waste, cost, without_price=0, compared=10, agreeing=10):
    return {
        "stock": stock,
        "sold": stock - waste,
        "waste": waste,
        "waste_cost": None if cost is None else Decimal(cost),
        "waste_without_price": without_price,
        "compared": compared,
        "agreeing": agreeing,
    }


def test_the_share_is_of_all_stock_and_no_mean_of_the_outlets_shares():
    found = inventory_of([outlet(100, 50, "20.2500", agreeing=9), outlet(900, 90, None, without_price=90)])

    assert found == {
        "stock": 1000,
        "sold": 860,
        "waste": 140,
        "waste_share": 0.14,
        "waste_cost": "20.25",
        "waste_without_price": 90,
        "compared": 20,
        "agreeing": 19,
    }


def test_no_inventory():
    assert inventory_of([]) is None
    assert waste_text({"inventory": None}, WORDS) == ""
    assert waste_text({}, WORDS) == ""  # a summary from before there was an inventory in it


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([outlet(2251, 412, "356.20")], "412 items, 18.3% of stock, $356.20"),
        ([outlet(10, 1, "1234.5")], "1 item, 10.0% of stock, $1,234.50"),
        ([outlet(10, 3, "4.00", 1)], "3 items, 30.0% of stock, $4.00 (1 item without a wholesale price)"),
        ([outlet(10, 3, None, 3)], "3 items, 30.0% of stock, without a wholesale price"),
        ([outlet(0, 0, "0")], "0 items, $0.00"),
    ],
)
def test_the_line_of_the_mail(rows, text):
    assert waste_text({"inventory": inventory_of(rows)}, WORDS) == text


def test_the_big_figures():
    assert stock_figures({"inventory": INVENTORY}) == {
        "stock": Figure("Stock", 200, "integer", "items of all days together"),
        "stock_sold": Figure("Sold", 163, "integer", "by the inventory"),
        "waste": Figure("Waste", 37, "integer", "items thrown away"),
        "waste_share": Figure("Waste of stock", 0.185, "percent", "all waste / all stock"),
        "waste_cost": Figure("Cost of waste", Decimal("24.50"), "money", "5 items without a price"),
        "inventory_agreement": Figure("Agrees with the till", 0.9, "percent", "36 of 40 rows"),
    }


def test_a_cost_that_is_not_known_is_not_0():
    inventory = INVENTORY | {"waste_without_price": 37, "waste_cost": "0.00"}
    assert stock_figures({"inventory": inventory})["waste_cost"].value is None


def test_without_an_inventory_the_big_figures_are_not_available():
    figures = stock_figures({"inventory": None})
    assert {(figure.value, figure.remark) for figure in figures.values()} == {(None, "no inventory loaded")}
