"""What notes say, written out: loads, reports, and reports that are made again."""

from typing import Any

import pytest
from coffee_shop.lake.documents import Ledger
from coffee_shop.lake.ledger import after_load, empty_ledger
from coffee_shop.mail import note_lines
from coffee_shop.mail.note_lines import lines_of_load, lines_of_report, lines_of_restating, loaded
from coffee_shop.settings import Settings

from tests.dags.coffee_shop.lake.test_ledger import AT, plan, read
from tests.dags.coffee_shop.mail.test_notes import Run
from tests.dags.coffee_shop.report.report_samples import ALL_THERE, RESTATED, summary

SALES = "sales-reciept/"
USAGE: Any = {
    "job_dpu_seconds": {"partition_data": 130.0, "conform_tables": 60.0},
    "crawl_seconds": {"crawl_raw": 61.2},
    "queries": 9,
    "bytes_scanned": 5 * 2**20,
    "price": "0.2940",
}
NOTHING: Any = {"files": {}, "days": {}, "handovers": [], "touched": {}, "changed": {}}


def file_of(status: str, reason: str | None = None, rows: int = 0, quarantined: int = 0) -> dict[str, Any]:
    """What the job found out of a file; of one that it could not read, no rows."""
    totals: Any = {"rows_read": rows, "rows_clean": rows - quarantined, "rows_quarantined": quarantined, "claims": {}}
    more: Any = {"quantity": 0, "amount": "0.00", "unreadable": {}}
    return {"version_id": "v1", "status": status, "reason": reason} | (totals | more if status == "published" else {})


def load(files: dict[str, Any], **more: Any) -> tuple[Any, Any]:
    """The plan and the result of a load of sales."""
    made = plan(read={"sales_reciept": [read(key, "v1") for key in files]}) | {"not_read": {}} | more
    return made, NOTHING | {"load_id": "load-1", "files": {"sales_reciept": files}}


def published(made: Any, result: Any, usage: Any = USAGE) -> Ledger:
    return after_load(empty_ledger(), made, result, AT, usage)


def test_a_load_of_three_files():
    files = {f"{SALES}{day}.csv": file_of("published", rows=1200, quarantined=2) for day in (1, 2, 3)}
    made, result = load(files)
    result["changed"] = {"sales_reciept": ["2019-04-02", "2019-04-01"], "pastry_inventory": ["2019-04-05"]}
    result["changed"]["sales_target"] = ["2019-04"]

    assert loaded(made, result, published(made, result)) == [
        "Load load-1 is published.",
        "3 files read: 3,600 rows, 6 of them in quarantine.",
        "3 days changed, 2019-04-01 to 2019-04-05; targets of 1 month.",
        "Used 190 DPU seconds of jobs, 1 crawl, 9 queries over 5.0 MB; about $0.2940.",
    ]


def test_files_that_were_refused_or_held_back_and_keys_that_were_not_read():
    files = {f"{SALES}{day}.csv": file_of("refused", f"line {day}: no quantity\nline 9") for day in range(1, 6)}
    files[f"{SALES}april.csv"] = file_of("published", rows=1)
    files[f"{SALES}may.csv"] = file_of("held back", "outlet 8 on 2019-05-01 would be left with nothing")
    made, result = load(files, not_read={"a.csv": "another prefix", "sales-reciept/notes.txt": "another ending"})

    assert loaded(made, result, published(made, result, usage=None)) == [
        "Load load-1 is published.",
        "7 files read, 1 of them loaded: 1 row, none in quarantine.",
        "Refused: `sales-reciept/1.csv: line 1: no quantity`",
        "Refused: `sales-reciept/2.csv: line 2: no quantity`",
        "Refused: `sales-reciept/3.csv: line 3: no quantity`",
        "2 more files are refused.",
        "Held back: `sales-reciept/may.csv: outlet 8 on 2019-05-01 would be left with nothing`",
        "2 keys in the raw bucket are not read.",
        "No day changed.",
    ]


def test_a_load_that_withdraws_and_did_not_get_as_far_as_the_ledger():
    made, result = load({}, withdraw={"sales_reciept": [f"{SALES}a.csv"]})

    assert loaded(made, result, empty_ledger()) == [
        "Load load-1 is not published.",
        "0 files read: 0 rows, none in quarantine.",
        "1 file withdrawn.",
        "No day changed.",
    ]


def test_a_run_of_the_load_that_found_nothing_new():
    assert lines_of_load(Run(plan_load="success").ended) == ["Nothing was new: no table was touched."]


def test_a_run_of_the_load_that_failed_before_it_had_a_plan_says_no_more_than_that():
    assert lines_of_load(Run(plan_load="failed").ended) == []


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of a report of all that was asked for, which was mailed."""
    monkeypatch.setattr(note_lines, "settings", Settings)
    run = Run(decide_request="success", store_report="success", send_mail="success")
    run.xcoms["decide_request", "return_value"] = {"reports": ["sales", "employee"]}
    run.xcoms["send_mail", "return_value"] = "0100-a, 0100-b"
    return run


def with_books(version: int = 1, **changes: Any) -> dict[str, Any]:
    """The week's summary, with a workbook that an earlier run left there too."""
    files = [{"report": name, "file": f"{name}.xlsx"} for name in ("customer", "employee", "sales")]
    return summary(**changes) | {"version": version, "files": files}


def test_a_report_that_was_mailed(report):
    report.xcoms["store_report", "return_value"] = with_books(status="complete", quality=ALL_THERE)

    assert lines_of_report(report.ended) == [
        "Coffee Shop weekly report 2019-W17: income $600.00, +20.0% on 2019-W16.",
        "Complete, version 1, 2 workbooks.",
        "2 mails sent.",
    ]


def test_a_restated_report_that_is_not_mailed(report):
    report.xcoms["store_report", "return_value"] = with_books(2, status="complete") | {"restated": RESTATED}
    report.states["send_mail"] = "skipped"
    report.xcoms["send_mail", "why_skipped"] = "Income moved by less than the setting restated_mail_share."

    assert lines_of_report(report.ended) == [
        "Coffee Shop weekly report 2019-W17: restated, income $600.00, replaces $550.00 of 2019-04-29.",
        "Complete, version 2, 2 workbooks.",
        "Not mailed. Income moved by less than the setting restated_mail_share.",
    ]


def test_a_report_without_data(report):
    report.xcoms["store_report", "return_value"] = summary(status="no data", headline=None)

    assert lines_of_report(report.ended)[:2] == [
        "Coffee Shop weekly report 2019-W17: no data.",
        "No data, version 1, 0 workbooks.",
    ]


@pytest.mark.parametrize("task", ["decide_request", "draft_summary"])
def test_a_run_that_makes_no_report_says_why(task):
    run = Run(**{"decide_request": "success", task: "skipped"})
    run.xcoms[task, "why_skipped"] = "Nothing to report."

    assert lines_of_report(run.ended) == ["Nothing to report."]


def test_a_report_that_failed_before_it_was_stored_says_no_more_than_that():
    assert lines_of_report(Run(decide_request="success", store_report="upstream_failed").ended) == []


def restating(*folders: str) -> list[str]:
    run = Run(list_reports_to_restate="success")
    starts = [{"note": f"{folder} went out before load load-2 changed its days"} for folder in folders]
    run.xcoms["list_reports_to_restate", "return_value"] = starts
    return lines_of_restating(run.ended)


def test_reports_that_are_made_again():
    assert restating("daily/2019-04-24", "weekly/2019-W17") == [
        "2 reports made again:",
        "daily/2019-04-24 went out before load load-2 changed its days",
        "weekly/2019-W17 went out before load load-2 changed its days",
    ]
    assert restating(*(f"daily/2019-04-{day}" for day in range(10, 22)))[-1] == "2 more reports."


def test_no_report_to_make_again():
    assert restating() == ["No report is made again: none went out about the days that changed."]
    assert lines_of_restating(Run(list_reports_to_restate="failed").ended) == []
