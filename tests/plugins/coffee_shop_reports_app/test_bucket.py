"""How the pages read the buckets: with few calls, through one client."""

import pytest
from coffee_shop_reports_app.bucket import _s3, report_folders, reports_bucket, state_bucket


@pytest.fixture
def calls(s3):
    """The names of the calls of S3 that are made meanwhile."""
    made = []

    def note(model, **_):
        made.append(model.name)

    s3.meta.events.register("before-call.s3", note)
    yield made
    s3.meta.events.unregister("before-call.s3", note)


def test_uploads_are_listed_newest_days_first_in_one_call(bucket_of, calls):
    bucket = bucket_of(
        {
            "upload/2019-04-01_2019-04-02/20190502T061000Z/summary.json": {},
            "upload/2019-04-01_2019-04-02/20190502T061000Z/sales.xlsx": b"",
            "upload/2019-04-01_2019-04-02/20190502T061000Z/versions/1/summary.json": {},
            "upload/2019-04-01_2019-04-02/20190503T061000Z/summary.json": {},
            "upload/2019-04-24_2019-04-24/20190503T061500Z/summary.json": {},
            "weekly/2019-W17/summary.json": {},
        }
    )
    calls.clear()

    assert report_folders(bucket, "upload") == [
        "upload/2019-04-24_2019-04-24/20190503T061500Z",
        "upload/2019-04-01_2019-04-02/20190503T061000Z",
        "upload/2019-04-01_2019-04-02/20190502T061000Z",
    ]
    assert calls == ["ListObjectsV2"]


def test_both_buckets_share_a_client_that_is_made_once(airflow_app, monkeypatch):
    for name, value in {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AWS_DEFAULT_REGION": "us-east-1",
        "COFFEE_SHOP_REPORTS_BUCKET": "reports",
        "COFFEE_SHOP_STATE_BUCKET": "state",
    }.items():
        monkeypatch.setenv(name, value)
    _s3.cache_clear()
    try:
        assert reports_bucket()._s3 is reports_bucket()._s3 is state_bucket()._s3
    finally:
        _s3.cache_clear()
