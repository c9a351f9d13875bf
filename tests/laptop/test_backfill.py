"""What `make backfill` says before and after: periods in one sentence, folders of workbooks as a list."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from coffee_shop.periods import period_around
from coffee_shop_reports_app.backfill import Backfill

from laptop.backfill import BackfillRequest, announcement, left_alone, report_folders

MOMENT = datetime(2019, 5, 1, tzinfo=UTC)
WEEKS = Backfill("weekly", [period_around("weekly", date(2019, 4, day)) for day in (1, 8)], MOMENT, MOMENT)
APRIL = Backfill("daily", [period_around("daily", date(2019, 4, day)) for day in range(1, 31)], MOMENT, MOMENT)


def test_several_periods_are_one_sentence():
    assert announcement(WEEKS, BackfillRequest("weekly", "2019-04-03", "2019-04-10")) == (
        "2 weekly reports, 2019-W14 to 2019-W15 (2019-04-01 to 2019-04-14), not mailed (MAIL=1 mails them)"
    )


def test_one_period():
    plan = Backfill("monthly", [period_around("monthly", date(2019, 4, 1))], MOMENT, MOMENT)
    assert announcement(plan, BackfillRequest("monthly", "2019-04-03", "2019-04-10", mail=True)) == (
        "One monthly report, 2019-04 (2019-04-01 to 2019-04-30), mailed"
    )


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (1, "One of them ran before and is left as it is (AGAIN=1 reports it again)"),
        (5, "5 of them ran before and are left as they are (AGAIN=1 reports them again)"),
    ],
)
def test_periods_that_were_reported_before(runs, words):
    assert left_alone(runs) == words


def test_folders_below_the_working_folder_are_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert report_folders(tmp_path / "reports", WEEKS).splitlines() == [
        "Workbooks   reports/weekly/2019-W14",
        "            reports/weekly/2019-W15",
    ]


def test_of_many_folders_the_first_and_the_last_are_listed():
    lines = report_folders(Path("/reports"), APRIL).splitlines()
    assert len(lines) == 11
    assert lines[0] == "Workbooks   /reports/daily/2019-04-01"
    assert lines[-2:] == ["            ...", "            /reports/daily/2019-04-30"]
