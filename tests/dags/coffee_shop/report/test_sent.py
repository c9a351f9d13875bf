from coffee_shop.periods import Period
from coffee_shop.report import sent
from coffee_shop.report.sent import marker_of, newest_sent_versions, reports_to_restate


def state_bucket(s3, name, *markers):
    s3.create_bucket(Bucket=name)
    for key in markers:
        s3.put_object(Bucket=name, Key=key, Body=b"{}")
    return name


def test_the_newest_version_that_went_out_about_the_shop_and_about_an_outlet(s3):
    bucket = state_bucket(
        s3,
        "state-of-versions",
        marker_of("weekly/2019-W17/1", "-customer-sales"),
        marker_of("weekly/2019-W17/2"),
        marker_of("weekly/2019-W17/9", "-outlet-3"),
        marker_of("weekly/2019-W17/10", "-outlet-3"),
        marker_of("weekly/2019-W17/11", "-alarm"),  # that is the operators'
        marker_of("weekly/2019-W18/1", "-alarm"),
    )
    assert newest_sent_versions(s3, bucket, "weekly/2019-W17") == {None: 2, "3": 10}
    assert newest_sent_versions(s3, bucket, "weekly/2019-W18") == {}
    assert newest_sent_versions(s3, bucket, "weekly/2019-W1") == {}


def test_sent_reports_that_hold_a_changed_date(s3):
    bucket = state_bucket(
        s3,
        "state-of-periods",
        marker_of("daily/2019-04-24/1"),
        marker_of("daily/2019-04-25/1"),
        marker_of("weekly/2019-W17/1"),
        marker_of("monthly/2019-03/1"),
        marker_of("upload/0123"),
    )
    events = [{"load_id": "load-8", "changed_dates": ["2019-04-24", "2019-04-23"]}, {"changed_dates": ["2019-03-31"]}]

    periods = reports_to_restate(s3, bucket, events)

    assert [period.folder for period in periods] == ["monthly/2019-03", "weekly/2019-W17", "daily/2019-04-24"]
    assert reports_to_restate(s3, bucket, [{"load_id": "load-9"}]) == []


def test_a_load_that_changes_years_restates_so_many_reports_and_no_more(s3, monkeypatch):
    monkeypatch.setattr(sent, "MOST_RESTATED", 2)
    days = [f"2019-04-{day:02d}" for day in (22, 23, 24)]
    bucket = state_bucket(s3, "state-of-many", *(marker_of(f"daily/{day}/1") for day in days))

    periods: list[Period] = reports_to_restate(s3, bucket, [{"changed_dates": days}])
    assert [period.label for period in periods] == ["2019-04-24", "2019-04-23"]
