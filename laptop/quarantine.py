"""Rows that broke the contract of the raw files: list those that are not mended yet, and write files to mend."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coffee_shop.lake.documents import Ledger
from coffee_shop.lake.ledger import read_ledger
from coffee_shop_jobs.columns import CONTRACTS, SALES
from coffee_shop_jobs.mending import whole_receipts
from coffee_shop_jobs.ownership import is_correction
from jinja2 import Environment, StrictUndefined
from rich.console import Console

from laptop.sql import connect, show_rows
from laptop.stack import ROOT, Stack, aws_client, read_names

QUERY = ROOT / "include" / "sql" / "quarantine" / "rows_to_mend.sql"
SHOWN = ("source_key", "row_number", "row_date", "reasons")


class ExportError(RuntimeError):
    """A file with receipts to mend cannot be written; the message says why."""


@dataclass(frozen=True)
class BadRow:
    """A row in quarantine, as the table has it."""

    dataset: str
    source_key: str
    version_id: str
    row_number: int
    row_date: Any
    receipt: str | None
    reasons: str


def show_quarantine(stack: Stack, folder: Path | None) -> None:
    """Print the rows that can still be mended, and write the receipts that they belong to as files below a folder.

    Args:
        stack: whose Athena and raw bucket are asked.
        folder: gets one CSV for each file with such rows; None writes none.
    """
    console = Console(highlight=False)
    ledger = read_ledger(aws_client(stack, "s3"), read_names(stack)["COFFEE_SHOP_STATE_BUCKET"]).value
    rows = rows_that_count(rows_to_mend(stack), ledger)
    if not rows:
        console.print("No row in quarantine waits to be mended.")
        return
    show_rows(SHOWN, [[getattr(row, name) for name in SHOWN] for row in rows], console)
    if folder is None:
        console.print("\nFiles with these rows' whole receipts, to mend and upload: make quarantine EXPORT=folder")
        return
    for key, lines in lines_to_mend_in_place(rows).items():
        console.print(f"{key}: mend {lines} in the file itself, then upload it again under its key", soft_wrap=True)
    for file in export(stack, rows, folder):
        console.print(f"{file}: mend the rows, then upload it below sales-reciept/ under a name of its own")


def rows_to_mend(stack: Stack) -> list[BadRow]:
    """Return the rows in quarantine whose receipt no other file holds."""
    database = read_names(stack)["COFFEE_SHOP_CLEAN_DATABASE"]
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(QUERY.read_text())  # noqa: S701  # SQL
    cursor = connect(stack).cursor()
    cursor.execute(template.render(params={"clean_database": database}))
    return [BadRow(*row) for row in cursor]


def rows_that_count(rows: Iterable[BadRow], ledger: Ledger) -> list[BadRow]:
    """Return the rows of versions that count: a refused file, or one that was replaced, is mended as a whole."""
    counting = {
        (key, file["holding"]["version_id"])
        for files in ledger["files"].values()
        for key, file in files.items()
        if file["holding"]
    }
    return [row for row in rows if (row.source_key, row.version_id) in counting]


def keys_to_mend_in_place(rows: Iterable[BadRow]) -> set[str]:
    """Return the keys of files that must be mended themselves.

    Files of inventory and targets, corrections, which count alone for their days, and files with a bad row of no known
    receipt: uploaded again, such a file would take back the receipts that were mended beside it.
    """
    return {
        row.source_key for row in rows if row.dataset != SALES or row.receipt is None or is_correction(row.source_key)
    }


def lines_to_mend_in_place(rows: Sequence[BadRow]) -> dict[str, str]:
    """Return, by key, the bad lines of the files that must be mended themselves."""
    keys, numbers = keys_to_mend_in_place(rows), defaultdict(list)
    for row in rows:
        if row.source_key in keys:
            numbers[row.source_key].append(row.row_number)
    return {key: f"line{'s' * (len(some) > 1)} {', '.join(map(str, some))}" for key, some in sorted(numbers.items())}


def export(stack: Stack, rows: Sequence[BadRow], folder: Path) -> list[Path]:
    """Write the whole receipts of bad rows of sales, one file for each raw file, and return the files.

    Raises:
        ExportError: such a file is there already, perhaps half mended.
    """
    s3, bucket = aws_client(stack, "s3"), read_names(stack)["COFFEE_SHOP_RAW_BUCKET"]
    in_place, receipts = keys_to_mend_in_place(rows), defaultdict(set)
    for row in rows:
        if row.source_key not in in_place:
            receipts[row.source_key, row.version_id].add(row.receipt or "")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for (key, version_id), wanted in sorted(receipts.items()):
        file = folder / f"mended-{key.replace('/', '-')}"
        if file.exists():
            raise ExportError(f"{file} is there already. Move it away if it is mended, or choose another folder.")
        with tempfile.TemporaryDirectory() as place:
            raw = Path(place, "raw.csv")
            s3.download_file(bucket, key, str(raw), ExtraArgs={"VersionId": version_id})
            texts = whole_receipts(raw, CONTRACTS[SALES], wanted)
            file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", newline="")
        files.append(file)
    return files
