"""How the pages read the buckets: with few calls, through one client, and the ledger only when it is another one."""

import gc

import pytest
from coffee_shop_reports_app.bucket import _s3, period_folders, reports_bucket, state_bucket, summaries_of_periods


@pytest.fixture
def calls(s3):
    """The names of the calls of S3 that are made meanwhile."""
    made = []

    def note(model, **_):
        made.append(model.name)

    s3.meta.events.register("before-call.s3", note)
    yield made
    s3.meta.events.unregister("before-call.s3", note)


def test_of_uploads_only_those_that_are_shown_are_looked_at(bucket_of, calls):
    folders = [
        "upload/2019-04-24_2019-04-24/20190503T061500Z",
        "upload/2019-04-01_2019-04-02/20190503T061000Z",
        "upload/2019-04-01_2019-04-02/20190502T061000Z",
        "upload/2019-03-01_2019-03-02/20190501T061000Z",
        "upload/2019-02-01_2019-02-02/20190501T061000Z",
    ]
    bucket = bucket_of({f"{folder}/summary.json": folder for folder in [*folders, f"{folders[0]}/versions/1"]})
    calls.clear()

    periods = period_folders(bucket, "upload")
    assert periods == [
        "upload/2019-04-24_2019-04-24",
        "upload/2019-04-01_2019-04-02",
        "upload/2019-03-01_2019-03-02",
        "upload/2019-02-01_2019-02-02",
    ]
    assert summaries_of_periods(bucket, periods[:2]) == folders[:3]
    assert sorted(calls) == ["GetObject"] * 3 + ["ListObjectsV2"] * (1 + 2)


def test_a_document_that_is_kept_is_read_again_when_it_was_written_again(bucket_of, s3):
    bucket = bucket_of({"ledger.json": {"revision": 1}})

    first = bucket.kept_document("ledger.json")
    assert first == {"revision": 1}
    assert bucket.kept_document("ledger.json") is first

    s3.put_object(Bucket=bucket._name, Key="ledger.json", Body=b'{"revision": 2}')
    assert bucket.kept_document("ledger.json") == {"revision": 2}

    s3.delete_object(Bucket=bucket._name, Key="ledger.json")
    assert bucket.kept_document("ledger.json") is None


def test_the_collector_does_not_walk_what_was_imported(client):
    client.get("/coffee-shop/reports/")

    assert gc.get_freeze_count() > 100_000


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
