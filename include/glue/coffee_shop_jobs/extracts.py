"""Extracts of members: an object a month of each daily dataset, staged anew when a day of the month changes hands.

``partition_data`` stages them, which has the days at hand. ``conform_tables`` puts them in place, so its dimensions are
never made of another load's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from coffee_shop.lake.state import read_json

from . import members, placing, zone_tables
from .parquet_rows import UnreadableError, put_groups
from .placing import s3_client
from .staged_days import ReadyDay, read_days

EXTRACTS = "members/"  # where they are in the state bucket
STAGED_EXTRACTS = "extracts.json"  # of a load: by their keys where new ones are staged, null for one without a member
EXTRACTS_AGAIN = "Clear the task partition_data: it stages the extracts of members."


def extract_key(dataset: str, month: str) -> str:
    """Return the key of a month's extract in the state bucket."""
    return f"{EXTRACTS}{dataset}/{month}.parquet"


@dataclass(frozen=True)
class ExtractOfMonth:
    """A month of a daily dataset whose members are found again.

    ``touched`` says of each day that the load touched where its clean rows are staged, None of an emptied one;
    ``has_others`` whether other days of the month hold rows.
    """

    state_bucket: str
    staging: str
    dataset: str
    month: str
    touched: Mapping[str, ReadyDay | None]
    has_others: bool

    @property
    def key(self) -> str:
        """The extract's key in the state bucket."""
        return extract_key(self.dataset, self.month)

    @property
    def staged(self) -> str:
        """Where it is staged."""
        return f"{self.staging}/{self.key}"

    @property
    def is_held(self) -> bool:
        """Whether a day of the month holds rows."""
        return self.has_others or any(self.touched.values())


def stage_extract(task: ExtractOfMonth) -> None:
    """Stage a month's extract: its touched days anew, the others as they were.

    Raises:
        UnreadableError: a staged day is missing or damaged.
        MissingRowsError: the extract is.
    """
    s3, names = s3_client(), members.CLEAN_COLUMNS[task.dataset]
    days = {ready: day for day, ready in task.touched.items() if ready}
    staged = read_days(s3, task.state_bucket, days, names)
    parts = [members.of_day(task.dataset, rows, days[ready]) for ready, rows in staged]
    if task.has_others:
        before = zone_tables.read_object(s3, task.state_bucket, task.key, members.COLUMNS)
        replaced = pc.is_in(before["day"], value_set=pa.array(list(task.touched), pa.string()))
        parts.append(before.filter(pc.invert(replaced)))
    extract = members.mark_latest(pa.concat_tables(parts))
    put_groups(s3, task.state_bucket, task.staged, members.groups(extract))


def place_extracts(s3: Any, bucket: str, staged_key: str) -> None:
    """Put in place the extracts that a load has staged, and take those away that have no member left.

    Args:
        s3: the client.
        bucket: the state bucket.
        staged_key: the key of the load's ``STAGED_EXTRACTS``.

    Raises:
        UnreadableError: nothing is staged, or what was staged is gone.
    """
    stored = read_json(s3, bucket, staged_key)
    if stored is None:
        raise UnreadableError(f"s3://{bucket}/{staged_key} is not there. {EXTRACTS_AGAIN}")
    staged = {key: source for key, source in stored.value["staged"].items() if source}
    try:
        placing.copy_all(s3, [(bucket, source, bucket, key) for key, source in staged.items()])
    except s3.exceptions.NoSuchKey:
        raise UnreadableError(f"s3://{bucket}: an extract staged in {staged_key} is gone. {EXTRACTS_AGAIN}") from None
    placing.delete_all(s3, bucket, [key for key in stored.value["staged"] if key not in staged])
