"""The tasks of ``conform_tables``: a dimension each, into staging, from the extracts of members.

They stand apart from the job's script, because executors import them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from . import members, placing, zone_tables
from .load_state import Arguments
from .parquet_rows import put_rows
from .star_schema import Dimension

EXTRACTS_AT_ONCE = 4  # that a dimension's task reads, before it keeps the latest row of each member alone


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
        put_rows(s3, arguments.state_bucket, f"{task.staging}/{folder}/{placing.object_key(dimension.table)}", rows)

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
