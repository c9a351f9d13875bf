import json

import pytest

PAGE = "/coffee-shop/reports"

SUMMARY = {
    "format": 2,
    "shop": "Coffee Shop",
    "currency": "$",
    "run": {"dag_id": "coffee_shop_weekly_report", "run_id": "scheduled__2019-04-29"},
    "period": {
        "kind": "weekly",
        "start": "2019-04-22",
        "end": "2019-04-28",
        "label": "2019-W17",
        "folder": "weekly/2019-W17",
    },
    "status": "incomplete",
    "data": {"load_id": "load-1", "published_at": "2019-04-29T09:00:00+00:00", "changed_while_made": False},
    "headline": {
        "income": "40123.50",
        "net_income": "28123.38",
        "transactions": 9876,
        "items": 15432,
        "average_receipt": 4.0627,
        "registered_share": 0.519,
    },
    "outlets": [
        {
            "number": "8",
            "neighbourhood": "Hell's <script>alert(1)</script>",
            "income": "9000.00",
            "transactions": 3000,
            "items": 5000,
        }
    ],
    "days": [],
    "data_quality": {
        "missing": [{"day": "2019-04-24", "outlets": ["8"], "whole_day": False}],
        "open_files": [
            {
                "dataset": "sales_reciept",
                "key": f"sales-reciept/<i>{number}.csv",
                "status": "refused",
                "reason": "line 1: column Quantity is missing" + "!" * 32_000,
                "at": "2019-04-29T09:03:00+00:00",
            }
            for number in range(1, 26)
        ],
        "handovers": [
            {
                "day": "2019-04-23",
                "outlet": "3",
                "from_key": "sales-reciept/a.csv",
                "to_key": None,
                "rows_before": 1200,
                "rows_after": 0,
                "amount_before": "4000.00",
                "amount_after": "0.00",
            }
        ],
    },
    "version": 2,
    "made_at": "2019-04-29T10:31:00+00:00",
    "files": [{"report": "sales", "file": "sales.xlsx", "key": "weekly/2019-W17/sales.xlsx", "version": 2}],
}

OBJECTS = {
    "weekly/2019-W17/summary.json": json.dumps(SUMMARY).encode(),
    "weekly/2019-W17/sales.xlsx": b"the workbook",
    "weekly/2019-W17/versions/1/summary.json": json.dumps(
        SUMMARY
        | {
            "version": 1,
            "headline": None,
            "status": "no data",
            "files": [{"file": "sales.xlsx", "key": "weekly/2019-W17/versions/1/sales.xlsx"}],
        }
    ).encode(),
    "weekly/2019-W17/versions/1/sales.xlsx": b"the workbook before",
    "weekly/secret.txt": b"secret",
}


@pytest.fixture
def bucket(reports_bucket_of):
    return reports_bucket_of(OBJECTS)


@pytest.mark.parametrize(
    "path", ["/", "/report?folder=weekly/2019-W17", "/download?key=weekly/2019-W17/sales.xlsx", "/backfill"]
)
def test_nobody_sees_the_page_without_signing_in(client, bucket, path):
    assert client.get(PAGE + path).status_code == 401


def test_a_backfill_needs_signing_in(client):
    assert client.post(f"{PAGE}/backfill", data={"kind": "daily"}).status_code == 401


def test_the_list_shows_period_state_figures_and_files(client, bucket, guest):
    page = client.get(f"{PAGE}/?kind=weekly", headers=guest)

    assert page.status_code == 200
    for text in (
        "2019-W17",
        "incomplete",
        "$40,123.50",
        "9,876",
        'href="./download?key=weekly/2019-W17/sales.xlsx"',
        "version 2",
    ):
        assert text in page.text
    assert page.text.count("./report?folder=") == 1  # versions are not reports of their own


def test_a_kind_without_reports_says_so(client, bucket, guest):
    assert "There is no report of this kind yet" in client.get(f"{PAGE}/?kind=daily", headers=guest).text


def test_a_report_shows_what_is_missing_its_figures_and_earlier_versions(client, bucket, guest):
    page = client.get(f"{PAGE}/report?folder=weekly/2019-W17", headers=guest).text

    assert "2019-04-24 lacks outlets 8" in page
    assert "<b>$28,123.38</b>" in page
    assert "<b>51.9%</b>" in page
    assert "Earlier versions" in page
    assert "weekly/2019-W17/versions/1/sales.xlsx" in page


def test_operators_see_the_newest_refused_files_and_who_took_a_day_over(client, bucket, guest):
    page = client.get(f"{PAGE}/report?folder=weekly/2019-W17", headers=guest).text

    assert "sales-reciept/&lt;i&gt;25.csv" in page
    assert "2019-04-29 09:03 UTC" in page
    assert "sales-reciept/&lt;i&gt;5.csv" not in page
    assert "5 older ones are in summary.json." in page
    assert len(page) < 30_000
    for text in ("no file", "sales-reciept/a.csv", "1,200, 0", "$4,000.00, $0.00"):
        assert text in page


def test_text_from_the_data_is_escaped(client, bucket, guest):
    page = client.get(f"{PAGE}/report?folder=weekly/2019-W17", headers=guest).text

    assert "<script>" not in page
    assert "Hell&#39;s &lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("key", "body", "media"),
    [
        ("weekly/2019-W17/sales.xlsx", b"the workbook", "spreadsheetml.sheet"),
        ("weekly/2019-W17/versions/1/sales.xlsx", b"the workbook before", "spreadsheetml.sheet"),
        ("weekly/2019-W17/summary.json", OBJECTS["weekly/2019-W17/summary.json"], "application/json"),
    ],
)
def test_download(client, bucket, guest, key, body, media):
    answer = client.get(f"{PAGE}/download", params={"key": key}, headers=guest)

    assert answer.status_code == 200
    assert answer.content == body
    assert media in answer.headers["content-type"]
    assert answer.headers["content-disposition"] == f'attachment; filename="{key.rsplit("/", 1)[1]}"'


@pytest.mark.parametrize(
    "key", ["weekly/secret.txt", "weekly/2019-W18/sales.xlsx", "../ledger.json", 'weekly/a"b/sales.xlsx', ""]
)
def test_other_keys_are_not_given_out(client, bucket, guest, key):
    assert client.get(f"{PAGE}/download", params={"key": key}, headers=guest).status_code == 404


@pytest.mark.parametrize("folder", ["weekly/2019-W18", "weekly/2019-W17/versions/1/..", "../x", ""])
def test_other_folders_are_no_reports(client, bucket, guest, folder):
    assert client.get(f"{PAGE}/report", params={"folder": folder}, headers=guest).status_code == 404


def test_the_form_shows_the_periods_before_it_starts_anything(client, boss):
    page = client.get(
        f"{PAGE}/backfill", params={"kind": "weekly", "first": "2019-04-03", "last": "2019-04-15"}, headers=boss
    ).text

    assert "3 weekly reports" in page
    assert "<td>2019-W14</td><td>2019-04-01</td><td>2019-04-07</td>" in page
    assert "<td>2019-W16</td><td>2019-04-15</td><td>2019-04-21</td>" in page
    assert '<form method="post"' in page


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(client, boss):
    page = client.get(
        f"{PAGE}/backfill", params={"kind": "weekly", "first": '"><b>', "last": "2019-04-15"}, headers=boss
    )

    assert page.status_code == 400
    assert "expected a date such as 2019-04-24" in page.text
    assert 'value="&#34;&gt;&lt;b&gt;"' in page.text
    assert '<form method="post"' not in page.text


@pytest.mark.slow
def test_a_backfill_of_three_weeks_makes_three_runs(client, boss, known_dags):
    typed = {"kind": "weekly", "first": "2019-04-03", "last": "2019-04-15", "mail": "true"}
    page = client.post(f"{PAGE}/backfill", data=typed, headers=boss)

    assert page.status_code == 200, page.text
    assert "3 reports by coffee_shop_weekly_report, 2019-04-01 to 2019-04-21" in page.text
    runs = client.get("/api/v2/dags/coffee_shop_weekly_report/dagRuns", headers=boss).json()["dag_runs"]
    assert sorted(run["data_interval_end"][:10] for run in runs) == ["2019-04-08", "2019-04-15", "2019-04-22"]
    assert {run["run_type"] for run in runs} == {"backfill"}
    assert all(run["conf"] == {"mail": True} for run in runs)

    again = client.post(f"{PAGE}/backfill", data=typed, headers=boss)
    assert again.status_code == 409
    assert "already a running backfill" in again.text


@pytest.mark.slow
def test_who_may_not_start_runs_gets_no_backfill(client, guest, known_dags):
    typed = {"kind": "daily", "first": "2019-04-03", "last": "2019-04-03"}

    shown = client.get(f"{PAGE}/backfill", params=typed, headers=guest)
    assert shown.status_code == 403
    assert "You may not start runs of coffee_shop_daily_report" in shown.text
    assert client.post(f"{PAGE}/backfill", data=typed, headers=guest).status_code == 403


def test_another_site_cannot_send_the_form(client, boss):
    typed = {"kind": "daily", "first": "2019-04-03", "last": "2019-04-03"}
    answer = client.post(f"{PAGE}/backfill", data=typed, headers=boss | {"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
