import pytest
from coffee_shop.report.text import data_line, figures, notes, state_text, subject, warnings

from tests.dags.coffee_shop.report.report_samples import ALL_THERE, CLOSED, COMPARED, LAST_WEEK, QUALITY, WORDS, draft


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("complete", "Coffee Shop weekly report 2019-W17: income $600.00, +20.0% on 2019-W16"),
        ("incomplete", "Coffee Shop weekly report 2019-W17: incomplete, income $600.00"),
        ("no data", "Coffee Shop weekly report 2019-W17: no data"),
    ],
)
def test_the_subject(status, says):
    assert subject(draft(status=status), WORDS) == says


def test_a_subject_without_a_change_says_so():
    """The base has no figures, or there is no base at all."""
    lacking = LAST_WEEK | {"figures": None, "reason": "closed"}
    less = LAST_WEEK | {"figures": LAST_WEEK["figures"] | {"income": "750.00"}}
    start = "Coffee Shop weekly report 2019-W17: income $600.00"

    for comparisons, end in (([lacking], ", n/a on 2019-W16"), ([less], ", -20.0% on 2019-W16"), ([], "")):
        assert subject(draft(status="complete", compared=COMPARED | {"comparisons": comparisons}), WORDS) == start + end


def test_what_is_missing_comes_first():
    assert warnings(draft(), WORDS) == ["Incomplete: 2019-04-24 lacks outlet 8."]
    assert warnings(draft(status="complete", quality=ALL_THERE), WORDS) == []
    assert warnings(draft(status="no data"), WORDS) == ["No data: no sales have been loaded for this period."]


def test_a_state_that_would_not_stand_still_is_said():
    state = {"load_id": "load-9", "published_at": "2019-04-29T09:03:00+00:00", "changed_while_made": True}
    (warning,) = warnings(draft(status="complete", quality=ALL_THERE, state=state), WORDS)
    assert warning.startswith("New data kept arriving while this report was made")


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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"from_key": "corrections/a.csv", "rows_after": 1, "amount_after": "4.00"},
            "corrections/a.csv has other rows of it; 1,200 rows and $4,000.00 before, 1 row and $4.00 after.",
        ),
        (
            {"from_key": "corrections/a.csv", "to_key": "", "rows_after": 0, "amount_after": "0.00"},
            (
                "corrections/a.csv has no rows of it any more, nor has another file; 1,200 rows and $4,000.00 before, "
                "0 rows and $0.00 after."
            ),
        ),
        (
            {"from_key": "", "rows_before": 0, "amount_before": "0.00"},
            (
                "corrections/a.csv has rows of it, which no file had; 0 rows and $0.00 before, 1,199 rows and "
                "$3,998.50 after."
            ),
        ),
    ],
)
def test_a_day_that_a_correction_changed_says_how(change, says):
    handover = QUALITY["handovers"][0] | {"to_key": "corrections/a.csv"} | change

    assert notes(draft(quality=ALL_THERE | {"handovers": [handover]}), WORDS) == [f"2019-04-23, outlet 3: {says}"]


def test_lists_of_files_and_take_overs_are_cut_off():
    """A key or a reason can be as long as a file makes it, and there can be any number of them."""
    file = QUALITY["open_files"][0] | {"key": "k" * 1000, "reason": "r" * 32_767}
    many = QUALITY | {"open_files": [file] * 300, "handovers": QUALITY["handovers"] * 300}

    found = notes(draft(quality=many), WORDS)

    assert "290 older files that were not loaded are not listed." in found
    assert "290 older take-overs in this period not listed." in found
    assert max(len(note) for note in found) < 1000
    assert len(found) == 26


def test_what_a_manager_must_know_of_the_data_is_one_line():
    assert data_line(draft(), WORDS) == (
        "Data: 1 outlet day missing; 2 lines with a minus (-$7.50) counted; 1 row left out; "
        "12 lines ($45.60) without a cost price; 1 file not loaded, waiting for a new upload."
    )
    begins = ALL_THERE | {"history_begins": "2019-04-24"}
    assert data_line(draft(quality=begins), WORDS) == "Data: no sales before 2019-04-24."
    assert data_line(draft(quality=ALL_THERE), WORDS) == "Data: complete, nothing left out."


def test_figures_and_how_they_changed():
    assert [(figure.label, figure.text, figure.remark) for figure in figures(draft(), WORDS)] == [
        ("Income", "$600.00", "+20.0% on 2019-W16"),
        ("Net income", "$449.88", "\u221210.0% on 2019-W16"),
        ("Transactions", "90", "same as 2019-W16"),
        ("Items", "300", "n/a on 2019-W16"),
        ("Average receipt", "$6.67", "+33.3% on 2019-W16"),
        ("By registered customers", "50.0%", "45 of 90 transactions"),
        ("Best outlet", "3 Astoria", "$350.00"),
        ("Worst outlet", "8 Hell's <Kitchen>", "$250.00"),
        ("Days missing", "0", ""),
        ("Outlet days missing", "1", "an outlet that has sales in the weeks before and none on a day"),
    ]
    assert figures(draft(status="no data"), WORDS) == []


def test_a_figure_without_a_change_says_why():
    lacking = LAST_WEEK | {"figures": None, "reason": "not loaded", "unpublished": ["2019-04-17"]}
    (income, *_) = figures(draft(compared=COMPARED | {"comparisons": [lacking]}), WORDS)
    assert income.remark == "n/a on 2019-W16: no sales are loaded for 2019-04-17"


def test_the_state_of_the_data():
    assert state_text(draft(), WORDS) == "Data as published on 2019-04-29 05:03 EDT (load load-7)"
    nothing = {"load_id": None, "published_at": None, "changed_while_made": False}
    assert state_text(draft(state=nothing), WORDS) == "Nothing has been loaded yet."


def test_a_report_on_closed_days_says_so():
    assert warnings(draft(status="no data", quality=CLOSED), WORDS) == ["No data: the shop was closed."]
    one_day = CLOSED | {"closed": CLOSED["closed"][:1]}
    assert warnings(draft(status="no data", quality=one_day), WORDS) == [
        "No data: no sales have been loaded for this period."
    ]
