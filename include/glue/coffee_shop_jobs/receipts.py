"""Receipts of days to which several files deliver: read, added up and decided, a day a task.

The job's driver knows days and files, never single receipts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .coded_column import CodedColumn
from .columns import CONTRACTS, Dataset
from .control_totals import row_digests
from .ownership import ZERO, Case, Content, Verdict, judge
from .placing import s3_client
from .staged_days import Piece, read_piece

ROWS_AT_ONCE = 50_000  # whose cells are texts at the same time


@dataclass(frozen=True)
class SharedDay:
    """The cases of a day, and by the id of each version that has rows of it, where these are staged."""

    dataset: str
    pieces: Mapping[str, Piece]
    cases: tuple[Case, ...]
    kept_share: Decimal


def judge_day(shared: SharedDay) -> list[Verdict]:
    """Decide who holds the receipts of a day, one outlet after another."""
    contract = CONTRACTS[shared.dataset]
    outlets = [case.place[1] for case in shared.cases]
    rows = {
        source_id: _with_digests(read_piece(s3_client(), piece, contract.names, outlets), contract)
        for source_id, piece in shared.pieces.items()
    }
    verdicts = []
    for case in shared.cases:
        contents = {source_id: _contents(each, contract, case.place[1]) for source_id, each in rows.items()}
        verdicts.append(judge(case, contents, shared.kept_share))
    return verdicts


def _with_digests(rows: Any, contract: Dataset) -> Any:
    """Return what is looked at of rows, and of each the digest that its file's control totals have added up."""
    digests: list[bytes] = []
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows.slice(first, ROWS_AT_ONCE)
        digests += row_digests([CodedColumn.of_values(column) for column in some.columns])
    names = ["salesoutletno", *contract.receipt, *filter(None, (contract.quantity, contract.amount))]
    return rows.select(names).append_column("row_digest", pa.array(digests, pa.binary()))


def _contents(rows: Any, contract: Dataset, outlet: str) -> dict[str, Content]:
    """Return what a version delivers of each receipt of an outlet's day."""
    own = rows.filter(pc.equal(rows["salesoutletno"], outlet))
    summed = [name for name in (contract.quantity, contract.amount) if name]
    sums = [("row_digest", "list"), *((name, "sum") for name in summed)]
    receipts = own.group_by(["salesoutletno", *contract.receipt]).aggregate(sums).to_pylist()
    return {"|".join(each[name] for name in contract.receipt): _content(each, contract) for each in receipts}


def _content(receipt: dict[str, Any], contract: Dataset) -> Content:
    digests = receipt["row_digest_list"]
    quantity = receipt[f"{contract.quantity}_sum"] if contract.quantity else 0
    amount = receipt[f"{contract.amount}_sum"] if contract.amount else ZERO
    digest = sum(int.from_bytes(each, "big") for each in digests) % 2**128
    return Content(1, len(digests), quantity or 0, amount or ZERO, digest)
