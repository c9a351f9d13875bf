from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

import pytest
from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.load.new_files import (
    ALL,
    Request,
    RequestError,
    Version,
    dataset_of,
    has_work,
    key_pattern,
    make_plan,
    missing_datasets,
    new_versions,
    newest_upload,
    places,
    request_from_params,
    unknown_datasets,
    why_not_read,
)
from coffee_shop.settings import Settings

APRIL = "sales-reciept/april.csv"
FIX = "sales-reciept/corrections/fix.csv"
STOCK = "pastry-inventory/april.csv"
GOALS = "sales-target/2019.csv"


def version(key: str, version_id: str, at: str = "2019-05-01T06:00:00.000+00:00") -> Version:
    return Version(key, version_id, at, f"etag-{version_id}", 100)


def seen(version_id: str, *, at: str = "2019-05-01T06:00:00.000+00:00", days: tuple[str, ...] = (), **more: Any) -> Any:
    """A file of the ledger that delivered ``days``."""
    last_seen = {
        "version_id": version_id,
        "last_modified": at,
        "etag": f"etag-{version_id}",
        "size": 100,
        "status": "published",
    }
    holding = {
        "version_id": version_id,
        "claims": {
            day: {"5": {"receipts": 1, "rows": 1, "quantity": 1, "amount": "2.50", "digest": "d"}} for day in days
        },
    }
    return {"last_seen": last_seen, "holding": holding, "withdrawn": None} | more


def refused(version_id: str, holding: Any = None) -> Any:
    file = seen(version_id)
    file["last_seen"]["status"] = "refused"
    return file | {"holding": holding}


@pytest.fixture
def ledger() -> Any:
    found = empty_ledger()
    found["revision"] = 7
    found["files"]["sales_reciept"] = {APRIL: seen("v1", days=("2019-04-01", "2019-04-02"))}
    found["files"]["sales_target"] = {GOALS: seen("g1", days=("2019-04", "2019-05"))}
    found["days"]["sales_reciept"] = {"2019-04-01": {"5": {}}, "2019-04-02": {"5": {}}}
    found["days"]["sales_target"] = {"2019-04": {"5": {}}, "2019-05": {"5": {}}}
    return found


def plan(ledger: Any, listing: Any, request: Request | None = None) -> Any:
    return make_plan(
        load_id="20190501T060500Z-abc",
        run_id="manual__1",
        made_at=datetime(2019, 5, 1, 6, 5, tzinfo=UTC),
        ledger=ledger,
        listing=listing,
        request=request or Request(),
        settings=Settings(),
    )


def keys(versions: Any) -> list[tuple[str, str]]:
    return [(found["key"], found["version_id"]) for found in versions]


def test_to_an_empty_ledger_everything_is_new() -> None:
    found = new_versions(empty_ledger(), {"sales_reciept": [version(APRIL, "v1")], "sales_target": []})
    assert found == {"sales_reciept": [version(APRIL, "v1")], "pastry_inventory": [], "sales_target": []}


def test_a_version_seen_before_is_not_new_and_another_is(ledger: Any) -> None:
    assert not any(new_versions(ledger, {"sales_reciept": [version(APRIL, "v1")]}).values())
    assert new_versions(ledger, {"sales_reciept": [version(APRIL, "v2")]})["sales_reciept"] == [version(APRIL, "v2")]


def test_a_refused_version_is_not_tried_again(ledger: Any) -> None:
    ledger["files"]["sales_reciept"][APRIL] = refused("v2")
    assert not any(new_versions(ledger, {"sales_reciept": [version(APRIL, "v2")]}).values())


def test_an_old_version_that_became_current_by_a_deletion_is_not_new(ledger: Any) -> None:
    older = version(APRIL, "v0", at="2019-04-30T06:00:00.000+00:00")
    assert not any(new_versions(ledger, {"sales_reciept": [older]}).values())


def test_newest_upload() -> None:
    listing = {"sales_reciept": [version(APRIL, "v1"), version(FIX, "f1", at="2019-05-02T01:02:03.000+00:00")]}
    assert newest_upload(listing) == datetime(2019, 5, 2, 1, 2, 3, tzinfo=UTC)
    assert newest_upload({"sales_reciept": []}) is None


def test_a_dataset_is_missing_only_when_no_load_ever_saw_it(ledger: Any) -> None:
    assert unknown_datasets(ledger) == ["pastry_inventory"]
    assert missing_datasets(ledger, {"sales_reciept": []}) == ["pastry_inventory"]
    assert missing_datasets(ledger, {"pastry_inventory": [version(STOCK, "s1")]}) == []


@pytest.mark.parametrize("key", ["sales-reciept.csv", "sales/april.csv", ""])
def test_a_key_of_no_dataset_is_refused(key: str) -> None:
    with pytest.raises(RequestError, match="sales-reciept/"):
        dataset_of(key)


@pytest.mark.parametrize(
    "key",
    [
        APRIL,
        FIX,
        "sales-reciept/SALES0617.CSV",
        "sales-receipt/2019-06-17-outlet5.csv",
        "sales-reciept/year=2019/month=07/day=08/part-0000.csv",
        "sales-reciept/Laden Süd + Nord/2019-07-07 (1).csv",
        "pastry-inventory/archive.csv",
        "sales-target/my archive/2019.Csv",
    ],
)
def test_keys_that_are_read(key: str) -> None:
    assert why_not_read(key) is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("Sales-Reciept/2019-06-17-outlet8.csv", "it is under none of the prefixes sales-reciept/"),
        ("april.csv", "it is under none of the prefixes sales-reciept/"),
        ("sales-reciept/april.xlsx", "its name does not end in .csv"),
        ("sales-reciept/april.csv.gz", "its name does not end in .csv"),
        ("sales-reciept/csv", "its name does not end in .csv"),
        ("sales-reciept/._2019-06-30.csv", "its name, or that of a folder above it, begins with . or _"),
        ("sales-reciept/_temporary/0/part-0000.csv", "its name, or that of a folder above it, begins with . or _"),
        ("sales-reciept/.sync/april.csv", "its name, or that of a folder above it, begins with . or _"),
        ("sales-reciept/archive/april.csv", "it is in a folder archive/"),
        ("sales-reciept/2019/Archive/old/april.csv", "it is in a folder archive/"),
    ],
)
def test_keys_that_are_not_read_have_a_reason(key: str, reason: str) -> None:
    assert str(why_not_read(key)).startswith(reason)


def test_the_plan_lists_the_keys_that_are_not_read(ledger: Any) -> None:
    made = make_plan(
        load_id="load",
        run_id="manual__1",
        made_at=datetime(2019, 5, 1, 6, 5, tzinfo=UTC),
        ledger=ledger,
        listing={},
        request=Request(),
        settings=Settings(),
        not_read={"april.csv": "it is under none of the prefixes"},
    )
    assert made["not_read"] == {"april.csv": "it is under none of the prefixes"}


def test_the_corrected_spelling_of_a_prefix_is_of_the_same_dataset() -> None:
    assert dataset_of("sales-receipt/april.csv") == "sales_reciept"
    assert request_from_params({"withdraw": ["sales-receipt/april.csv"]}, "raw").withdraw == (
        "sales-receipt/april.csv",
    )


@pytest.mark.parametrize("key", [APRIL, "sales-receipt/a/b.Csv", "sales-reciept/SALES0617.CSV"])
def test_the_sensor_finds_a_file_in_either_spelling_and_in_any_case(key: str) -> None:
    assert fnmatch(key, key_pattern("sales_reciept"))
    assert not fnmatch(key, key_pattern("pastry_inventory"))


def test_the_places_where_files_are_looked_for_in_words() -> None:
    assert places("raw", "sales_reciept") == "s3://raw/sales-reciept/*.csv or s3://raw/sales-receipt/*.csv"
    assert places("raw", "sales_target") == "s3://raw/sales-target/*.csv"


def test_the_form() -> None:
    assert request_from_params({}, "raw") == Request()
    assert request_from_params({"withdraw": [], "reload_from": None, "reload_to": "", "reload_all": False}, "raw").empty
    assert request_from_params({"reload_all": True}, "raw") == Request((), ALL)
    assert request_from_params({"withdraw": [f" s3://raw/{APRIL} ", ""]}, "raw") == Request((APRIL,))
    assert request_from_params({"reload_from": "2019-04-01", "reload_to": "2019-04-02"}, "raw").reload == (
        "2019-04-01",
        "2019-04-02",
    )


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"reload_from": "2019-04-01"}, "both"),
        ({"reload_to": "2019-04-01"}, "both"),
        ({"reload_from": "2019-04-02", "reload_to": "2019-04-01"}, "after"),
        ({"withdraw": ["april.csv"]}, "april.csv"),
        ({"accept": ["april.csv"]}, "april.csv"),
        ({"accept": [APRIL], "withdraw": [APRIL]}, "withdrawn and accepted at once"),
    ],
)
def test_a_form_that_cannot_be_done_is_refused(params: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        request_from_params(params, "raw")


def test_the_plan_of_new_files(ledger: Any) -> None:
    listing = {"sales_reciept": [version(APRIL, "v2"), version(FIX, "f1")], "sales_target": [version(GOALS, "g1")]}
    assert plan(ledger, listing) == {
        "format": 2,
        "load_id": "20190501T060500Z-abc",
        "run_id": "manual__1",
        "made_at": "2019-05-01T06:05:00+00:00",
        "ledger_revision": 7,
        "read": {
            "sales_reciept": [
                {
                    "key": APRIL,
                    "version_id": "v2",
                    "last_modified": "2019-05-01T06:00:00.000+00:00",
                    "etag": "etag-v2",
                    "size": 100,
                },
                {
                    "key": FIX,
                    "version_id": "f1",
                    "last_modified": "2019-05-01T06:00:00.000+00:00",
                    "etag": "etag-f1",
                    "size": 100,
                },
            ],
            "pastry_inventory": [],
            "sales_target": [],
        },
        "withdraw": {},
        "accept": {},
        "withdrawn_versions": {},
        "rebuild": {},
        "not_read": {},
        "settings": {"max_quantity": 1000, "quarantine_share": 0.01, "kept_share": 0.9},
    }


def test_a_key_withdrawn_is_not_read_even_if_a_newer_version_lies_there(ledger: Any) -> None:
    listing = {"sales_reciept": [version(APRIL, "v2"), version(FIX, "f1")]}
    found = plan(ledger, listing, Request(withdraw=(APRIL,)))
    assert found["withdraw"] == {"sales_reciept": [APRIL]}
    assert keys(found["read"]["sales_reciept"]) == [(FIX, "f1")]
    assert keys(found["withdrawn_versions"]["sales_reciept"]) == [(APRIL, "v2")]


def test_an_unknown_key_cannot_be_withdrawn(ledger: Any) -> None:
    with pytest.raises(RequestError, match=r"sales-reciept/may\.csv.*Known keys.*april\.csv"):
        plan(ledger, {}, Request(withdraw=("sales-reciept/may.csv",)))


def test_reload_of_some_dates_reads_the_files_that_have_them(ledger: Any) -> None:
    ledger["files"]["sales_reciept"][FIX] = seen("f1", days=("2019-04-09",))
    found = plan(ledger, {"sales_reciept": [version(APRIL, "v1")]}, Request(reload=("2019-04-02", "2019-04-03")))
    assert keys(found["read"]["sales_reciept"]) == [(APRIL, "v1")]
    # a month has a day in the span
    assert keys(found["read"]["sales_target"]) == [(GOALS, "g1")]
    assert found["rebuild"] == {"sales_reciept": ["2019-04-02"], "pastry_inventory": [], "sales_target": ["2019-04"]}


def test_reload_of_all_reads_the_last_seen_version_of_every_file_that_counts(ledger: Any) -> None:
    ledger["files"]["sales_reciept"][FIX] = refused("f1")
    ledger["files"]["pastry_inventory"][STOCK] = seen("s1", withdrawn={"run_id": "r", "at": "then"}, holding=None)
    found = plan(ledger, {}, Request(reload=ALL))
    assert keys(found["read"]["sales_reciept"]) == [(APRIL, "v1"), (FIX, "f1")]
    assert found["read"]["pastry_inventory"] == []
    assert found["rebuild"]["sales_target"] == ["2019-04", "2019-05"]


def test_reload_prefers_a_newer_version(ledger: Any) -> None:
    found = plan(ledger, {"sales_reciept": [version(APRIL, "v2")]}, Request(reload=ALL))
    assert keys(found["read"]["sales_reciept"]) == [(APRIL, "v2")]


def test_nothing_new_is_no_work_unless_a_broken_load_left_days(ledger: Any) -> None:
    found = plan(ledger, {"sales_reciept": [version(APRIL, "v1")]})
    nothing: Any = {"load_id": None, "days": {}}
    assert not has_work(found, nothing)
    assert not has_work(found, {"load_id": "x", "days": {"sales_reciept": [], "sales_target": []}})
    assert has_work(found, {"load_id": "x", "days": {"sales_reciept": ["2019-04-01"], "sales_target": []}})
    assert has_work(found, {"load_id": "x", "days": {"sales_target": ["2019-04"]}})
    assert has_work(plan(ledger, {}, Request(withdraw=(APRIL,))), nothing)
    assert has_work(plan(ledger, {}, Request(reload=ALL)), nothing)


def held_back(version_id: str) -> Any:
    file = seen(version_id)
    file["last_seen"]["status"] = "held back"
    file["last_seen"] |= {"reason": "cut off", "load_id": "load-7", "run_id": "run-7", "at": "2019-05-01"}
    return file


def test_a_key_that_is_held_back_can_be_accepted(ledger: Any) -> None:
    ledger["files"]["sales_reciept"][APRIL] = held_back("v2")
    listing = {"sales_reciept": [version(APRIL, "v2")]}

    accepting = plan(ledger, listing, Request(accept=(APRIL,)))

    assert keys(accepting["read"]["sales_reciept"]) == [(APRIL, "v2")]
    assert accepting["accept"] == {"sales_reciept": [APRIL]}


def test_a_later_upload_of_an_accepted_key_is_judged_by_itself(ledger: Any) -> None:
    ledger["files"]["sales_reciept"][APRIL] = held_back("v2")

    accepting = plan(ledger, {"sales_reciept": [version(APRIL, "v3")]}, Request(accept=(APRIL,)))

    assert keys(accepting["read"]["sales_reciept"]) == [(APRIL, "v3")]
    assert accepting["accept"] == {}


def test_only_what_is_held_back_can_be_accepted(ledger: Any) -> None:
    with pytest.raises(RequestError, match=r"Cannot accept .*april.csv'.* held back: none"):
        plan(ledger, {}, Request(accept=(APRIL,)))


def test_a_lake_of_an_earlier_version_is_loaded_again_as_a_whole(ledger: Any) -> None:
    ledger["format"] = 1

    upgrade = plan(ledger, {"sales_reciept": [version(APRIL, "v1")]})

    assert keys(upgrade["read"]["sales_reciept"]) == [(APRIL, "v1")]
    assert upgrade["rebuild"]["sales_reciept"] == ["2019-04-01", "2019-04-02"]


def test_an_upgrade_withdraws_what_is_not_read_any_more(ledger: Any) -> None:
    """One file alone counted for a day then, so that a copy of it did no harm; now it would add up."""
    copies = ["sales-reciept/archive/april.csv", "sales-reciept/_old/april.csv"]
    for key in copies:
        ledger["files"]["sales_reciept"][key] = seen("v1", days=("2019-04-01",))

    assert plan(ledger | {"format": 1}, {})["withdraw"] == {"sales_reciept": sorted(copies)}
    assert plan(ledger, {})["withdraw"] == {}
