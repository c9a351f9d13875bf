from typing import Any

import pytest
from coffee_shop.report.outlet_report import NOTHING
from coffee_shop.report.restatement import (
    causes_of,
    income_change,
    is_worth_a_mail,
    reports_that_people_have,
    restatement_of,
    with_restatements,
)
from coffee_shop.report.sent import marker_of
from coffee_shop.report.store import put_json

from tests.dags.coffee_shop.report.report_samples import (
    ALL_THERE,
    COMPARED,
    DAYS,
    HEADLINE,
    OUTLETS,
    RESTATED,
    draft,
    summary,
)

FIX = "sales-reciept/corrections/fix.csv"
APRIL = "sales-reciept/april.csv"


def load(number: int, *changed: str) -> dict[str, Any]:
    return {
        "load_id": f"load-{number}",
        "run_id": f"run-{number}",
        "published_at": f"2019-05-0{number - 6}T09:00:00+00:00",
        "changed_dates": list(changed),
    }


def file(load_id: str, *days: str, withdrawn_by: str | None = None) -> dict[str, Any]:
    """What the ledger knows of a file that a load has read: the days that it delivers."""
    withdrawn = {"run_id": withdrawn_by, "at": "2019-05-02T09:00:00+00:00"} if withdrawn_by else None
    holding = None if withdrawn else {"claims": {day: {} for day in days}}
    return {"last_seen": {"load_id": load_id}, "holding": holding, "withdrawn": withdrawn}


def ledger(*loads: Any, handovers: tuple[Any, ...] = (), **files: Any) -> Any:
    sales = {{"april": APRIL, "fix": FIX}[name]: each for name, each in files.items()}
    return {
        "files": {"sales_reciept": sales, "pastry_inventory": {}, "sales_target": {}},
        "handovers": list(handovers),
        "loads": list(loads),
    }


NOTHING_LOADED = ledger()


def later(**changes: Any) -> Any:
    """The week's report as a later load gives it."""
    state = {"load_id": "load-8", "published_at": "2019-05-02T09:03:00+00:00", "changed_while_made": False}
    return draft(**({"state": state} | changes))


def test_equal_data_restate_nothing():
    assert restatement_of(summary(), later(), NOTHING_LOADED) is None


def test_the_first_report_restates_nothing():
    assert restatement_of(None, later(), NOTHING_LOADED) is None


def test_a_base_that_changed_restates_nothing():
    """A corrected week is not news about the week after it, which is compared with it."""
    names = ("trend", "highlights", "categories", "chart", "outlet_reports")
    compared = {name: summary()[name] for name in names} | {"comparisons": []}
    assert restatement_of(summary(), later(compared=compared), NOTHING_LOADED) is None


def test_before_and_after_by_figure_day_and_outlet():
    days = [DAYS[0] | {"income": "130.00"}, *DAYS[1:]]
    outlets = [OUTLETS[0] | {"income": "380.00"}, OUTLETS[1]]
    new = later(headline=HEADLINE | {"income": "630.00"}, days=days, outlets=outlets)

    restated = restatement_of(summary(), new, NOTHING_LOADED)

    assert restated
    assert restated["at"] == "2019-05-02T09:03:00+00:00"
    assert (restated["version"], restated["made_at"]) == (1, "2019-04-29T10:31:00+00:00")
    assert restated["before"] == {
        "income": "600.00",
        "net_income": "449.8750",
        "transactions": 90,
        "items": 300,
        "average_receipt": pytest.approx(600 / 90),
        "registered_share": 0.5,
    }
    assert restated["income_change"] == pytest.approx(0.05)
    assert restated["days"] == [{"day": "2019-04-22", "before": "100.00", "after": "130.00"}]
    assert restated["outlets"] == [{"number": "3", "neighbourhood": "Astoria", "before": "350.00", "after": "380.00"}]


@pytest.mark.parametrize(
    "change",
    [
        {"inventory": None},
        {"targets": []},
        {"quality": ALL_THERE, "status": "complete"},
        {"headline": HEADLINE | {"transactions": 91}},
    ],
)
def test_what_else_counts_as_another_report(change):
    assert restatement_of(summary(), later(**change), NOTHING_LOADED)


def test_data_that_come_or_go_are_a_change_without_a_measure():
    nothing = {"status": "no data", "headline": None}

    came = restatement_of(summary(**nothing), later(), NOTHING_LOADED)
    assert came
    assert (came["before"], came["income_change"]) == (None, None)
    went = restatement_of(summary(), later(**nothing), NOTHING_LOADED)
    assert went
    assert went["income_change"] is None


def of_outlet_3(income: str, **changes: Any) -> dict[str, Any]:
    """Parts of a week in which outlet 3 had an income and outlet 8 always the same."""
    reports = {"3": NOTHING, "8": NOTHING}
    outlets = [OUTLETS[0] | {"income": income}, OUTLETS[1]]
    return {"outlets": outlets, "compared": COMPARED | {"outlet_reports": reports}} | changes


def test_the_shop_and_an_outlet_are_each_told_what_replaces_the_version_that_they_have(s3):
    """Outlet 3 was told of its 380 in version 2, which moved the shop's income too little for a mail."""
    for bucket in ("reports-of-two", "state-of-two"):
        s3.create_bucket(Bucket=bucket)
    first, second = summary(**of_outlet_3("350.00")), summary(**of_outlet_3("380.00")) | {"version": 2}
    put_json(s3, "reports-of-two", "weekly/2019-W17/versions/1/summary.json", first)
    for sent in (marker_of("weekly/2019-W17/1"), marker_of("weekly/2019-W17/2", "-outlet-3")):
        s3.put_object(Bucket="state-of-two", Key=sent, Body=b"{}")

    people_have = reports_that_people_have(s3, second, reports_bucket="reports-of-two", state_bucket="state-of-two")
    assert people_have == {None: first, "3": second}

    new = with_restatements(later(**of_outlet_3("390.00")), people_have, NOTHING_LOADED, repeat=False)
    assert new["restated"]
    assert [(each["before"], each["after"]) for each in new["restated"]["outlets"]] == [("350.00", "390.00")]
    own = new["outlet_reports"]["3"]["restated"]
    assert own
    assert (own["version"], own["before"], own["income_change"]) == (2, {"income": "380.00"}, pytest.approx(10 / 380))
    assert new["outlet_reports"]["8"]["restated"] is None


def test_a_report_that_was_never_mailed_is_compared_with_the_version_before(s3):
    s3.create_bucket(Bucket="state-of-none")
    newest = summary()
    assert reports_that_people_have(s3, newest, reports_bucket="none", state_bucket="state-of-none") == {None: newest}


def test_equal_figures_replace_what_the_equal_report_replaced_only_for_who_asks_for_them_again():
    had = {None: summary(**of_outlet_3("350.00")) | {"restated": RESTATED}}

    again = with_restatements(later(**of_outlet_3("350.00")), had, NOTHING_LOADED, repeat=True)
    assert again["restated"] == RESTATED
    by_a_load = with_restatements(later(**of_outlet_3("350.00")), had, NOTHING_LOADED, repeat=False)
    assert by_a_load["restated"] is None


def test_an_outlet_that_had_figures_is_told_when_the_whole_shop_has_none():
    had = {None: summary(**of_outlet_3("350.00")), "3": summary(**of_outlet_3("350.00"))}
    gone = with_restatements(later(status="no data", headline=None), had, NOTHING_LOADED, repeat=False)
    own = gone["outlet_reports"]["3"]["restated"]
    assert own
    assert (own["before"], own["income_change"]) == ({"income": "350.00"}, None)


def test_causes_are_the_files_that_changed_days_of_the_period_since_the_report_before():
    now = ledger(
        load(7, "2019-04-22"),
        load(8, "2019-04-24", "2019-05-01"),
        load(9, "2019-05-01"),
        april=file("load-7", "2019-04-22", "2019-04-24"),
        fix=file("load-8", "2019-04-24"),
    )

    assert causes_of(now, "2019-04-22", "2019-04-28", "load-7") == [
        {
            "key": FIX,
            "what": "loaded",
            "load_id": "load-8",
            "at": "2019-05-02T09:00:00+00:00",
            "days": ["2019-04-24"],
        }
    ]
    # a load so old that the ledger has dropped it: all that it still knows count
    assert [cause["key"] for cause in causes_of(now, "2019-04-22", "2019-04-28", "load-1")] == [APRIL, FIX]


def test_a_file_that_was_withdrawn_is_a_cause():
    now = ledger(load(8, "2019-04-24"), fix=file("load-7", withdrawn_by="run-8"))
    [cause] = causes_of(now, "2019-04-22", "2019-04-28", "load-7")
    assert (cause["key"], cause["what"]) == (FIX, "withdrawn")


def test_a_file_that_was_withdrawn_in_the_same_load_and_had_other_days_is_no_cause():
    other = file("load-7", withdrawn_by="run-8")
    other["withdrawn"]["days"] = ["2019-05-01"]
    now = ledger(load(8, "2019-04-24", "2019-05-01"), april=file("load-8", "2019-04-24"), fix=other)
    assert [cause["key"] for cause in causes_of(now, "2019-04-22", "2019-04-28", "load-7")] == [APRIL]
    assert [cause["key"] for cause in causes_of(now, "2019-05-01", "2019-05-01", "load-7")] == [FIX]


def test_a_file_that_took_receipts_over_is_a_cause_also_when_a_later_load_has_read_it_again():
    taken = {"load_id": "load-8", "day": "2019-04-24", "from_key": APRIL, "to_key": FIX}
    now = ledger(load(8, "2019-04-24"), load(9, "2019-05-01"), handovers=(taken,), fix=file("load-9", "2019-05-01"))
    [cause] = causes_of(now, "2019-04-22", "2019-04-28", "load-7")
    assert (cause["key"], cause["load_id"]) == (FIX, "load-8")


def test_a_correction_that_no_longer_has_a_day_that_nobody_has_is_a_cause():
    gone = {"load_id": "load-8", "day": "2019-04-24", "from_key": FIX, "to_key": ""}
    now = ledger(load(8, "2019-04-24"), handovers=(gone,), fix=file("load-8", "2019-05-01"))
    [cause] = causes_of(now, "2019-04-22", "2019-04-28", "load-7")
    assert (cause["key"], cause["what"]) == (FIX, "loaded")


def test_a_load_whose_file_is_not_known_any_more_is_told_without_it():
    [cause] = causes_of(ledger(load(8, "2019-04-24")), "2019-04-22", "2019-04-28", "load-7")
    assert (cause["key"], cause["days"]) == (None, ["2019-04-24"])


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [("100.00", "99.50", 0.005), ("100.00", "100.00", 0.0), ("0.00", "5.00", None), (None, "5.00", None)],
)
def test_the_share_by_which_income_moved(before, after, share):
    assert income_change(before, after) == (share if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("restated", "mailed"),
    [
        (None, False),
        ({"income_change": 0.0049}, False),
        ({"income_change": 0.005}, True),
        ({"income_change": None}, True),
    ],
)
def test_a_small_change_is_not_worth_a_mail(restated, mailed):
    assert is_worth_a_mail({"restated": restated}, 0.005) is mailed
