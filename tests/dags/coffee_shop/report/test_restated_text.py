from decimal import Decimal

from coffee_shop.report.outlet_report import summary_of_outlet
from coffee_shop.report.restated_text import restated_of
from coffee_shop.report.text import subject, warnings

from tests.dags.coffee_shop.report.report_samples import ALL_THERE, COMPARED, RESTATED, WORDS, summary


def report(**changes):
    """The complete week, which replaces a report with an income of $550.00."""
    return summary(status="complete", quality=ALL_THERE) | {"restated": RESTATED | changes}


def test_subject_and_first_sentence_name_what_is_replaced():
    assert subject(report(), WORDS) == (
        "Coffee Shop weekly report 2019-W17: restated, income $600.00, replaces $550.00 of 2019-04-29"
    )
    assert warnings(report(), WORDS) == [
        "Restated on 2019-05-02: this replaces the report of 2019-04-29, which had an income of $550.00."
    ]


def test_a_report_that_replaces_one_without_data_or_has_none_itself():
    assert subject(report(before=None), WORDS).endswith("restated, income $600.00, replaces no data of 2019-04-29")
    gone = summary(status="no data", headline=None) | {"restated": RESTATED}
    assert subject(gone, WORDS).endswith("2019-W17: no data, replaces $550.00 of 2019-04-29")


def test_each_figure_day_and_outlet_that_changed_and_why():
    restated = restated_of(report(), WORDS)

    assert restated
    assert [(change.label, *change.shown(WORDS)) for change in restated.changes] == [
        ("Income", "$550.00", "$600.00"),
        ("Transactions", "89", "90"),
        ("Items", "290", "300"),
        ("Average receipt", "$6.18", "$6.67"),
        ("Income of 2019-04-23", "$150.00", "$200.00"),
        ("Income of 8 Hell's <Kitchen>", "$200.00", "$250.00"),
    ]
    assert restated.changes[0].after == Decimal("600.00")
    assert restated.causes == [
        "sales-reciept/corrections/<a>.csv, loaded 2019-05-02 05:03 EDT, changed 2019-04-23.",
    ]


def test_long_lists_of_files_and_days_are_cut():
    [cause] = RESTATED["causes"]
    days = [f"2019-04-{day}" for day in range(22, 27)]
    restated = restated_of(report(causes=[cause | {"days": days}] * 12), WORDS)

    assert restated
    assert restated.causes[0].endswith("changed 2019-04-22, 2019-04-23, 2019-04-24 and 2 more days.")
    assert restated.causes[10:] == ["2 more files."]


def test_without_a_file_the_words_say_what_else_it_can_be():
    restated = restated_of(report(causes=[]), WORDS)
    assert restated
    assert restated.causes == [
        "No file changed these days: a setting did, or what newer files say of products, customers and goals."
    ]


def test_the_mail_about_an_outlet_tells_of_that_outlet():
    own = {
        "status": "complete",
        "figures": COMPARED["comparisons"][0]["figures"] | {"income": "250.00"},
        "registered_transactions": 20,
        "missing": [],
        "days": [],
        "comparisons": [],
        "trend": [],
        "highlights": {"judged": False, "moves": []},
    }
    changed = RESTATED | {"before": {"income": "200.00"}, "income_change": 0.25, "days": [], "outlets": []}
    reports = {"3": own | {"restated": None}, "8": own | {"restated": changed}}
    whole = report() | {"outlet_reports": reports}

    restated = restated_of(summary_of_outlet(whole, "8"), WORDS)
    assert restated
    assert [(change.label, *change.shown(WORDS)) for change in restated.changes] == [("Income", "$200.00", "$250.00")]
    assert summary_of_outlet(whole, "3")["restated"] is None
