"""A ledger of format 1 in the shape of now.

That format knew no receipts: one key held a day of an outlet whole, and a claim was a list of rows, quantity,
amount and digest. The ledger keeps its number until the next load has built every day again from the raw files.
"""

import copy
from typing import cast

from coffee_shop.lake.documents import DayOfOutlet, Ledger, Share, Totals
from coffee_shop.lake.state import Json

NO_DIGEST = "0" * 32


def upgraded(old: Json) -> Ledger:
    """Return a ledger of format 1 with the fields of now; numbers of receipts, which it does not know, are 0."""
    ledger: Json = copy.deepcopy(old)
    for files in ledger["files"].values():
        for file in files.values():
            if file.get("holding"):
                file["holding"]["claims"] = _claims(file["holding"]["claims"])
                file["holding"].setdefault("unreadable", {})
    for dataset, days in ledger["days"].items():
        for day, outlets in days.items():
            for outlet, entry in outlets.items():
                claims = (ledger["files"][dataset].get(entry["key"], {}).get("holding") or {}).get("claims", {})
                claim = claims.get(day, {}).get(outlet, {"digest": NO_DIGEST})
                outlets[outlet] = _day_of_outlet(entry, claim["digest"])
    return cast("Ledger", ledger)


def _claims(claims: dict[str, dict[str, list[int | str]]]) -> Json:
    names = ("rows", "quantity", "amount", "digest")
    return {
        day: {
            outlet: {"receipts": 0} | dict(zip(names, claim, strict=True)) | {"digest": claim[-1] or NO_DIGEST}
            for outlet, claim in outlets.items()
        }
        for day, outlets in claims.items()
    }


def _day_of_outlet(entry: Json, digest: str) -> DayOfOutlet:
    totals: Totals = {
        "receipts": 0,
        "rows": entry["rows"],
        "quantity": entry["quantity"],
        "amount": entry["amount"],
        "digest": digest,
    }
    share: Share = {**totals, "version_id": entry["version_id"]}
    return {**totals, "keys": {entry["key"]: share}}
