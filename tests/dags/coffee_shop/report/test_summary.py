import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.periods import Period
from coffee_shop.report.expectations import Expectations
from coffee_shop.report.summary import compared_with_history
from coffee_shop.settings import Settings

from tests.dags.coffee_shop.report.report_samples import HEADLINE, OUTLETS, draft, summary

SCHEMA = json.loads((Path(__file__).resolve().parents[4] / "docs" / "summary.schema.json").read_text())


def check(document) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document)))


def test_the_headline_figures():
    assert draft()["headline"] == {
        "income": "600.00",
        "production_cost": "150.1250",
        "net_income": "449.8750",
        "transactions": 90,
        "items": 300,
        "average_receipt": pytest.approx(6.6666666667),
        "registered_transactions": 45,
        "registered_share": 0.5,
        "lines": 200,
        "best_outlet": {
            "number": "3",
            "neighbourhood": "Astoria",
            "income": "350.00",
            "transactions": 50,
            "items": 200,
        },
        "worst_outlet": {
            "number": "8",
            "neighbourhood": "Hell's <Kitchen>",
            "income": "250.00",
            "transactions": 40,
            "items": 100,
        },
        "days_missing": 0,
        "outlet_days_missing": 1,
    }


def test_a_single_outlet_is_not_the_worst():
    headline = draft(outlets=OUTLETS[:1])["headline"]
    assert (headline["best_outlet"]["number"], headline["worst_outlet"]) == ("3", None)


def test_without_data_there_are_no_figures_and_no_income_of_0():
    document = summary(status="no data", headline=HEADLINE | {"income": Decimal(0), "lines": 0})

    assert document["headline"] is None
    assert (document["outlets"], document["days"], document["comparisons"]) == ([], [], [])
    check(document)


def test_a_whole_summary_fits_its_schema():
    file = {
        "report": "sales",
        "file": "sales.xlsx",
        "key": "weekly/2019-W17/sales.xlsx",
        "size": 12_345,
        "sha256": "0" * 64,
        "version": 1,
    }
    check(summary() | {"files": [file]})


@pytest.mark.parametrize(
    "part", ["run", "period", "status", "data", "headline", "comparisons", "data_quality", "files"]
)
def test_the_schema_misses_what_is_not_there(part):
    document = summary()
    del document[part]
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_what_is_compared_fits_the_schema():
    """A day with one outlet, a week after another one; nothing else was ever loaded."""
    history = [
        {
            "business_date": date(2019, 4, day),
            "salesoutletno": outlet,
            "productcategory": None if outlet else "Coffee",
            "income": Decimal("12.30"),
            "net_income": Decimal("8.1234"),
            "transactions": 3,
            "items": 4,
            "registered_transactions": 1,
        }
        for day in (17, 24)
        for outlet in ("3", None)
    ]
    ledger = empty_ledger()
    ledger["days"]["sales_reciept"] = {"2019-04-17": {"3": {}}, "2019-04-24": {"3": {}}}
    day = Period("daily", date(2019, 4, 24), date(2019, 4, 24))

    compared = compared_with_history(day, history, Expectations(ledger, Settings()), complete=True, outlets=["3", "8"])

    assert [each["reason"] for each in compared["comparisons"]] == [None, "not loaded", "not loaded"]
    assert len(compared["trend"]) == 14
    assert compared["categories"] == [{"category": "Coffee", "income": "12.30", "items": 4}]
    reports = compared["outlet_reports"]
    assert [(number, report["status"]) for number, report in reports.items()] == [("3", "complete"), ("8", "no data")]
    check(summary(compared=compared))
