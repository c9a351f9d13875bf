"""The tasks of ``conform_relations``: facts of some days, or all targets, from their clean rows into staging.

They stand apart from the job's script, because executors import them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import pyarrow.compute as pc
from coffee_shop.lake.documents import Totals

from . import placing, zone_tables
from .columns import CONTRACTS, SALES, TARGETS
from .load_state import Arguments
from .staged_days import ReadyDay, write_day
from .star_schema import (
    CLEAN_COLUMNS,
    DATE,
    DIMENSIONS,
    Members,
    inventory_facts,
    sales_facts,
    target_facts,
)
from .tasks import DataError

ROWS_A_TASK = 20_000  # a month of the demo is three tasks, for as many cores


class TotalsDifferError(DataError):
    """The facts do not tie out with what the raw files delivered."""


class OrphanError(DataError):
    """A fact mentions a member that its dimension lacks."""


class DayTotals(NamedTuple):
    """What a day's facts must add up to; of targets all, and ``day`` is empty."""

    day: str
    rows: int
    quantity: int
    amount: Decimal

    @classmethod
    def of(cls, day: str, held: Collection[Totals]) -> DayTotals:
        """Return those of a day; ``held`` are its entries in the ledger."""
        rows, quantity = (sum(entry[name] for entry in held) for name in ("rows", "quantity"))
        return cls(day, rows, quantity, sum((Decimal(entry["amount"]) for entry in held), Decimal(0)))


@dataclass(frozen=True)
class FactsOfDays:
    """Some days of a dataset, and where to stage their facts."""

    arguments: Arguments
    staging: str
    dataset: str
    days: Sequence[DayTotals]

    @property
    def key(self) -> str:
        """The key of what is staged in the state bucket."""
        return f"{self.staging}/conform/{self.dataset}/{self.days[0].day or 'all'}.days"

    @property
    def rows(self) -> int:
        """How many rows the days have together."""
        return sum(day.rows for day in self.days)


def in_tasks(arguments: Arguments, staging: str, dataset: str, days: Iterable[DayTotals]) -> list[FactsOfDays]:
    """Return days as tasks of not many more than ``ROWS_A_TASK`` rows, unless one day alone has more."""
    found: list[list[DayTotals]] = []
    for day in days:
        if not found or sum(each.rows for each in found[-1]) >= ROWS_A_TASK:
            found.append([])
        found[-1].append(day)
    return [FactsOfDays(arguments, staging, dataset, some) for some in found]


def stage_facts(task: FactsOfDays) -> list[ReadyDay]:
    """Stage the facts of days when each id has found its row and they tie out; return where they lie.

    Raises:
        MissingRowsError: the clean zone does not hold the rows that the ledger expects.
        OrphanError: a fact's member is not in its dimension.
        TotalsDifferError: quantity or amount are not what the files delivered.
    """
    with TemporaryFile() as file:
        ready = [
            ReadyDay(task.key, write_day(file, facts.schema, [facts]), _key(task.dataset, day.day))
            for day in task.days
            for facts in [_facts_of_day(task, day)]
        ]
        file.seek(0)
        placing.s3_client().put_object(Bucket=task.arguments.state_bucket, Key=task.key, Body=file)
    return ready


def _facts_of_day(task: FactsOfDays, day: DayTotals) -> Any:
    s3, clean, dataset = placing.s3_client(), task.arguments.clean_bucket, task.dataset
    members = _members(task.arguments.conform_bucket, task.staging)
    if dataset == TARGETS:
        facts = target_facts(zone_tables.read_targets(s3, clean, day.rows), members)
    else:
        rows = zone_tables.read_day(s3, clean, dataset, day.day, CLEAN_COLUMNS[dataset].values(), day.rows)
        facts = (sales_facts if dataset == SALES else inventory_facts)(rows, day.day, members)
    check_facts(dataset, day, facts)
    return facts.drop_columns("orphan")


def _key(dataset: str, day: str) -> str:
    return placing.object_key(dataset, f"business_date={day}" if day else "")


@lru_cache(maxsize=1)
def _members(bucket: str, _staging: str) -> Members:
    """Return what the dimensions have: read once by each process of a run, which its staging folder stands for."""
    s3 = placing.s3_client()

    def read(table: str, columns: Mapping[str, str]) -> Any:
        return zone_tables.read_object(s3, bucket, placing.object_key(table), columns)

    known = {each.table: read(each.table, {each.number: "string", each.id: "string"}) for each in DIMENSIONS}
    dates = read(DATE, {"date": "date"})["date"].to_pylist()
    return Members(
        {table: rows.rename_columns(["number", "id"]) for table, rows in known.items()},
        frozenset(map(str, dates)),
    )


def check_facts(dataset: str, day: DayTotals, facts: Any) -> None:
    """Check a day's facts with the column ``orphan`` before they are staged.

    Raises:
        OrphanError: a fact's member is not in its dimension.
        TotalsDifferError: the facts do not tie out.
    """
    name = f"{dataset} of {day.day}" if day.day else dataset
    orphans = facts["orphan"].drop_null().to_pylist()
    if orphans:
        raise OrphanError(
            f"{name}: {len(orphans):,} rows mention members that no dimension has, one of them is {min(orphans)}."
            " Clear this load's task conform_tables: it writes the dimensions."
        )
    contract = CONTRACTS[dataset]
    for what, column, total in (
        ("quantity", contract.quantity, day.quantity),
        ("amount", contract.amount, day.amount),
    ):
        if column and (got := pc.sum(facts[column]).as_py() or 0) != total:
            raise TotalsDifferError(
                f"{name}: {what} of the facts is {got}, of the raw files {total}; nothing was replaced"
            )
