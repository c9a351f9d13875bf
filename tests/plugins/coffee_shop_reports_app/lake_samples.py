"""Two loads written out, and the ledger after each, made by the code that the DAGs make it with.

The first publishes April's file; the second a correction, and meets a refused file, one that is held back because it would
leave a day with much less, and a key that no load reads.
"""

from datetime import UTC, datetime
from typing import Any

from coffee_shop.lake.ledger import after_load, empty_ledger

APRIL, REGISTER = "sales-reciept/april.csv", "sales-reciept/register-2.csv"
FIX, SPREADSHEET = "sales-reciept/corrections/fix.csv", "sales-reciept/<b>saved again</b>.csv"
NOT_READ = "Sales-Reciept/april.csv"
REFUSED = (
    '100 of 100 rows are in quarantine, more than 1 % and more than 3 rows. line 2: TransactionDate "6/18/2019" is no '
    'ISO date; line 3: TransactionTime "7:06:11" is no time HH:MM:SS'
)
HELD_BACK = (
    "2019-04-02 of outlet 3 would go from 85 receipts, 400.00 to 12 receipts, 51.20. An upload that leaves a day with less "
    "than 90 % of its receipts or amount is held back: upload a complete file, or accept this one in the load's form"
)

Json = dict[str, Any]


def totals(receipts: int, amount: str, digest: str = "d") -> Json:
    return {"receipts": receipts, "rows": 2 * receipts, "quantity": receipts, "amount": amount, "digest": digest}


def day(**keys: Json) -> Json:
    """What is published of a day of an outlet: of one key or two."""
    shares = list(keys.values())
    whole = totals(sum(each["receipts"] for each in shares), shares[0]["amount"])
    return whole | {"keys": keys}


def share(receipts: int, amount: str, version_id: str) -> Json:
    return totals(receipts, amount) | {"version_id": version_id}


def uploaded(key: str, version_id: str, at: str) -> Json:
    return {"key": key, "version_id": version_id, "last_modified": at, "etag": "e", "size": 900}


def read(version_id: str, status: str = "published", reason: str | None = None, **more: Any) -> Json:
    rows = {"rows_read": 173, "rows_clean": 170, "rows_quarantined": 3, "quantity": 170, "amount": "752.64"}
    return {"version_id": version_id, "status": status, "reason": reason, "unreadable": {}, "claims": {}} | rows | more


def claims(*days: str) -> Json:
    """What a file delivers, of outlet 3."""
    return {day: {"3": totals(10, "40.00")} for day in days}


def plan(load_id: str, **more: Any) -> Json:
    empty = {"read": {}, "withdraw": {}, "accept": {}, "withdrawn_versions": {}, "rebuild": {}, "not_read": {}}
    settings = {"max_quantity": 1000, "quarantine_share": 0.01, "kept_share": 0.9}
    return {
        "format": 2,
        "load_id": load_id,
        "run_id": f"upload-of {load_id}",
        "made_at": "2019-05-01T06:00:00+00:00",
        "ledger_revision": 0,
        "settings": settings,
        **empty,
        **more,
    }


def result(load_id: str, **more: Any) -> Json:
    return {
        "format": 2,
        "load_id": load_id,
        "files": {},
        "days": {},
        "handovers": [],
        "touched": {},
        "changed": {},
    } | more


FIRST_PLAN = plan(
    "load-1",
    read={"sales_reciept": [uploaded(key, "v1", "2019-05-01T05:00:00+00:00") for key in (APRIL, REGISTER)]},
)
FIRST_DAYS = {
    "2019-04-01": {"3": day(**{APRIL: share(80, "380.00", "v1")})},
    "2019-04-02": {"3": day(**{APRIL: share(85, "400.00", "v1"), REGISTER: share(10, "40.00", "v1")})},
    "2019-04-04": {"3": day(**{APRIL: share(70, "300.50", "v1")})},
}
FIRST_RESULT = result(
    "load-1",
    files={
        "sales_reciept": {
            APRIL: read("v1", unreadable={"loyaltycardnumber": 24}, claims=claims(*FIRST_DAYS)),
            REGISTER: read("v1", claims=claims("2019-04-02")),
        }
    },
    days={"sales_reciept": FIRST_DAYS},
    changed={"sales_reciept": list(FIRST_DAYS)},
)
FIRST_LEDGER = after_load(empty_ledger(), FIRST_PLAN, FIRST_RESULT, datetime(2019, 5, 1, 6, 10, tzinfo=UTC))

HANDOVER = {
    "load_id": "load-2",
    "at": "2019-05-02T06:00:00+00:00",
    "dataset": "sales_reciept",
    "day": "2019-04-04",
    "outlet": "3",
    "from_key": APRIL,
    "to_key": FIX,
    "receipts_before": 70,
    "receipts_after": 71,
    "rows_before": 140,
    "rows_after": 142,
    "amount_before": "300.50",
    "amount_after": "1304.00",
}
SECOND_PLAN = plan(
    "load-2",
    ledger_revision=1,
    made_at="2019-05-02T06:00:00+00:00",
    read={
        "sales_reciept": [
            uploaded(key, version, "2019-05-02T05:00:00+00:00")
            for key, version in ((APRIL, "v2"), (FIX, "v1"), (SPREADSHEET, "v1"))
        ]
    },
    not_read={NOT_READ: "it is under none of the prefixes sales-reciept/, which are told apart by case"},
)
SECOND_RESULT = result(
    "load-2",
    files={
        "sales_reciept": {
            APRIL: read("v2", "held back", HELD_BACK, rows_read=12, rows_clean=12, rows_quarantined=0),
            FIX: read("v1", claims=claims("2019-04-04")),
            SPREADSHEET: read("v1", "refused", REFUSED),
        }
    },
    days={"sales_reciept": {"2019-04-04": {"3": day(**{FIX: share(71, "1304.00", "v1")})}}},
    changed={"sales_reciept": ["2019-04-04"]},
    handovers=[HANDOVER],
)
USAGE: Any = {
    "job_dpu_seconds": {"partition_data": 130.0, "conform_tables": 60.0, "conform_relations": 1010.4},
    "crawl_seconds": {"crawl_raw": 61.2},
    "queries": 9,
    "bytes_scanned": 5_242_880,
    "price": "0.2940",
}
LEDGER = after_load(FIRST_LEDGER, SECOND_PLAN, SECOND_RESULT, datetime(2019, 5, 2, 6, 10, tzinfo=UTC), USAGE)

STATE = {
    "ledger.json": LEDGER,
    "loads/load-1/plan.json": FIRST_PLAN,
    "loads/load-1/result.json": FIRST_RESULT,
    "loads/load-2/plan.json": SECOND_PLAN,
    "loads/load-2/result.json": SECOND_RESULT,
}
