"""A hand-over in words, as the job that decides it and the load that publishes it log it."""

from coffee_shop.lake.documents import Handover


def handover_words(handover: Handover) -> str:
    """Return in words which file holds what of a day of an outlet now, and which held it, with the figures of both."""
    place = f"{handover['dataset']} of outlet {handover['outlet']} on {handover['day']}"
    giver, taker = handover["from_key"], handover["to_key"]
    before = _figures(handover["receipts_before"], handover["rows_before"], handover["amount_before"])
    after = _figures(handover["receipts_after"], handover["rows_after"], handover["amount_after"])
    if giver and taker and giver != taker:
        return f"{place}: from {giver} ({before}) to {taker} ({after})"
    return f"{place}: {giver or taker}: {before} before, {after} now"


def _figures(receipts: int, rows: int, amount: str) -> str:
    if not rows:
        return "nothing"
    number, unit = (receipts, "receipt") if receipts else (rows, "row")  # a ledger of format 1 does not know receipts
    return f"{number:,} {unit if number == 1 else unit + 's'}, {amount}"
