"""The documents of loads in the state bucket, as the pages need them: ledger, plan and result.

The DAGs write them (dags/coffee_shop/lake/documents.py); on MWAA the API server does not have their code.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from coffee_shop_reports_app.bucket import Bucket, Json

FORMAT = 2
REFUSED, HELD_BACK = "refused", "held back"
SALES = "sales_reciept"
LOAD_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


class DocumentError(ValueError):
    """A document is not there or has another format; the message says what to do."""


def read_ledger(state: Bucket) -> Json | None:
    """Return the ledger, None before the first load.

    Raises:
        DocumentError: another version of the project wrote it.
    """
    return _known(
        state.kept_document("ledger.json"), "ledger.json", "The next load of coffee_shop_load writes it anew."
    )


def read_load(state: Bucket, load_id: str) -> tuple[Json, Json | None]:
    """Return the plan of a load, and its result once the job partition_data has ended.

    Raises:
        DocumentError: there is no such load, or another version of the project made it.
    """
    folder = f"loads/{load_id}"
    old = "It was made by another version of the project; its run in Airflow has the logs."
    plan = _known(state.document(f"{folder}/plan.json"), f"{folder}/plan.json", old) if _is_id(load_id) else None
    if plan is None:
        raise DocumentError(
            f"There is no load {load_id}. A load that found nothing new keeps no plan; the list of loads has those "
            "that were published."
        )
    return plan, _known(state.document(f"{folder}/result.json"), f"{folder}/result.json", old)


def _is_id(load_id: str) -> bool:
    return bool(LOAD_ID.fullmatch(load_id))


def _known(document: Json | None, name: str, what_to_do: str) -> Json | None:
    # plans and results of before had no format, and the same fields as now where their ledger was of this format
    if document is not None and document.get("format", FORMAT) != FORMAT:
        raise DocumentError(
            f"{name} has format {document.get('format')!r}; this page knows format {FORMAT}. {what_to_do}"
        )
    return document


def files_of(ledger: Json) -> list[Json]:
    """Return every file that a load has seen, the last seen first.

    ``open`` is true when its last upload was refused or held back and nobody has withdrawn it.
    """
    files = [
        {**file, "dataset": dataset, "key": key, "open": is_open(file)}
        for dataset, files in ledger["files"].items()
        for key, file in files.items()
    ]
    return sorted(files, key=lambda file: (file["last_seen"].get("at", ""), file["key"]), reverse=True)


def is_open(file: Json) -> bool:
    """Tell whether the last upload of a file waits for somebody's decision or for a newer one."""
    return file["last_seen"].get("status") in (REFUSED, HELD_BACK) and not file["withdrawn"]


def file_of(ledger: Json | None, key: str) -> Json | None:
    """Return what the ledger knows of a key, None when no load has seen it."""
    return next((file for file in files_of(ledger or {"files": {}}) if file["key"] == key), None)


def files_of_load(ledger: Json | None, result: Json) -> list[Json]:
    """Return the files that a load read, each with its dataset, key and what the ledger knows of it now.

    ``newest`` is true as long as no load has seen a later version of the key: only then can it be accepted.
    """
    files = []
    for dataset, read in result["files"].items():
        for key, file in sorted(read.items()):
            now = (ledger or {"files": {}})["files"].get(dataset, {}).get(key)
            newest = bool(now) and now["last_seen"].get("version_id") == file["version_id"]
            files.append({**file, "dataset": dataset, "key": key, "now": now, "newest": newest})
    return sorted(files, key=lambda file: file["status"] not in (REFUSED, HELD_BACK))


def held_by(ledger: Json, dataset: str, key: str) -> Json:
    """Return what the tables have of a file, and what is left of that without it.

    ``days`` are months for targets. ``others`` are the files that deliver something of the same days and outlets,
    ``emptied`` the days of which no other file delivers what an outlet sold.
    """
    shares = {
        (day, outlet): entry["keys"][key]
        for day, outlets in ledger["days"][dataset].items()
        for outlet, entry in outlets.items()
        if key in entry["keys"]
    }
    claimed = {
        other: {(day, outlet) for day, outlets in file["holding"]["claims"].items() for outlet in outlets} & set(shares)
        for other, file in ledger["files"][dataset].items()
        if other != key and file["holding"] and not file["withdrawn"]
    }
    return {
        "days": spans({day for day, _ in shares}),
        "receipts": sum(share["receipts"] for share in shares.values()),
        "amount": str(sum(Decimal(share["amount"]) for share in shares.values())),
        "others": sorted(other for other, places in claimed.items() if places),
        "emptied": spans({day for day, _ in set(shares).difference(*claimed.values())}),
    }


def spans(days: Iterable[str]) -> list[str]:
    """Return days in words, those that follow each other together; months of targets as they are."""
    texts: list[str] = []
    first = last = None
    for text in sorted(days):
        if len(text) != len("2019-04-24"):
            texts.append(text)
            continue
        day = date.fromisoformat(text)
        if last and day == last + timedelta(days=1):
            texts[-1] = f"{first} to {day}"
        else:
            first = day
            texts.append(text)
        last = day
    return texts


def load_in(ledger: Json | None, load_id: str) -> Any:
    """Return what the ledger says of a load, None when it was not published."""
    return next((load for load in (ledger or {"loads": []})["loads"] if load["load_id"] == load_id), None)
