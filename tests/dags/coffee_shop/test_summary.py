import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from coffee_shop.periods import Period
from coffee_shop.summary import period_before

from tests.dags.coffee_shop.report_samples import HEADLINE, OUTLETS, PREVIOUS, WEEK, draft, summary

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "summary.schema.json").read_text())


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
    assert (document["outlets"], document["days"], document["previous"]) == ([], [], None)
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


@pytest.mark.parametrize("part", ["run", "period", "status", "data", "headline", "data_quality", "files", "version"])
def test_the_schema_misses_what_is_not_there(part):
    document = summary()
    del document[part]
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_an_incomplete_period_before_is_no_measure():
    assert draft(previous=PREVIOUS | {"status": "incomplete"})["previous"] is None
    assert draft(previous=None)["previous"] is None
    assert draft()["previous"]["label"] == "2019-W16"


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (WEEK, Period("weekly", date(2019, 4, 15), date(2019, 4, 21))),
        (
            Period("monthly", date(2019, 3, 1), date(2019, 3, 31)),
            Period("monthly", date(2019, 2, 1), date(2019, 2, 28)),
        ),
        (Period("daily", date(2019, 1, 1), date(2019, 1, 1)), Period("daily", date(2018, 12, 31), date(2018, 12, 31))),
        (Period("custom", date(2019, 1, 1), date(2019, 1, 5)), None),
    ],
)
def test_the_period_before(period, before):
    assert period_before(period) == before
