from datetime import date
from decimal import Decimal

import pytest
from coffee_shop.periods import Period
from coffee_shop.report.outlet_report import outlet_of, outlet_report, summary_of_outlet
from coffee_shop.report.text import warnings

from tests.dags.coffee_shop.report.report_samples import ALL_THERE, COMPARED, WORDS, draft
from tests.dags.coffee_shop.report.test_comparison import days_back, published, sold

WEEK = Period("weekly", date(2019, 4, 22), date(2019, 4, 28))
LAST = date(2019, 4, 28)


def two_outlets(weeks=2):
    """So many weeks in which outlet 3 sold for 10 dollars a day and outlet 8 for 20."""
    days = days_back(LAST, 7 * weeks)
    return [sold(day, "3") for day in days] + [sold(day, "8", income="20.00") for day in days]


def test_an_outlet_has_its_own_figures_and_comparisons():
    rows = two_outlets()
    report = outlet_report("8", WEEK, rows, published(rows))

    assert (report["status"], report["missing"], report["registered_transactions"]) == ("complete", [], 7)
    assert report["figures"] == {
        "income": "140.00",
        "net_income": "42.00",
        "transactions": 14,
        "items": 21,
        "average_receipt": 10.0,
        "registered_share": 0.5,
    }
    assert report["comparisons"][0]["figures"]["income"] == "140.00"
    assert report["days"][0] == {
        "day": "2019-04-22",
        "income": "20.00",
        "transactions": 2,
        "items": 3,
        "outlets": 1,
    }
    assert report["trend"][-1]["figures"]["income"] == "140.00"


def test_days_that_another_outlet_lacks_do_not_matter():
    rows = two_outlets()
    rows.remove(sold(date(2019, 4, 18), "3"))
    report = outlet_report("8", WEEK, rows, published(rows))
    assert (report["status"], report["comparisons"][0]["reason"]) == ("complete", None)


def test_a_day_that_the_outlet_lacks_is_missing_and_nothing_is_compared():
    rows = two_outlets()
    rows.remove(sold(date(2019, 4, 24), "8", income="20.00"))
    report = outlet_report("8", WEEK, rows, published(rows))
    assert (report["status"], report["missing"]) == ("incomplete", ["2019-04-24"])
    assert report["comparisons"][0]["reason"] == "period incomplete"
    assert report["days"][2]["outlets"] == 0


def test_what_stands_out_is_said_of_the_outlet():
    rows = [
        row | {"income": Decimal(30)}
        if row["salesoutletno"] == "8" and row["business_date"] >= WEEK.period_start
        else row
        for row in two_outlets(weeks=6)
    ]
    (move,) = outlet_report("8", WEEK, rows, published(rows))["highlights"]["moves"]
    assert move == {"of": "outlet", "name": "8", "income": "210.00", "usual": "140.00", "days_left_out": 0}


@pytest.fixture
def document():
    """The week's summary as outlet 3 gets it."""
    rows = two_outlets()
    reports = {"3": outlet_report("3", WEEK, rows, published(rows))}
    return summary_of_outlet(draft(compared=COMPARED | {"outlet_reports": reports}), "3")


def test_the_mail_of_an_outlet_shows_that_outlet_alone(document):
    assert (document["headline"]["income"], document["status"]) == ("70.00", "complete")
    assert [outlet["number"] for outlet in document["outlets"]] == ["3"]
    assert (document["files"], document["categories"]) == ([], [])
    assert document["data_quality"]["missing"] == []  # the 24th of outlet 8 is none of its business
    assert outlet_of(document) == "outlet 3 Astoria"


def test_an_outlet_that_sold_nothing_gets_a_mail_without_data():
    rows = two_outlets()
    reports = {"9": outlet_report("9", WEEK, rows, published(rows))}
    of_shop = draft(compared=COMPARED | {"outlet_reports": reports})
    for known in (of_shop, draft(status="no data")):
        document = summary_of_outlet(known, "9")
        assert (document["status"], document["headline"], document["days"], document["outlets"]) == (
            "no data",
            None,
            [],
            [],
        )
        assert outlet_of(document) == "outlet 9"


def test_an_outlet_without_a_report_is_not_told_that_it_sold_nothing():
    with pytest.raises(ValueError, match=r"weekly/2019-W17 has no report of outlet 8.*Clear"):
        summary_of_outlet(draft(), "8")


def test_an_outlet_that_was_closed_all_week_is_told_so():
    quality = ALL_THERE | {
        "closed": [{"day": f"2019-04-{day}", "outlets": ["8", "9"], "whole_day": False} for day in range(22, 29)]
    }
    of_shop = draft(status="no data", quality=quality)
    assert warnings(summary_of_outlet(of_shop, "9"), WORDS) == ["No data: the shop was closed."]
    assert warnings(summary_of_outlet(of_shop, "3"), WORDS) == ["No data: no sales have been loaded for this period."]
