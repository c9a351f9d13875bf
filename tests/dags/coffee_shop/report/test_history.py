from datetime import date
from decimal import Decimal

from coffee_shop.periods import Period
from coffee_shop.report.history import amount_text, categories_of, days_of, outlets_of

from tests.dags.coffee_shop.report.report_samples import sold

DAY = Period("daily", date(2019, 4, 24), date(2019, 4, 24))
BOTH = Period("custom", date(2019, 4, 23), date(2019, 4, 25))
HISTORY = [
    sold(date(2019, 4, 22), income="99.00"),  # before the period
    sold(date(2019, 4, 23), "3", income="10.00", transactions=2, items=3),
    sold(date(2019, 4, 23), "8", income="20.50", transactions=4, items=5),
    sold(date(2019, 4, 23), category="Coffee", income="30.50", transactions=6, items=8),
    sold(date(2019, 4, 25), "3", income="10.50", transactions=1, items=1),
    sold(date(2019, 4, 25), "11", income="20.50", transactions=1, items=2),
]


def test_each_day_of_the_period_also_one_without_sales():
    assert days_of(BOTH, HISTORY) == [
        {"day": "2019-04-23", "income": "30.50", "transactions": 6, "items": 8, "outlets": 2},
        {"day": "2019-04-24", "income": "0.00", "transactions": 0, "items": 0, "outlets": 0},
        {"day": "2019-04-25", "income": "31.00", "transactions": 2, "items": 3, "outlets": 2},
    ]


def test_outlets_by_income_and_of_equal_income_by_number():
    assert outlets_of(BOTH, HISTORY) == [
        {"number": "3", "neighbourhood": "Astoria", "income": "20.50", "transactions": 3, "items": 4},
        {"number": "8", "neighbourhood": "Hell's <Kitchen>", "income": "20.50", "transactions": 4, "items": 5},
        {"number": "11", "neighbourhood": "", "income": "20.50", "transactions": 1, "items": 2},
    ]


def test_categories_of_the_period_by_income():
    rows = [
        sold(DAY.period_start, category="Tea", income="5.00", items=2),
        sold(DAY.period_start, category="Coffee", income="7.00", items=3),
        sold(date(2019, 4, 17), category="Coffee", income="100.00"),
        sold(DAY.period_start),
    ]
    assert categories_of(DAY, rows) == [
        {"category": "Coffee", "income": "7.00", "items": 3},
        {"category": "Tea", "income": "5.00", "items": 2},
    ]


def test_amounts_keep_two_to_four_decimals():
    assert [amount_text(value) for value in (Decimal("1.5"), Decimal("1.2345"), Decimal(10) / 3, 0, None)] == [
        "1.50",
        "1.2345",
        "3.3333",
        "0.00",
        "0.00",
    ]
