"""Publishing and listing, on the local AWS's S3."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from coffee_shop.lake.ledger import LEDGER_KEY, LedgerError, empty_ledger, publish, read_ledger
from coffee_shop.lake.loads import PENDING_KEY
from coffee_shop.lake.state import read_json, write_json
from coffee_shop.load.new_files import RequestError, list_bucket, list_current, new_versions

AT = datetime(2019, 5, 1, 6, 10, tzinfo=UTC)


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"publish-{abs(hash(request.node.name)):x}"
    s3.create_bucket(Bucket=name)
    return name


def load(load_id: str, revision: int = 0) -> tuple[Any, Any]:
    plan = {"load_id": load_id, "run_id": f"run of {load_id}", "ledger_revision": revision, "read": {}, "withdraw": {}}
    result = {"load_id": load_id, "files": {}, "handovers": [], "touched": {}, "changed": {}}
    return plan, result | {"days": {"sales_reciept": {"2019-04-01": {"5": {"key": load_id}}}}}


def test_without_a_ledger_it_is_empty(s3: Any, bucket: str) -> None:
    stored = read_ledger(s3, bucket)
    assert (stored.value, stored.etag) == (empty_ledger(), None)


def test_loads_follow_each_other(s3: Any, bucket: str) -> None:
    publish(s3, bucket, *load("one"), AT)
    publish(s3, bucket, *load("two", 1), AT)
    ledger = read_ledger(s3, bucket).value
    assert [each["load_id"] for each in ledger["loads"]] == ["one", "two"]
    assert ledger["days"]["sales_reciept"] == {"2019-04-01": {"5": {"key": "two"}}}


def test_publishing_twice_is_publishing_once(s3: Any, bucket: str) -> None:
    publish(s3, bucket, *load("one"), AT)
    before = read_ledger(s3, bucket)
    assert publish(s3, bucket, *load("one"), AT) == before.value
    assert read_ledger(s3, bucket) == before


def test_a_stale_load_publishes_nothing(s3: Any, bucket: str) -> None:
    publish(s3, bucket, *load("one"), AT)
    before = read_ledger(s3, bucket)
    with pytest.raises(LedgerError, match="plan_load"):
        publish(s3, bucket, *load("late", 0), AT)
    assert read_ledger(s3, bucket) == before


def test_of_loads_that_publish_at_once_exactly_one_does(s3: Any, bucket: str) -> None:
    together = Barrier(6)

    def race(number: int) -> bool:
        together.wait()
        try:
            publish(s3, bucket, *load(f"load-{number}"), AT)
        except LedgerError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(race, range(6)))
    ledger = read_ledger(s3, bucket).value
    assert won.count(True) == 1
    assert [each["load_id"] for each in ledger["loads"]] == [f"load-{won.index(True)}"]
    assert ledger["revision"] == 1


def test_a_write_whose_answer_got_lost_counts(s3: Any, bucket: str) -> None:
    class RepeatsItself:
        """A client that loses the first answer and sends the write again, as botocore does."""

        exceptions = s3.exceptions

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

        def put_object(self, **arguments: Any) -> Any:
            s3.put_object(**arguments)
            return s3.put_object(**arguments)

    ledger = publish(RepeatsItself(), bucket, *load("one"), AT)  # type: ignore[arg-type]
    assert [each["load_id"] for each in ledger["loads"]] == ["one"]
    assert read_ledger(s3, bucket).value == ledger


def test_publishing_forgets_its_own_pending_days_and_no_others(s3: Any, bucket: str) -> None:
    write_json(s3, bucket, PENDING_KEY, {"load_id": "one", "sales_reciept": ["2019-04-01"]})
    publish(s3, bucket, *load("one"), AT)
    assert read_json(s3, bucket, PENDING_KEY) is None
    # an old run's publish is cleared while a newer load is under way
    write_json(s3, bucket, PENDING_KEY, {"load_id": "two", "sales_reciept": ["2019-04-09"]})
    publish(s3, bucket, *load("one"), AT)
    assert read_json(s3, bucket, PENDING_KEY) is not None


def test_a_ledger_of_a_newer_program_is_refused(s3: Any, bucket: str) -> None:
    write_json(s3, bucket, LEDGER_KEY, empty_ledger() | {"format": 3})
    with pytest.raises(LedgerError, match="format 3"):
        read_ledger(s3, bucket)


@pytest.fixture
def raw(s3: Any, bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def put(s3: Any, raw: str, key: str, body: bytes = b"x") -> str:
    return str(s3.put_object(Bucket=raw, Key=key, Body=body)["VersionId"])


def test_current_versions_by_dataset(s3: Any, raw: str) -> None:
    put(s3, raw, "sales-reciept/april.csv", b"first")
    newest = put(s3, raw, "sales-reciept/april.csv", b"second!")
    fix = put(s3, raw, "sales-reciept/corrections/shop 5/café.csv")
    goals = put(s3, raw, "sales-target/2019.csv")
    put(s3, raw, "sales-reciept/")
    put(s3, raw, "sales-reciept/notes.txt")
    put(s3, raw, "elsewhere/april.csv")
    put(s3, raw, "Sales-Reciept/april.csv")
    corrected = put(s3, raw, "sales-receipt/MAY.CSV")
    put(s3, raw, "sales-reciept/._april.csv")
    put(s3, raw, "pastry-inventory/gone.csv")
    s3.delete_object(Bucket=raw, Key="pastry-inventory/gone.csv")
    found = list_current(s3, raw)
    assert {dataset: [(each.key, each.version_id) for each in some] for dataset, some in found.items()} == {
        "sales_reciept": [
            ("sales-receipt/MAY.CSV", corrected),
            ("sales-reciept/april.csv", newest),
            ("sales-reciept/corrections/shop 5/café.csv", fix),
        ],
        "pastry_inventory": [],
        "sales_target": [("sales-target/2019.csv", goals)],
    }
    assert found["sales_reciept"][1].size == 7
    assert list(list_bucket(s3, raw).not_read) == [
        "Sales-Reciept/april.csv",
        "elsewhere/april.csv",
        "sales-reciept/._april.csv",
        "sales-reciept/notes.txt",
    ]
    assert datetime.fromisoformat(found["sales_reciept"][0].last_modified).tzinfo is not None


def test_deleting_a_raw_object_changes_nothing(s3: Any, raw: str) -> None:
    version_id = put(s3, raw, "sales-reciept/april.csv")
    ledger = empty_ledger()
    seen = list_current(s3, raw)["sales_reciept"][0]
    ledger["files"]["sales_reciept"][seen.key] = {"last_seen": vars(seen) | {"status": "published"}}
    s3.delete_object(Bucket=raw, Key=seen.key)
    assert not any(new_versions(ledger, list_current(s3, raw)).values())
    s3.delete_object(Bucket=raw, Key=seen.key, VersionId=version_id)
    assert not any(new_versions(ledger, list_current(s3, raw)).values())


def test_a_bucket_without_versions_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="sales-reciept/april.csv", Body=b"x")
    with pytest.raises(RequestError, match="versioning"):
        list_current(s3, bucket)
