import pytest
from coffee_shop.report.comparison_text import (
    change_of,
    change_text,
    heading_of,
    highlights_text,
    label_of,
    notes_on_bases,
    reason_of,
)

from tests.dags.coffee_shop.report.report_samples import A_YEAR_BEFORE, COMPARED, LAST_WEEK, WORDS, draft

AVERAGE = LAST_WEEK | {
    "base": "weekday_average",
    "label": "2019-04-17",
    "start": "2019-03-27",
    "end": "2019-04-17",
    "averaged": 4,
}


@pytest.mark.parametrize(
    ("comparison", "label", "heading"),
    [
        (LAST_WEEK, "2019-W16", "before 2019-W16"),
        (A_YEAR_BEFORE, "2018-W17", "a year before 2018-W17"),
        (LAST_WEEK | {"label": "2019-04-01_2019-04-03"}, "2019-04-01 to 2019-04-03", "before 2019-04-01 to 2019-04-03"),
        (AVERAGE, "the average of 4 Wednesdays", "the average of 4 Wednesdays"),
        (AVERAGE | {"averaged": 1}, "the one Wednesday of four weeks", "the one Wednesday of four weeks"),
    ],
)
def test_what_is_compared_with(comparison, label, heading):
    assert (label_of(comparison), heading_of(comparison)) == (label, heading)


@pytest.mark.parametrize(
    ("name", "value", "change"),
    [
        ("income", "600.00", "+20.0%"),
        ("income", "450.00", "\u221210.0%"),
        ("income", "500.20", "same"),
        ("income", "50000.00", "+9,900.0%"),
        ("transactions", 99, "+10.0%"),
        ("average_receipt", 5.5, "+10.0%"),
        ("average_receipt", None, "n/a"),
        ("items", 300, "n/a"),  # the base sold 0 of them
        ("registered_share", 0.5, "+2.0 pts"),
        ("registered_share", 0.4801, "same"),
    ],
)
def test_a_change(name, value, change):
    assert change_of(LAST_WEEK, {name: value}, name) == change


def test_a_change_names_its_base():
    assert change_text(LAST_WEEK, {"income": "600.00"}, "income") == "+20.0% on 2019-W16"
    assert change_text(LAST_WEEK, {"income": "500.00"}, "income") == "same as 2019-W16"
    assert change_text(A_YEAR_BEFORE, {"income": "600.00"}, "income") == "n/a on 2018-W17"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": "period incomplete"}, "this period itself is incomplete"),
        ({"reason": "closed"}, "the shop was closed"),
        ({"unpublished": ["2018-04-25"]}, "no sales are loaded for 2018-04-25"),
        ({}, "no sales are loaded for 2018-04-23 to 2018-04-29"),
        (
            {"unpublished": ["2018-04-23", "2018-04-25"]},
            "no sales are loaded for 2 of its days, the first of them 2018-04-23",
        ),
        (
            {
                "reason": "lacks outlets",
                "missing": [{"day": f"2018-04-{day}", "outlets": ["8"], "whole_day": False} for day in (23, 24, 25)],
            },
            "2018-04-23 lacks outlet 8; 2018-04-24 lacks outlet 8; and 1 more day",
        ),
    ],
)
def test_why_there_is_no_change(changes, says):
    assert reason_of(A_YEAR_BEFORE | changes, WORDS) == says


def test_each_base_without_figures_has_a_sentence():
    assert notes_on_bases(draft(), WORDS) == [
        "Changes on 2018-W17 are n/a: no sales are loaded for 2018-04-23 to 2018-04-29.",
    ]


def test_the_same_reason_is_said_once():
    lacking = [each | {"figures": None, "reason": "period incomplete"} for each in (LAST_WEEK, A_YEAR_BEFORE)]
    summary = draft(compared=COMPARED | {"comparisons": lacking})
    assert notes_on_bases(summary, WORDS) == ["All changes are n/a: this period itself is incomplete."]


def test_closed_days_of_a_base_are_named_because_they_explain_a_change():
    closed = LAST_WEEK | {"closed": ["2019-04-21"]}
    (note,) = notes_on_bases(draft(compared=COMPARED | {"comparisons": [closed]}), WORDS)
    assert note == "2019-W16 had a closed day, 2019-04-21."
    two = LAST_WEEK | {"closed": ["2019-04-15", "2019-04-21"]}
    (note,) = notes_on_bases(draft(compared=COMPARED | {"comparisons": [two]}), WORDS)
    assert note == "2019-W16 had 2 closed days, the first of them 2019-04-15."


def test_closed_outlets_of_a_base_are_named_because_they_explain_a_change():
    closed = [{"day": f"2019-04-{day}", "outlets": ["3", "8"], "whole_day": False} for day in (15, 16, 17)]
    bases = [LAST_WEEK | {"closed_outlets": closed}, AVERAGE | {"closed_outlets": closed[2:]}]

    assert notes_on_bases(draft(compared=COMPARED | {"comparisons": bases}), WORDS) == [
        "In 2019-W16 outlets were closed: 2019-04-15 outlets 3 and 8; 2019-04-16 outlets 3 and 8; and 1 more day.",
        "In the average of 4 Wednesdays outlets were closed: 2019-04-17 outlets 3 and 8.",
    ]


def sentences(judged=True, *moves, period=None):
    summary = draft(compared=COMPARED | {"highlights": {"judged": judged, "moves": list(moves)}})
    return highlights_text(summary | ({"period": summary["period"] | period} if period else {}), WORDS)


def move(of="shop", name="", income="600.00", usual="500.00", left_out=0):
    return {"of": of, "name": name, "income": income, "usual": usual, "days_left_out": left_out}


def test_what_stands_out_in_a_week():
    assert sentences(
        True,
        move(),
        move("outlet", "8", "250.00", "300.00", left_out=1),
        move("category", "Tea", "50.00", "0.00"),
    ) == [
        "The shop took $600.00, 20.0% more than the $500.00 usual for these days.",
        (
            "Outlet 8 Hell's <Kitchen> took $250.00, 16.7% less than the $300.00 usual for the days with all their "
            "sales (1 day is left out)."
        ),
        "Tea brought $50.00, and nothing in the eight weeks before.",
    ]


def test_what_stands_out_on_a_day():
    day = {"start": "2019-04-24", "end": "2019-04-24"}
    assert sentences(True, move(), period=day) == [
        "The shop took $600.00, 20.0% more than the $500.00 usual for a Wednesday.",
    ]


def test_nothing_stands_out_and_nothing_is_known_are_told_apart():
    assert sentences(True) == ["Nothing stands out: all moves are within the ups and downs of the eight weeks before."]
    assert sentences(False) == [
        (
            "What stands out cannot be said: that takes a day of this period with all its sales, and four such weeks "
            "of the eight before."
        ),
    ]
