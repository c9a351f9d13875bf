from datetime import date

import pytest
from coffee_shop.periods import Period
from coffee_shop.report.wording import missing_text, outlet_name, shortened

from tests.dags.coffee_shop.report.report_samples import WORDS


def test_missing_days_in_words():
    entries = [
        {"day": "2019-04-24", "outlets": ["3", "5", "8"], "whole_day": False},
        {"day": "2019-04-25", "outlets": ["3", "5", "8"], "whole_day": True},
    ]
    assert missing_text(entries, WORDS) == "2019-04-24 lacks outlets 3, 5 and 8; 2019-04-25 has no sales at all"
    assert missing_text(entries * 10, WORDS).endswith("; and 8 more days")


def test_many_missing_outlets_are_counted():
    (entry,) = [{"day": "2019-04-24", "outlets": [str(number) for number in range(1, 31)], "whole_day": False}]
    assert missing_text([entry], WORDS) == "2019-04-24 lacks outlets 1, 2, 3, 4, 5, 6, 7, 8 and 22 more"


def test_a_name_as_long_as_a_cell_is_cut_off():
    assert shortened("Tea\n and  more") == "Tea and more"
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 32_767) == "x" * 59 + "\u2026"
    assert outlet_name({"number": "3", "neighbourhood": "y" * 32_767}) == f"3 {'y' * 59}\u2026"
    assert outlet_name({"number": "3", "neighbourhood": ""}) == "3"


@pytest.mark.parametrize(
    ("period", "says"),
    [
        (Period("daily", date(2019, 4, 24), date(2019, 4, 24)), "Wednesday 2019-04-24"),
        (
            Period("weekly", date(2018, 12, 31), date(2019, 1, 6)),
            "Week 1 of 2019: Monday 2018-12-31 to Sunday 2019-01-06",
        ),
        (Period("monthly", date(2019, 4, 1), date(2019, 4, 30)), "April 2019: 2019-04-01 to 2019-04-30"),
        (Period("custom", date(2019, 4, 1), date(2019, 4, 3)), "Monday 2019-04-01 to Wednesday 2019-04-03"),
        (Period("custom", date(2019, 4, 1), date(2019, 4, 1)), "Monday 2019-04-01"),
    ],
)
def test_a_period_in_words(period, says):
    assert WORDS.period(period) == says


def test_amounts():
    assert [WORDS.money(amount) for amount in ("1234.5", "-3", 0.005, "0")] == ["$1,234.50", "-$3.00", "$0.01", "$0.00"]
