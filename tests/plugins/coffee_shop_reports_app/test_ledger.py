import pytest
from coffee_shop_reports_app.ledger import held_by, spans

from tests.plugins.coffee_shop_reports_app.lake_samples import APRIL, FIRST_LEDGER, FIX, LEDGER, REGISTER, SPREADSHEET


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], []),
        (["2019-04-24"], ["2019-04-24"]),
        (["2019-05-01", "2019-04-30", "2019-05-03"], ["2019-04-30 to 2019-05-01", "2019-05-03"]),
        (["2019-04", "2019-05"], ["2019-04", "2019-05"]),  # the months of targets
        (["2019-04", "2019-04-30", "2019-05-01"], ["2019-04", "2019-04-30 to 2019-05-01"]),
    ],
)
def test_days_that_follow_each_other_are_one_span(days, words):
    assert spans(days) == words


def test_what_a_file_holds_and_what_is_left_without_it():
    assert held_by(FIRST_LEDGER, "sales_reciept", APRIL) == {
        "days": ["2019-04-01 to 2019-04-02", "2019-04-04"],
        "receipts": 235,
        "amount": "1080.50",
        "others": [REGISTER],
        "emptied": ["2019-04-01", "2019-04-04"],
    }


def test_what_a_correction_had_replaced_comes_back():
    held = held_by(LEDGER, "sales_reciept", FIX)

    assert (held["days"], held["others"], held["emptied"]) == (["2019-04-04"], [APRIL], [])


def test_a_file_that_never_counted_holds_nothing():
    assert held_by(LEDGER, "sales_reciept", SPREADSHEET) == {
        "days": [],
        "receipts": 0,
        "amount": "0",
        "others": [],
        "emptied": [],
    }
