from datetime import date

import pytest
from coffee_shop.periods import Period
from coffee_shop.report_text import figures, missing_text, notes, state_text, subject, warnings

from tests.dags.coffee_shop.report_samples import ALL_THERE, WORDS, draft


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("complete", "Coffee Shop weekly report 2019-W17: income $600.00"),
        ("incomplete", "Coffee Shop weekly report 2019-W17: incomplete, income $600.00"),
        ("no data", "Coffee Shop weekly report 2019-W17: no data"),
    ],
)
def test_the_subject(status, says):
    assert subject(draft(status=status), WORDS) == says


def test_what_is_missing_comes_first():
    assert warnings(draft(), WORDS) == ["Incomplete: 2019-04-24 lacks outlet 8."]
    assert warnings(draft(status="complete", quality=ALL_THERE), WORDS) == []
    assert warnings(draft(status="no data"), WORDS) == ["No data: no sales have been loaded for this period."]


def test_a_state_that_would_not_stand_still_is_said():
    state = {"load_id": "load-9", "published_at": "2019-04-29T09:03:00+00:00", "changed_while_made": True}
    (warning,) = warnings(draft(status="complete", quality=ALL_THERE, state=state), WORDS)
    assert warning.startswith("New data kept arriving while this report was made")


def test_missing_days_in_words():
    entries = [
        {"day": "2019-04-24", "outlets": ["3", "5", "8"], "whole_day": False},
        {"day": "2019-04-25", "outlets": ["3", "5", "8"], "whole_day": True},
    ]
    assert missing_text(entries, WORDS) == "2019-04-24 lacks outlets 3, 5 and 8; 2019-04-25 has no sales at all"
    assert missing_text(entries * 10, WORDS).endswith("; and 8 more days")


def test_notes_name_prices_refunds_files_and_take_overs():
    assert notes(draft(), WORDS) == [
        (
            "12 lines without a wholesale price, with $45.60 of income, count in income but not in production cost or "
            "net income."
        ),
        "2 lines with a minus (refunds and discounts), -$7.50 in all, count in every figure with their sign.",
        ("loyaltycardnumber cannot be read in 24 of 120 rows of sales-reciept/a.csv; those values count as unknown."),
        "1 row of the files is in quarantine, because it breaks the contract, and not in any figure.",
        (
            "File sales-reciept/<b>.csv was refused on 2019-04-29 05:03 EDT and waits for a new upload: line 1: column "
            "Quantity is missing"
        ),
        (
            "2019-04-23, outlet 3: sales-reciept/corrections/a.csv took over from sales-reciept/a.csv; 1,200 rows and "
            "$4,000.00 before, 1,199 rows and $3,998.50 after."
        ),
    ]
    assert notes(draft(quality=ALL_THERE), WORDS) == []


def test_figures_and_how_they_changed():
    assert [(figure.label, figure.text, figure.remark) for figure in figures(draft(), WORDS)] == [
        ("Income", "$600.00", "+20.0% on 2019-W16"),
        ("Net income", "$449.88", "\u221210.0% on 2019-W16"),
        ("Transactions", "90", "as in 2019-W16"),
        ("Items", "300", ""),
        ("Average receipt", "$6.67", "+33.3% on 2019-W16"),
        ("By registered customers", "50.0%", "45 of 90 transactions"),
        ("Best outlet", "3 Astoria", "$350.00"),
        ("Worst outlet", "8 Hell's <Kitchen>", "$250.00"),
        ("Days missing", "0", ""),
        ("Outlet days missing", "1", "an outlet that has sales in the weeks before and none on a day"),
    ]
    assert figures(draft(status="no data"), WORDS) == []


def test_the_state_of_the_data():
    assert state_text(draft(), WORDS) == "Data as published on 2019-04-29 05:03 EDT (load load-7)"
    nothing = {"load_id": None, "published_at": None, "changed_while_made": False}
    assert state_text(draft(state=nothing), WORDS) == "Nothing has been loaded yet."


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
