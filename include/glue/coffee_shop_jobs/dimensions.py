"""The tasks of ``conform_tables``: a month's extract of members, and a dimension, into staging.

They stand apart from the job's script, because executors import them.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from . import members, placing, zone_tables
from .load_state import Arguments
from .parquet_rows import put_groups, put_rows
from .star_schema import Dimension

EXTRACTS = "members/"  # where they are in the state bucket
EXTRACTS_AT_ONCE = 4  # that a dimension's task reads, before it keeps the latest row of each member alone


def extract_key(dataset: str, month: str) -> str:
    """Return the key of a month's extract in the state bucket."""
    return f"{EXTRACTS}{dataset}/{month}.parquet"


@dataclass(frozen=True)
class ExtractOfMonth:
    """A month of a daily dataset whose members are found again.

    ``touched`` has the rows of each day that the load touched, 0 of an emptied one; ``has_others`` says whether other
    days of the month hold rows.
    """

    arguments: Arguments
    staging: str
    dataset: str
    month: str
    touched: Mapping[str, int]
    has_others: bool

    @property
    def key(self) -> str:
        """The extract's key in the state bucket."""
        return extract_key(self.dataset, self.month)

    @property
    def staged(self) -> str:
        """Where it is staged."""
        return f"{self.staging}/{self.key}"


def stage_extract(task: ExtractOfMonth) -> None:
    """Stage a month's extract: its touched days anew, the others as they were.

    No more than the clean rows of one day are held at once.

    Raises:
        MissingRowsError: a day of the clean zone has not the rows that the ledger expects, or the extract is missing.
    """
    s3 = placing.s3_client()
    parts = [_members_of_day(s3, task, day, rows) for day, rows in task.touched.items() if rows]
    if task.has_others:
        before = zone_tables.read_object(s3, task.arguments.state_bucket, task.key, members.COLUMNS)
        replaced = pc.is_in(before["day"], value_set=pa.array(list(task.touched), pa.string()))
        parts.append(before.filter(pc.invert(replaced)))
    extract = members.mark_latest(pa.concat_tables(parts))
    put_groups(s3, task.arguments.state_bucket, task.staged, members.groups(extract))


def _members_of_day(s3: Any, task: ExtractOfMonth, day: str, rows: int) -> Any:
    names = members.CLEAN_COLUMNS[task.dataset]
    clean = zone_tables.read_day(s3, task.arguments.clean_bucket, task.dataset, day, names, rows)
    return members.of_day(task.dataset, clean, day)


@dataclass(frozen=True)
class TableOfDimension:
    """A dimension, the extracts that mention its members, and so many rows of targets that do.

    ``may_lose`` says whether the table in place can have members that none of these mentions any more.
    """

    arguments: Arguments
    staging: str
    dimension: Dimension
    extracts: tuple[str, ...]
    targets: int
    may_lose: bool


def stage_dimension(task: TableOfDimension) -> int:
    """Stage a dimension in ``conform/`` with old and new members; where some are gone, without these in ``final/``.

    Returns:
        How many are gone.

    Raises:
        MissingRowsError: an extract, the targets or the table in place are missing or damaged.
    """
    s3, arguments, dimension = placing.s3_client(), task.arguments, task.dimension
    columns = members.extract_columns(dimension)

    def read(key: str) -> Any:
        only = {"dimension": dimension.table, "is_latest": True}
        extract = zone_tables.read_object(s3, arguments.state_bucket, key, columns, only)
        return members.marked(extract, dimension).drop_columns(["is_latest"])

    targets = zone_tables.read_targets(s3, arguments.clean_bucket, task.targets)
    found = members.of_targets(targets).select([name for name in columns if name != "is_latest"])
    with ThreadPoolExecutor(EXTRACTS_AT_ONCE) as pool:
        for first in range(0, len(task.extracts), EXTRACTS_AT_ONCE):
            some = pool.map(read, task.extracts[first : first + EXTRACTS_AT_ONCE])
            found = members.latest(pa.concat_tables([found, *some]))

    def stage(folder: str, rows: Any) -> None:
        put_rows(s3, arguments.state_bucket, f"{task.staging}/{folder}/{dimension.table}/{placing.OBJECT}", rows)

    rows = members.dimension_rows(found, dimension)
    gone = members_gone(s3, task, rows) if task.may_lose else None
    if gone:
        stage("final", rows)
        rows = members.by_number(pa.concat_tables([rows, gone]), dimension)
    stage("conform", rows)
    return len(gone) if gone else 0


def members_gone(s3: Any, task: TableOfDimension, rows: Any) -> Any:
    """Return the rows of the table in place whose numbers are not among others; None before the first load."""
    bucket, dimension = task.arguments.conform_bucket, task.dimension
    if not s3.list_objects_v2(Bucket=bucket, Prefix=f"{dimension.table}/", MaxKeys=1)["KeyCount"]:
        return None
    old = zone_tables.read_dimension(s3, bucket, dimension.table)
    mentioned = pc.is_in(old[dimension.number], value_set=rows[dimension.number].combine_chunks())
    return old.filter(pc.invert(mentioned))
