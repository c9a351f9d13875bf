import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from coffee_shop.lake.ledger import (
    LedgerError,
    after_load,
    check_plan_is_fresh,
    empty_ledger,
    expected_outlets,
    has_published,
    newest_load,
    newly_not_loaded,
    open_files,
    outlets_on,
)
from coffee_shop.lake.loads import absent_datasets, changed_dates, touched_dates

AT = datetime(2019, 5, 1, 6, 10, tzinfo=UTC)
APRIL = "sales-reciept/april.csv"
FIX = "sales-reciept/fix.csv"
CLAIM = {"receipts": 1, "rows": 2, "quantity": 5, "amount": "12.50", "digest": "d1"}


def plan(load_id: str = "load-1", revision: int = 0, **more: Any) -> Any:
    empty = {"read": {}, "withdraw": {}, "accept": {}, "withdrawn_versions": {}, "rebuild": {}}
    return {"load_id": load_id, "run_id": f"run of {load_id}", "ledger_revision": revision} | empty | more


def result(load_id: str = "load-1", **more: Any) -> Any:
    empty: Any = {"files": {}, "days": {}, "handovers": [], "touched": {}, "changed": {}}
    return {"load_id": load_id} | empty | more


def read(key: str, version_id: str) -> Any:
    return {"key": key, "version_id": version_id, "last_modified": "2019-05-01T06:00:00.000+00:00"} | {
        "etag": "e",
        "size": 9,
    }


def accepted(version_id: str, days: tuple[str, ...] = ("2019-04-01",)) -> Any:
    return {
        "version_id": version_id,
        "status": "published",
        "reason": None,
        "rows_read": 3,
        "rows_clean": 2,
        "rows_quarantined": 1,
        "quantity": 5,
        "amount": "12.50",
        "refunds": {"rows": 0, "amount": "0.00"},
        "nulled": {},
        "unreadable": {},
        "ignored_columns": [],
        "claims": {day: {"5": CLAIM} for day in days},
    }


def refused(version_id: str, reason: str = "line 1: the column Quantity is missing") -> Any:
    return {"version_id": version_id, "status": "refused", "reason": reason}


def holder(key: str, version_id: str) -> Any:
    return {"5": CLAIM | {"keys": {key: CLAIM | {"version_id": version_id}}}}


@pytest.fixture
def loaded() -> Any:
    """The ledger after April's file."""
    return after_load(
        empty_ledger(),
        plan(read={"sales_reciept": [read(APRIL, "v1")]}),
        result(
            files={"sales_reciept": {APRIL: accepted("v1")}},
            days={"sales_reciept": {"2019-04-01": holder(APRIL, "v1")}},
            touched={"sales_reciept": ["2019-04-01"]},
            changed={"sales_reciept": ["2019-04-01"]},
        ),
        AT,
    )


def test_the_first_load(loaded: Any) -> None:
    assert loaded == {
        "format": 2,
        "revision": 1,
        "files": {
            "sales_reciept": {
                APRIL: {
                    "last_seen": {
                        "version_id": "v1",
                        "last_modified": "2019-05-01T06:00:00.000+00:00",
                        "etag": "e",
                        "size": 9,
                        "status": "published",
                        "reason": None,
                        "load_id": "load-1",
                        "run_id": "run of load-1",
                        "at": "2019-05-01T06:10:00+00:00",
                    },
                    "holding": {
                        "version_id": "v1",
                        "last_modified": "2019-05-01T06:00:00.000+00:00",
                        "rows_read": 3,
                        "rows_clean": 2,
                        "rows_quarantined": 1,
                        "quantity": 5,
                        "amount": "12.50",
                        "unreadable": {},
                        "claims": {"2019-04-01": {"5": CLAIM}},
                    },
                    "withdrawn": None,
                }
            },
            "pastry_inventory": {},
            "sales_target": {},
        },
        "days": {
            "sales_reciept": {"2019-04-01": holder(APRIL, "v1")},
            "pastry_inventory": {},
            "sales_target": {},
        },
        "handovers": [],
        "loads": [
            {
                "load_id": "load-1",
                "run_id": "run of load-1",
                "published_at": "2019-05-01T06:10:00+00:00",
                "changed_dates": ["2019-04-01"],
                "files": 1,
                "refused": [],
                "held_back": [],
            }
        ],
    }


def test_a_load_leaves_the_ledger_that_it_was_given_alone(loaded: Any) -> None:
    before = copy.deepcopy(loaded)
    after_load(loaded, plan("load-2", 1), result("load-2", days={"sales_reciept": {"2019-04-01": {}}}), AT)
    assert loaded == before


def test_a_refused_version_is_seen_and_takes_nothing_away(loaded: Any) -> None:
    new = after_load(
        loaded,
        plan("load-2", 1, read={"sales_reciept": [read(APRIL, "v2")]}),
        result("load-2", files={"sales_reciept": {APRIL: refused("v2")}}),
        AT,
    )
    file = new["files"]["sales_reciept"][APRIL]
    assert file["holding"] == loaded["files"]["sales_reciept"][APRIL]["holding"]
    assert (file["last_seen"]["version_id"], file["last_seen"]["status"]) == ("v2", "refused")
    assert new["days"] == loaded["days"]
    assert new["loads"][-1]["refused"] == [APRIL]
    assert [(each["key"], each["reason"], each["load_id"]) for each in open_files(new)] == [
        (APRIL, "line 1: the column Quantity is missing", "load-2")
    ]


def test_a_version_between_two_loads_counts_when_the_newest_is_refused(loaded: Any) -> None:
    # v2 and v3 were both uploaded since the last load; v3 breaks the contract, v2 does not
    between = {name: value for name, value in accepted("v2").items() if name in ("version_id", "claims")}
    new = after_load(
        loaded,
        plan("load-2", 1, read={"sales_reciept": [read(APRIL, "v3")]}),
        result("load-2", files={"sales_reciept": {APRIL: refused("v3") | {"holding": between}}}),
        AT,
    )
    file = new["files"]["sales_reciept"][APRIL]
    assert (file["last_seen"]["version_id"], file["holding"]["version_id"]) == ("v3", "v2")


def test_the_gate_fails_only_in_the_load_that_met_a_refused_version_first(loaded: Any) -> None:
    first = result("load-2", files={"sales_reciept": {FIX: refused("f1")}})
    new = after_load(loaded, plan("load-2", 1, read={"sales_reciept": [read(FIX, "f1")]}), first, AT)
    assert newly_not_loaded(new, first, "refused") == [(FIX, "line 1: the column Quantity is missing")]
    assert newly_not_loaded(new, first, "held back") == []
    again = result("load-3", files={"sales_reciept": {FIX: refused("f1")}})
    newer = after_load(new, plan("load-3", 2, read={"sales_reciept": [read(FIX, "f1")]}), again, AT)
    assert newly_not_loaded(newer, again, "refused") == []
    assert newly_not_loaded(newer, first, "refused") == [(FIX, "line 1: the column Quantity is missing")]
    other = result("load-4", files={"sales_reciept": {FIX: refused("f2", "no rows")}})
    newest = after_load(newer, plan("load-4", 3, read={"sales_reciept": [read(FIX, "f2")]}), other, AT)
    assert newly_not_loaded(newest, other, "refused") == [(FIX, "no rows")]


def test_a_version_that_is_held_back_is_open_until_somebody_accepts_it(loaded: Any) -> None:
    cut = accepted("v2") | {"status": "held back", "reason": "outlet 5 on 2019-04-01 has more"}
    held = after_load(
        loaded,
        plan("load-2", 1, read={"sales_reciept": [read(APRIL, "v2")]}),
        result("load-2", files={"sales_reciept": {APRIL: cut}}),
        AT,
    )
    assert held["loads"][-1]["held_back"] == [APRIL]
    assert [(each["key"], each["status"]) for each in open_files(held)] == [(APRIL, "held back")]
    assert held["files"]["sales_reciept"][APRIL]["holding"]["version_id"] == "v1"

    taken = after_load(
        held,
        plan("load-3", 2, read={"sales_reciept": [read(APRIL, "v2")]}, accept={"sales_reciept": [APRIL]}),
        result("load-3", files={"sales_reciept": {APRIL: accepted("v2")}}),
        AT,
    )
    file = taken["files"]["sales_reciept"][APRIL]
    assert open_files(taken) == []
    assert (file["holding"]["version_id"], file["accepted"]["run_id"]) == ("v2", "run of load-3")


def test_a_key_withdrawn_holds_nothing(loaded: Any) -> None:
    new = after_load(
        loaded,
        plan("load-2", 1, withdraw={"sales_reciept": [APRIL]}),
        result("load-2", days={"sales_reciept": {"2019-04-01": {}}}, changed={"sales_reciept": ["2019-04-01"]}),
        AT,
    )
    file = new["files"]["sales_reciept"][APRIL]
    assert file["holding"] is None
    assert file["withdrawn"] == {
        "run_id": "run of load-2",
        "at": "2019-05-01T06:10:00+00:00",
        "days": ["2019-04-01"],
    }
    assert file["last_seen"]["version_id"] == "v1"
    assert new["days"]["sales_reciept"] == {}
    assert open_files(new) == []


def test_a_key_withdrawn_before_it_was_read_is_seen(loaded: Any) -> None:
    unread = {"sales_reciept": [read(FIX, "f1")]}
    new = after_load(
        loaded, plan("load-2", 1, withdraw={"sales_reciept": [FIX]}, withdrawn_versions=unread), result("load-2"), AT
    )
    file = new["files"]["sales_reciept"][FIX]
    assert (file["last_seen"]["version_id"], file["last_seen"]["reason"]) == ("f1", "withdrawn before it was read")
    assert file["withdrawn"]["days"] == []
    assert open_files(new) == []


def test_uploading_a_withdrawn_key_again_makes_it_count(loaded: Any) -> None:
    without = after_load(loaded, plan("load-2", 1, withdraw={"sales_reciept": [APRIL]}), result("load-2"), AT)
    back = after_load(
        without,
        plan("load-3", 2, read={"sales_reciept": [read(APRIL, "v2")]}),
        result("load-3", files={"sales_reciept": {APRIL: accepted("v2")}}),
        AT,
    )
    assert back["files"]["sales_reciept"][APRIL]["withdrawn"] is None
    assert back["files"]["sales_reciept"][APRIL]["holding"]["version_id"] == "v2"


def test_handovers_are_kept_with_their_load(loaded: Any) -> None:
    handover = {"dataset": "sales_reciept", "day": "2019-04-01", "outlet": "5", "from_key": APRIL, "to_key": FIX}
    new = after_load(loaded, plan("load-2", 1), result("load-2", handovers=[handover]), AT)
    assert new["handovers"] == [
        handover | {"load_id": "load-2", "run_id": "run of load-2", "at": "2019-05-01T06:10:00+00:00"}
    ]


def test_only_the_newest_loads_are_kept() -> None:
    ledger = empty_ledger()
    for number in range(502):
        ledger = after_load(ledger, plan(f"load-{number}", number), result(f"load-{number}"), AT)
    assert ledger["revision"] == 502
    assert [ledger["loads"][0]["load_id"], newest_load(ledger)] == ["load-2", "load-501"]


def test_a_plan_older_than_the_ledger_is_refused(loaded: Any) -> None:
    check_plan_is_fresh(loaded, plan("load-2", 1))
    with pytest.raises(LedgerError, match=r"load-0.*plan_load"):
        check_plan_is_fresh(loaded, plan("load-0", 0))


def test_what_reports_ask(loaded: Any) -> None:
    loaded["days"]["sales_reciept"]["2019-04-03"] = {"7": {}, "8": {}}
    assert outlets_on(loaded, date(2019, 4, 1)) == {"5"}
    assert outlets_on(loaded, date(2019, 4, 2)) == set()
    assert expected_outlets(loaded, date(2019, 4, 4), days_before=28) == {"5", "7", "8"}
    # the day itself does not count, and 2 days before are the 1st and the 2nd
    assert expected_outlets(loaded, date(2019, 4, 3), days_before=2) == {"5"}
    assert newest_load(loaded) == "load-1"
    assert newest_load(empty_ledger()) is None
    assert has_published(loaded, "run of load-1")
    assert not has_published(loaded, "run of load-2")


def test_a_dataset_without_a_row_is_absent(loaded: Any) -> None:
    # targets have a table from the first load on, if an empty one
    assert absent_datasets(loaded, result()) == ["pastry_inventory"]
    assert absent_datasets(loaded, result(days={"pastry_inventory": {"2019-04-01": {"5": {}}}})) == []
    gone = result(days={"sales_reciept": {"2019-04-01": {}}})
    assert absent_datasets(loaded, gone) == ["sales_reciept", "pastry_inventory"]


def test_changed_and_touched_dates_are_those_of_both_daily_datasets() -> None:
    found = result(
        touched={"sales_reciept": ["2019-04-02", "2019-04-01"], "pastry_inventory": ["2019-04-03"]},
        changed={"sales_reciept": ["2019-04-02"], "pastry_inventory": ["2019-04-02"], "sales_target": ["2019-05"]},
    )
    assert touched_dates(found) == ["2019-04-01", "2019-04-02", "2019-04-03"]
    assert changed_dates(found) == ["2019-04-02"]


def test_what_a_load_used_is_kept_when_it_is_known():
    used: Any = {"job_dpu_seconds": {"partition_data": 180.0}, "crawl_seconds": {}, "queries": 9, "bytes_scanned": 7}
    used |= {"price": "0.0221"}
    known = after_load(empty_ledger(), plan(), result(), AT, used)
    assert known["loads"][0]["usage"] == used
    assert "usage" not in after_load(empty_ledger(), plan(), result(), AT)["loads"][0]
