"""The lease, on the real conditional writes of the local AWS's S3."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from coffee_shop.lake.state import ChangedMeanwhileError, read_json, replace_json
from coffee_shop.load.lease import LEASE_KEY, release_lease, take_lease

NOON = datetime(2019, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"lease-{abs(hash(request.node.name)):x}"
    s3.create_bucket(Bucket=name)
    return name


def take(s3: Any, bucket: str, run_id: str, now: datetime = NOON, **more: Any) -> str | None:
    return take_lease(s3, bucket, run_id, now=now, lasts=HOUR, **more)


def test_the_first_run_takes_it_and_the_second_learns_whose_it_is(s3: Any, bucket: str) -> None:
    assert take(s3, bucket, "first") is None
    assert take(s3, bucket, "second") == "first"
    assert s3.get_object(Bucket=bucket, Key=LEASE_KEY)["Body"].read() == (
        b'{"expires_at":"2019-05-01T13:00:00+00:00","renewed_at":"2019-05-01T12:00:00+00:00",'
        b'"run_id":"first","taken_at":"2019-05-01T12:00:00+00:00"}'
    )


def test_its_holder_renews_it(s3: Any, bucket: str) -> None:
    take(s3, bucket, "first")
    assert take(s3, bucket, "first", NOON + timedelta(minutes=50)) is None
    # beyond the first end, within the second
    assert take(s3, bucket, "second", NOON + timedelta(minutes=90)) == "first"
    found = read_json(s3, bucket, LEASE_KEY)
    assert found is not None
    assert found.value["taken_at"] == "2019-05-01T12:00:00+00:00"


def test_a_lease_that_ended_is_free(s3: Any, bucket: str) -> None:
    take(s3, bucket, "first")
    assert take(s3, bucket, "second", NOON + HOUR) is None
    assert take(s3, bucket, "first", NOON + HOUR) == "second"


def test_a_lease_given_back_is_free(s3: Any, bucket: str) -> None:
    take(s3, bucket, "first")
    assert release_lease(s3, bucket, "first", now=NOON)
    assert take(s3, bucket, "second") is None


def test_only_its_holder_gives_it_back(s3: Any, bucket: str) -> None:
    assert not release_lease(s3, bucket, "second", now=NOON)
    take(s3, bucket, "first")
    assert not release_lease(s3, bucket, "second", now=NOON)
    assert take(s3, bucket, "second") == "first"


def test_a_lease_that_an_ended_run_left_behind_is_free(s3: Any, bucket: str) -> None:
    take(s3, bucket, "first")
    assert take(s3, bucket, "second", has_ended=lambda run_id: run_id == "somebody") == "first"
    assert take(s3, bucket, "second", has_ended=lambda run_id: run_id == "first") is None


def test_of_many_runs_at_once_exactly_one_gets_it(s3: Any, bucket: str) -> None:
    runs = [f"run-{number}" for number in range(8)]
    together = Barrier(len(runs))

    def race(run_id: str) -> str | None:
        together.wait()
        return take(s3, bucket, run_id)

    with ThreadPoolExecutor(len(runs)) as pool:
        outcomes = dict(zip(runs, pool.map(race, runs), strict=True))
    winners = [run_id for run_id, holder in outcomes.items() if holder is None]
    assert len(winners) == 1
    assert {holder for holder in outcomes.values() if holder} == set(winners)


def test_a_write_on_an_old_etag_changes_nothing(s3: Any, bucket: str) -> None:
    replace_json(s3, bucket, "x.json", {"n": 1}, None)
    old = read_json(s3, bucket, "x.json")
    assert old is not None
    replace_json(s3, bucket, "x.json", {"n": 2}, old.etag)
    for etag in (old.etag, None):
        with pytest.raises(ChangedMeanwhileError):
            replace_json(s3, bucket, "x.json", {"n": 3}, etag)
    s3.delete_object(Bucket=bucket, Key="x.json")
    with pytest.raises(ChangedMeanwhileError):
        replace_json(s3, bucket, "x.json", {"n": 3}, old.etag)
    assert read_json(s3, bucket, "x.json") is None
