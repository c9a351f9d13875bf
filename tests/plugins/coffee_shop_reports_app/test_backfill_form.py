"""The form that back-fills past periods."""

import pytest

PAGE = "/coffee-shop/reports"


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


def test_the_form_of_a_kind_is_chosen(client, boss):
    page = client.get(f"{PAGE}/backfill", params={"kind": "monthly"}, headers=boss).text

    assert '<option value="monthly" selected>' in page


@pytest.mark.slow
def test_a_backfill_of_three_weeks_makes_three_runs(client, boss, known_dags):
    typed = {"kind": "weekly", "first": "2019-04-03", "last": "2019-04-15", "mail": "true"}
    page = client.post(f"{PAGE}/backfill", data=typed, headers=boss)

    assert page.status_code == 200, page.text
    assert "3 reports by coffee_shop_weekly_report, 2019-04-01 to 2019-04-21" in page.text
    assert "coffee_shop_weekly_report is switched off in Airflow" in page.text  # as DAGs are at first
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
