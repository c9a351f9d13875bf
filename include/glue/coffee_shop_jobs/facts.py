"""The tasks of ``conform_relations``: a day of facts, or all targets, from its clean rows into staging.

They stand apart from the job's script, because executors import them.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow.compute as pc
from coffee_shop.lake.documents import Totals

from . import placing, zone_tables
from .columns import CONTRACTS, SALES, TARGETS
from .load_state import Arguments
from .parquet_rows import put_rows
from .star_schema import (
    CLEAN_COLUMNS,
    DATE,
    DIMENSIONS,
    Numbers,
    inventory_facts,
    sales_facts,
    target_facts,
)
from .tasks import DataError

_one_reads = threading.Lock()


class TotalsDifferError(DataError):
    """The facts do not tie out with what the raw files delivered."""


class OrphanError(DataError):
    """A fact mentions a member that its dimension lacks."""


@dataclass(frozen=True)
class FactsOfDay:
    """A day of a dataset, of targets all (``day`` is empty), where to stage its facts, and what they must add up to."""

    arguments: Arguments
    staging: str
    dataset: str
    day: str
    rows: int
    quantity: int
    amount: Decimal

    @classmethod
    def of(cls, arguments: Arguments, staging: str, dataset: str, day: str, held: Collection[Totals]) -> FactsOfDay:
        """Return the task of a day; ``held`` are its entries in the ledger."""
        rows, quantity = (sum(entry[name] for entry in held) for name in ("rows", "quantity"))
        amount = sum((Decimal(entry["amount"]) for entry in held), Decimal(0))
        return cls(arguments, staging, dataset, day, rows, quantity, amount)


def stage_facts(task: FactsOfDay) -> None:
    """Stage the facts of a day when each id has found its row and they tie out.

    Raises:
        MissingRowsError: the clean zone does not hold the rows that the ledger expects.
        OrphanError: a fact's member is not in its dimension.
        TotalsDifferError: quantity or amount are not what the files delivered.
    """
    s3, clean = placing.s3_client(), task.arguments.clean_bucket
    with _one_reads:
        numbers = _numbers(task.arguments.conform_bucket, task.staging)
    folder = f"{task.staging}/conform/{task.dataset}"
    if task.dataset == TARGETS:
        facts = target_facts(zone_tables.read_targets(s3, clean, task.rows), numbers)
    else:
        rows = zone_tables.read_day(s3, clean, task.dataset, task.day, CLEAN_COLUMNS[task.dataset].values(), task.rows)
        facts = (sales_facts if task.dataset == SALES else inventory_facts)(rows, task.day, numbers)
        folder += f"/business_date={task.day}"
    check_facts(task, facts)
    put_rows(s3, task.arguments.state_bucket, f"{folder}/{placing.OBJECT}", facts.drop_columns("orphan"))


@lru_cache(maxsize=1)
def _numbers(bucket: str, _staging: str) -> Numbers:
    """Return what the dimensions have: read once by each process of a run, which its staging folder stands for."""
    s3 = placing.s3_client()

    def column(table: str, name: str, kind: str) -> Any:
        return zone_tables.read_object(s3, bucket, f"{table}/{placing.OBJECT}", {name: kind})[name].to_pylist()

    numbers = {
        dimension.table: frozenset(column(dimension.table, dimension.number, "string")) for dimension in DIMENSIONS
    }
    return numbers | {DATE: frozenset(day.isoformat() for day in column(DATE, "date", "date"))}


def check_facts(task: FactsOfDay, facts: Any) -> None:
    """Check facts with the column ``orphan`` before they are staged.

    Raises:
        OrphanError: a fact's member is not in its dimension.
        TotalsDifferError: the facts do not tie out.
    """
    name = f"{task.dataset} of {task.day}" if task.day else task.dataset
    orphans = facts["orphan"].drop_null().to_pylist()
    if orphans:
        raise OrphanError(
            f"{name}: {len(orphans):,} rows mention members that no dimension has, one of them is {min(orphans)}: has"
            " the job conform_tables of this load run?"
        )
    contract = CONTRACTS[task.dataset]
    for what, column, total in (
        ("quantity", contract.quantity, task.quantity),
        ("amount", contract.amount, task.amount),
    ):
        if column and (got := pc.sum(facts[column]).as_py() or 0) != total:
            raise TotalsDifferError(
                f"{name}: {what} of the facts is {got}, of the raw files {total}; nothing was replaced"
            )
