"""Loads that change a mailed report: coffee_shop_restate starts its restated report, and both run whole in this process.

The later test goes on from the week that the first one restated.
"""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import openpyxl
import pytest

from tests.dags import report_lake
from tests.dags.lake import note_of, states
from tests.dags.report_runs import body, new_mails, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FIX = "sales-reciept/corrections/fix.csv"


@pytest.fixture(scope="module")
def home(airflow_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a local AWS with the small lake; the environment points there while the module's tests run."""
    with report_lake.running(tmp_path_factory.mktemp("report-lake")) as folder:
        yield folder


@pytest.fixture(scope="module")
def mailed_week(home: Path) -> None:
    """The weekly report of 2019-W17 is mailed, with one of its workbooks."""
    period = {"from": "2019-04-22", "to": "2019-04-28"}
    assert run("coffee_shop_weekly_report", **period, mail=True, reports=["employee"]).state == "success"


def correct(load: int, line: str) -> dict[str, Any]:
    """Put a line into the lake as a load of a correction does, and return what the load's event says."""
    day, outlet, *_, quantity, amount, _, _ = (cell.strip() for cell in line.split("|"))
    report_lake.put_lines(line)
    ledger = json.loads(boto3.client("s3").get_object(Bucket=report_lake.STATE, Key="ledger.json")["Body"].read())
    known = {"rows": 0, "quantity": 0, "amount": "0.00"} | ledger["days"]["sales_reciept"][day].get(outlet, {})
    ledger["days"]["sales_reciept"][day][outlet] = {
        "rows": known["rows"] + 1,
        "quantity": known["quantity"] + int(quantity),
        "amount": str(Decimal(known["amount"]) + Decimal(amount)),
        "keys": {},
    }
    load_id, at = f"load-{load}", f"2019-05-{load:02d}T09:00:00+00:00"
    seen = {"version_id": f"v{load}", "status": "published", "load_id": load_id, "at": at}
    holding = {"claims": {day: {outlet: {}}}, "unreadable": {}, "rows_read": 1}
    ledger["files"]["sales_reciept"][FIX] = {"last_seen": seen, "holding": holding, "withdrawn": None}
    ledger["loads"].append(
        {"load_id": load_id, "run_id": "r", "published_at": at, "changed_dates": [day], "files": 1, "refused": []}
    )
    report_lake.put_ledger(ledger)
    return {"load_id": load_id, "changed_dates": [day]}


def restated_runs(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What coffee_shop_restate starts after a load, run to their end, for one of the workbooks."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    monkeypatch.setattr("coffee_shop.report.tasks._upload_events", lambda context: [event])
    search = run("coffee_shop_restate")
    assert search.state == "success"
    assert note_of(search) == (
        "**What this run did**: 1 report made again:\n"
        f"- weekly/2019-W17 went out before load {event['load_id']} changed its days"
    )
    with create_session() as session:
        started = select(DagRun).where(DagRun.run_id.startswith(f"restated__{event['load_id']}__"))
        confs = {dag_run.run_id: dag_run.conf for dag_run in session.scalars(started)}
    one_book = {"reports": ["employee"]}
    return [run("coffee_shop_restated_report", **(conf | one_book)) for _, conf in sorted(confs.items())]


def test_a_load_restates_the_report_that_went_out(mailed_week, home, monkeypatch):
    """The week that was mailed lacked outlet 8 on the 24th; the correction brings it, and the mail says what changed."""
    report_lake.put_ledger(report_lake.ledger())
    mails = report_lake.mails(home)

    [dag_run] = restated_runs(
        correct(2, "2019-04-24 | 8 | 7 | 1 | 10:00:00 | 12 | 0 | 200 | 2 | 7.00 | 1.0 | N"), monkeypatch
    )

    assert dag_run.state == "success"
    summary = json.loads(body("weekly/2019-W17/summary.json"))
    schema = json.loads((ROOT / "docs" / "summary.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(summary)
    assert (summary["version"], summary["status"], summary["headline"]["income"]) == (2, "complete", "73.00")
    restated = summary["restated"]
    assert (restated["version"], restated["before"]["income"]) == (1, "66.00")
    assert restated["days"] == [{"day": "2019-04-24", "before": "7.00", "after": "14.00"}]
    assert [(cause["key"], cause["load_id"]) for cause in restated["causes"]] == [(FIX, "load-2")]
    sheet = openpyxl.load_workbook(io.BytesIO(body("weekly/2019-W17/employees.xlsx")), data_only=True)["Contents"]
    cells = [tuple(row[:3]) for row in sheet.iter_rows(values_only=True)]
    assert ("Income", 66, 73) in cells
    assert ("Income of 2019-04-24", 7, 14) in cells
    [mail] = new_mails(home, mails)
    assert mail["Subject"].startswith(
        "Coffee Shop weekly report 2019-W17: restated, income $73.00, replaces $66.00 of "
    )
    assert mail["To"] == "boss@coffee-shop.example"
    assert f"{FIX}, loaded 2019-05-02 05:00 EDT, changed 2019-04-24." in mail.get_body(("plain",)).get_content()


def test_equal_data_restate_nothing_and_a_small_change_is_not_mailed(mailed_week, home, monkeypatch):
    """It goes on from the restated week: $73.00 was mailed."""
    mails = report_lake.mails(home)

    [again] = restated_runs({"load_id": "load-2b", "changed_dates": ["2019-04-24"]}, monkeypatch)
    assert states(again)["draft_summary"] == "skipped"
    assert json.loads(body("weekly/2019-W17/summary.json"))["version"] == 2

    [small] = restated_runs(
        correct(3, "2019-04-25 | 8 | 8 | 1 | 10:00:00 | 12 | 0 | 200 | 1 | 0.30 | 1.0 | N"), monkeypatch
    )
    assert states(small)["send_mail"] == "skipped"
    summary = json.loads(body("weekly/2019-W17/summary.json"))
    assert (summary["version"], summary["headline"]["income"]) == (3, "73.30")
    assert summary["restated"]["income_change"] == pytest.approx(0.3 / 73)

    # seven cents more, and both together are told: $73.00 is what people have
    [more] = restated_runs(
        correct(4, "2019-04-25 | 3 | 8 | 1 | 10:00:00 | 12 | 0 | 200 | 1 | 0.07 | 1.0 | N"), monkeypatch
    )
    assert states(more)["send_mail"] == "success"
    [mail] = new_mails(home, mails)
    assert "income $73.37, replaces $73.00 of " in mail["Subject"]
