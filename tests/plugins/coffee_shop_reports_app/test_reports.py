"""The pages about reports, on summaries that the code of the DAGs drew up."""

import html
import re
from datetime import UTC, datetime

import pytest
from coffee_shop.lake.usage import in_words
from coffee_shop.mail.figures import figures_of_mail
from coffee_shop.report.restated_text import restated_of
from coffee_shop.report.text import data_line, notes, warnings

from tests.dags.coffee_shop.report.report_samples import (
    A_YEAR_BEFORE,
    ALL_THERE,
    CLOSED,
    COMPARED,
    INVENTORY,
    LAST_WEEK,
    QUALITY,
    RESTATED,
    WORDS,
    summary,
)
from tests.plugins.coffee_shop_reports_app.lake_samples import LEDGER

PAGE = "/coffee-shop/reports"
FOLDER = "weekly/2019-W17"
BOOK = {"report": "sales", "file": "sales.xlsx", "key": f"{FOLDER}/sales.xlsx", "size": 9, "sha256": "x", "version": 2}
REPORT = summary() | {"version": 2, "files": [BOOK]}
FIRST = summary(status="no data", headline=None) | {
    "files": [BOOK | {"key": f"{FOLDER}/versions/1/sales.xlsx", "version": 1}]
}
REPORTS = {
    f"{FOLDER}/summary.json": REPORT,
    f"{FOLDER}/sales.xlsx": b"the workbook",
    f"{FOLDER}/versions/1/summary.json": FIRST,
    f"{FOLDER}/versions/1/sales.xlsx": b"the workbook before",
    "weekly/secret.txt": b"secret",
}


def of_period(kind, start, end, label, status="complete", version=1, **more):
    """The summary of another period, with the figures of the week."""
    period = {"kind": kind, "start": start, "end": end, "label": label, "folder": f"{kind}/{label}"}
    return REPORT | {"period": period, "status": status, "version": version, "files": []} | more


def of_day(day, **more):
    return of_period("daily", day, day, day, **more)


def words(page):
    """What a page says, without its marks, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def items(page, marks=r"<li>(.*?)</li>"):
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", "", item)).split())
        for item in re.findall(marks, page.text, re.DOTALL)
    ]


def get(client, who, path, **params):
    answer = client.get(f"{PAGE}/{path}", params=params, headers=who)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
def reports(pages_of):
    pages_of(REPORTS, {"ledger.json": LEDGER})


# --- calendars


def cells(page):
    """What each cell of a calendar says."""
    return items(page, r'<li class="cell[^"]*">(.*?)</li>')


def test_a_month_shows_each_day_with_a_sign_and_a_word(client, pages_of, guest):
    days = [
        of_day("2019-04-02"),
        of_day("2019-04-03", version=3, restated=RESTATED),
        of_day("2019-04-04", status="incomplete"),
        of_day("2019-04-05", status="no data", headline=None),
        of_day("2019-04-08", version=2),  # made again with equal figures
    ]
    mailed = {"mails/daily/2019-04-02/1.json": {}, "mails/daily/2019-04-08/1-alarm.json": {}}
    pages_of({f"{day['period']['folder']}/summary.json": day for day in days}, {"ledger.json": LEDGER} | mailed)

    page = get(client, guest, "", kind="daily")
    shown = cells(page)
    assert "April 2019" in words(page)
    assert len(shown) == 30
    assert shown[:8] == [
        "Monday Mon 1 April 2019 ? missing",
        "Tuesday Tue 2 April 2019 ✓ sent$600",
        "Wednesday Wed 3 April 2019 ↻ restated$600",
        "Thursday Thu 4 April 2019 ◐ incomplete$600",
        "Friday Fri 5 April 2019 ∅ no data",
        "Saturday Sat 6 April 2019 ? missing",
        "Sunday Sun 7 April 2019 ? missing",
        "Monday Mon 8 April 2019 ○ made$600",
    ]
    assert 'href="./report?folder=daily/2019-04-02"' in page.text
    assert 'href="./?kind=daily&amp;at=2019-03"' in page.text
    assert 'href="./?kind=daily&amp;at=2019-05"' in page.text


def test_a_month_begins_below_its_weekday(client, pages_of, guest):
    pages_of({"daily/2019-05-01/summary.json": of_day("2019-05-01")}, {})

    assert '<li class="cell from-3">' in get(client, guest, "", kind="daily").text  # a Wednesday


def test_weeks_and_months_of_a_year(client, pages_of, guest):
    april = of_period("monthly", "2019-04-01", "2019-04-30", "2019-04")
    pages_of(REPORTS | {"monthly/2019-04/summary.json": april}, {"ledger.json": LEDGER})

    weeks = cells(get(client, guest, ""))
    assert len(weeks) == 52
    assert weeks[16] == "W17 22 Apr to 28 Apr ◐ incomplete$600"
    assert weeks[17] == "W18 29 Apr to 05 May ? missing"
    months = cells(get(client, guest, "", kind="monthly"))
    assert months[2:5] == ["March", "April ○ made$600", "May ? missing"]


def test_nothing_is_missing_before_the_first_sales_or_without_any(client, pages_of, guest):
    pages_of({}, {"ledger.json": LEDGER})
    shown = cells(get(client, guest, "", kind="weekly", at="2019"))
    assert [text.endswith("missing") for text in shown] == 13 * [False] + 39 * [True]  # sales begin in W14

    pages_of({}, {})
    page = get(client, guest, "", kind="weekly", at="2019")
    assert not any("missing" in text for text in cells(page))
    assert "There is no report of 2019." in words(page)


def test_a_missing_period_leads_those_who_may_to_the_back_fill(client, reports, guest, operator):
    link = "./backfill?kind=weekly&amp;first=2019-04-29&amp;last=2019-05-05"

    assert link in get(client, operator, "").text
    assert link not in get(client, guest, "").text


@pytest.mark.parametrize(
    ("kind", "at"), [("daily", "2019"), ("daily", "2019-13"), ("weekly", "19"), ("weekly", "9999"), ("yearly", "")]
)
def test_other_calendars_are_not_there(client, reports, guest, kind, at):
    assert client.get(f"{PAGE}/", params={"kind": kind, "at": at}, headers=guest).status_code == 404


@pytest.mark.slow
def test_a_period_whose_newest_run_failed_or_runs_says_so(client, reports, boss, known_dags, no_runs):
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    def add(number, state, conf=None, ended=None):
        due = datetime(2019, 5, 13, 10, 30, tzinfo=UTC)  # the Monday after W19
        run = DagRun(dag_id="coffee_shop_weekly_report", run_id=f"run-{number}", run_type="manual", run_after=due)
        run.state, run.conf, run.end_date = state, conf or {}, ended
        session.add(run)

    with create_session() as session:
        add(1, "failed")
        add(2, "queued", {"from": "2019-05-13", "to": "2019-05-19"})
        add(
            3, "failed", {"from": "2019-04-22", "to": "2019-04-28"}, datetime(2019, 4, 29, 10, tzinfo=UTC)
        )  # before the report
        add(4, "failed", {"from": "2019-04-22", "to": "2019-04-23"})  # dates of somebody's own

    page = get(client, boss, "")
    weeks = cells(page)
    assert weeks[18] == "W19 06 May to 12 May ✗ failed"
    assert weeks[19] == "W20 13 May to 19 May … under way"
    assert weeks[16].startswith("W17 22 Apr to 28 Apr ◐ incomplete")
    assert 'href="../../dags/coffee_shop_weekly_report/runs/run-1"' in page.text


# --- lists and search


def test_reports_of_uploads_are_a_list(client, pages_of, guest):
    folder = "upload/2019-04-01_2019-04-02/20190502T061000Z"
    upload = of_period("upload", "2019-04-01", "2019-04-02", "2019-04-01_2019-04-02")
    upload["period"]["folder"] = folder
    pages_of({f"{folder}/summary.json": upload}, {})

    page = get(client, guest, "", kind="upload")
    assert "2019-04-01 to 2019-04-02" in words(page)
    assert f"./report?folder={folder}" in page.text
    assert "There is no report of this kind yet" in words(get(client, guest, "", kind="custom"))


@pytest.mark.parametrize("text", ["2019-w17", "w17", "2019-04-24", " 2019-W17 "])
def test_a_period_is_found_by_a_part_of_its_name_or_a_date_in_it(client, reports, guest, text):
    page = get(client, guest, "search", text=text)

    assert page.text.count("./report?folder=weekly/2019-W17") == 1
    assert "1 period" in words(page)


@pytest.mark.parametrize("text", ["2018", '"><script>', "", "2019-04-29"])
def test_what_is_not_found_is_said(client, reports, guest, text):
    page = get(client, guest, "search", text=text)

    assert "No report's period has" in words(page)
    assert "<script>" not in page.text


# --- a report


def test_a_report_says_what_its_mail_says(client, pages_of, guest):
    """The words of the mail and of the page are written twice, because the page has no code of the DAGs."""
    several = QUALITY | {
        "missing": [{"day": f"2019-04-{day}", "outlets": ["3", "5", "8"], "whole_day": day == 23} for day in (22, 23)],
        "history_begins": "2019-04-23",
        "refunds": {"lines": 1, "amount": "-7.50"},
        "quarantine": {"rows": 1200},
        "unreadable_columns": QUALITY["unreadable_columns"] * 12,
    }
    closed = LAST_WEEK | {"closed": ["2019-04-21"], "closed_outlets": several["missing"]}
    average = LAST_WEEK | {"base": "weekday_average", "averaged": 4}
    moves = [
        {"of": "shop", "name": "", "income": "600.00", "usual": "800.00", "days_left_out": 0},
        {"of": "category", "name": "Tea & <more>", "income": "50.00", "usual": "0.00", "days_left_out": 0},
    ]
    stands_out = COMPARED | {"comparisons": [closed, average], "highlights": {"judged": True, "moves": moves}}
    quiet = COMPARED | {"comparisons": [], "highlights": {"judged": True, "moves": []}}
    unjudged = quiet | {"highlights": {"judged": False, "moves": []}}
    lacks = [LAST_WEEK | {"figures": None, "reason": "lacks outlets", "missing": several["missing"]}, A_YEAR_BEFORE]
    for report in (
        summary(),
        summary(quality=several, compared=stands_out),
        summary(status="complete", quality=ALL_THERE, compared=quiet),
        summary(quality=several, compared=unjudged | {"comparisons": lacks}),
        summary(compared=COMPARED | {"comparisons": [A_YEAR_BEFORE, A_YEAR_BEFORE]}),
        summary(status="no data", headline=None),
        summary(status="no data", headline=None, quality=CLOSED),
        summary() | {"restated": RESTATED, "inventory": INVENTORY | {"waste_without_price": 37, "waste_share": None}},
        summary() | {"restated": RESTATED | {"before": None, "causes": [], "days": []}},
        summary(status="no data", headline=None) | {"restated": RESTATED},
    ):
        pages_of({f"{FOLDER}/summary.json": report}, {})
        page = get(client, guest, "report", folder=FOLDER)
        said, mail = words(page), figures_of_mail(report, WORDS)
        has_tables = ("File ", "older file", "older take-over", "2019-04-23, outlet")
        remarks = [note for note in notes(report, WORDS) if not note.startswith(has_tables)]
        sentences = [*warnings(report, WORDS), data_line(report, WORDS), *mail["highlights"], *mail["notes_on_bases"]]
        for sentence in [*sentences, *remarks, f"Used: {in_words(report['usage'])}."]:
            assert sentence in said
        for tile in mail["tiles"]:
            assert f"{tile['label']} {tile['text']} {tile['change']}".strip() in said
        for row in mail["comparison_rows"]:
            assert " ".join([row["label"], *row["changes"]]) in said
        restated = restated_of(report, WORDS)
        for change in restated.changes if restated else ():
            assert " ".join([change.label, *change.shown(WORDS)]) in said
        for cause in restated.causes if restated else ():
            assert cause in said
        for line in filter(None, (mail["targets"], mail["waste"])):
            assert line in said
        for row in mail["best_and_worst"] if report["headline"] else ():
            assert f"{row['label']} {row['name']} {row['income']}" in said


def test_a_report_leads_to_its_run_its_load_and_its_files(client, reports, guest):
    page = get(client, guest, "report", folder=FOLDER).text

    for link in (
        "../../dags/coffee_shop_weekly_report/runs/scheduled__2019-04-29",
        "./load?id=load-7",
        "./download?key=weekly/2019-W17/sales.xlsx",
        "./download?key=weekly/2019-W17/summary.json",
        "./download?key=weekly/2019-W17/versions/1/sales.xlsx",
    ):
        assert f'href="{link}"' in page


def test_moments_are_in_the_shop_s_zone(client, reports, guest):
    assert "made 2019-04-29 06:31 EDT" in words(get(client, guest, "report", folder=FOLDER))


def test_a_report_says_whom_it_was_mailed_to_without_their_addresses(client, pages_of, guest):
    mail = {"state": "sent", "to": ["a@shop.example", "b@shop.example"], "at": "2019-04-29T10:32:00+00:00"}
    markers = {
        f"mails/{FOLDER}/2.json": mail,
        f"mails/{FOLDER}/2-sales.json": mail | {"to": ["c@shop.example"]},
        f"mails/{FOLDER}/2-alarm.json": mail,
        f"mails/{FOLDER}/20.json": mail,
    }
    pages_of(REPORTS, markers)
    page = get(client, guest, "report", folder=FOLDER)
    assert words(page).count("Mailed 2019-04-29 06:32 EDT to") == 2
    assert "to 2 addresses." in words(page)
    assert "shop.example" not in page.text

    pages_of(REPORTS, {})
    assert "This version was not mailed." in words(get(client, guest, "report", folder=FOLDER))


def test_the_newest_refused_files_are_there_and_text_from_the_data_is_escaped(client, pages_of, guest):
    [file] = QUALITY["open_files"]
    many = [
        file | {"key": f"sales-reciept/<i>{number}.csv", "reason": "line 1" + "!" * 32_000} for number in range(1, 26)
    ]
    pages_of({f"{FOLDER}/summary.json": summary(quality=QUALITY | {"open_files": many})}, {})

    page = get(client, guest, "report", folder=FOLDER).text
    assert "sales-reciept/&lt;i&gt;25.csv" in page
    assert "sales-reciept/&lt;i&gt;5.csv" not in page
    assert "5 older ones in summary.json." in page
    assert "Hell&#39;s &lt;Kitchen&gt;" in page
    assert len(page) < 40_000


def test_a_day_that_a_correction_changed_says_who_held_it_before_and_now(client, pages_of, guest):
    [taken] = QUALITY["handovers"]
    fix = "sales-reciept/corrections/a.csv"
    again = taken | {"from_key": fix, "rows_after": 1, "amount_after": "4.00"}
    gone = taken | {"from_key": fix, "to_key": "", "rows_after": 0, "amount_after": "0.00"}
    pages_of({f"{FOLDER}/summary.json": summary(quality=QUALITY | {"handovers": [taken, again, gone]})}, {})

    said = words(get(client, guest, "report", folder=FOLDER))
    assert "Day and outlet Held before by Held now by Rows before, after Amount before, after" in said
    assert f"2019-04-23, outlet 3 sales-reciept/a.csv {fix} 1,200, 1,199 $4,000.00, $3,998.50" in said
    assert f"2019-04-23, outlet 3 {fix} {fix} 1,200, 1 $4,000.00, $4.00" in said
    assert f"2019-04-23, outlet 3 {fix} no file 1,200, 0 $4,000.00, $0.00" in said


def test_a_report_of_an_earlier_version_of_this_project_is_shown_as_far_as_it_goes(client, pages_of, guest):
    quality = {"missing": [], "open_files": [], "handovers": []}
    gone = ("restated", "targets", "inventory", "comparisons", "trend", "highlights", "categories", "outlet_reports")
    old = {name: value for name, value in REPORT.items() if name not in gone} | {"format": 1, "data_quality": quality}
    pages_of({f"{FOLDER}/summary.json": old}, {})

    assert "Income $600.00 Net income $449.88" in words(get(client, guest, "report", folder=FOLDER))


@pytest.mark.parametrize("folder", ["weekly/2019-W18", f"{FOLDER}/versions/1/..", "../x", ""])
def test_other_folders_are_no_reports(client, reports, guest, folder):
    assert client.get(f"{PAGE}/report", params={"folder": folder}, headers=guest).status_code == 404


# --- files


@pytest.mark.parametrize(
    ("key", "media"),
    [
        (f"{FOLDER}/sales.xlsx", "spreadsheetml.sheet"),
        (f"{FOLDER}/versions/1/sales.xlsx", "spreadsheetml.sheet"),
        (f"{FOLDER}/summary.json", "application/json"),
    ],
)
def test_download(client, reports, guest, key, media):
    answer = client.get(f"{PAGE}/download", params={"key": key}, headers=guest)

    assert answer.status_code == 200
    assert answer.json() == REPORT if key.endswith("json") else answer.content == REPORTS[key]
    assert media in answer.headers["content-type"]
    assert answer.headers["content-disposition"] == f'attachment; filename="{key.rsplit("/", 1)[1]}"'


@pytest.mark.parametrize(
    "key", ["weekly/secret.txt", "weekly/2019-W18/sales.xlsx", "../ledger.json", 'weekly/a"b/sales.xlsx', ""]
)
def test_other_keys_are_not_given_out(client, reports, guest, key):
    assert client.get(f"{PAGE}/download", params={"key": key}, headers=guest).status_code == 404


# --- again


def test_making_and_sending_again_says_first_what_it_does(client, reports, operator):
    page = get(client, operator, "report", folder=FOLDER).text
    assert f'href="./again?folder={FOLDER}"' in page
    assert f'href="./again?folder={FOLDER}&amp;mail=true"' in page

    made, sent = (words(get(client, operator, "again", folder=FOLDER, mail=mail)) for mail in ("false", "true"))
    start = (
        "A run of coffee_shop_weekly_report makes the report of Week 17 of 2019: Monday 2019-04-22 to Sunday 2019-04-28"
    )
    assert start in made
    assert "It becomes version 3; version 2 is kept below it. Nobody gets a mail." in made
    assert "Make it again" in made
    assert "It is mailed to everybody who gets reports of this kind." in sent
    assert "Make and mail it" in sent


def test_viewers_may_not_make_or_send(client, reports, guest):
    assert "./again" not in get(client, guest, "report", folder=FOLDER).text
    assert client.get(f"{PAGE}/again", params={"folder": FOLDER}, headers=guest).status_code == 403
    assert client.post(f"{PAGE}/again", data={"folder": FOLDER}, headers=guest).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize("mail", [False, True])
def test_again_starts_a_run_for_the_period(client, reports, operator, known_dags, no_runs, mail):
    answer = client.post(f"{PAGE}/again", data={"folder": FOLDER, "mail": str(mail)}, headers=operator)

    assert answer.status_code == 303, answer.text
    [run] = client.get("/api/v2/dags/coffee_shop_weekly_report/dagRuns", headers=operator).json()["dag_runs"]
    assert run["conf"] == {"from": "2019-04-22", "to": "2019-04-28", "mail": mail}
    page = client.get(f"{PAGE}/{answer.headers['location'].removeprefix('./')}", headers=operator)
    assert f"The run {run['dag_run_id']} has been started; it is queued." in words(page)
    assert "The newest run about this period is under way" in words(get(client, operator, "report", folder=FOLDER))
