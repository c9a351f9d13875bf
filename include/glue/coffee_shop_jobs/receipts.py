"""Receipts of days to which several files deliver: read, added up and decided, a day a task.

The job's driver knows days and files, never single receipts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .columns import CONTRACTS, Dataset
from .ownership import ZERO, Case, Content, Verdict, judge
from .parquet_rows import Piece, read_piece
from .placing import s3_client

Contents = dict[str, dict[str, dict[str, Content]]]  # by outlet, version and receipt


@dataclass(frozen=True)
class SharedDay:
    """The cases of a day, and by the id of each version that has rows of it, where these are staged."""

    dataset: str
    bucket: str
    pieces: Mapping[str, Piece]
    cases: tuple[Case, ...]
    kept_share: Decimal


def judge_day(shared: SharedDay) -> list[Verdict]:
    """Decide who holds the receipts of a day."""
    contents = Contents()
    outlets = [case.place[1] for case in shared.cases]
    for source_id, piece in shared.pieces.items():
        for outlet, receipt, content in _contents(shared, piece, outlets):
            contents.setdefault(outlet, {}).setdefault(source_id, {})[receipt] = content
    return [judge(case, contents.get(case.place[1], {}), shared.kept_share) for case in shared.cases]


def _contents(shared: SharedDay, piece: Piece, outlets: Sequence[str]) -> list[tuple[str, str, Content]]:
    """Return what a version delivers of each receipt of some outlets' day: outlet, receipt, content."""
    contract = CONTRACTS[shared.dataset]
    by = ["salesoutletno", *contract.receipt]
    summed = [name for name in (contract.quantity, contract.amount) if name]
    rows = read_piece(s3_client(), shared.bucket, piece, [*by, *summed, "row_digest"], outlets)
    sums = [("row_digest", "list"), *((name, "sum") for name in summed)]
    return [
        (receipt["salesoutletno"], "|".join(receipt[name] for name in contract.receipt), _content(receipt, contract))
        for receipt in rows.group_by(by).aggregate(sums).to_pylist()
    ]


def _content(receipt: dict[str, Any], contract: Dataset) -> Content:
    digests = receipt["row_digest_list"]
    quantity = receipt[f"{contract.quantity}_sum"] if contract.quantity else 0
    amount = receipt[f"{contract.amount}_sum"] if contract.amount else ZERO
    digest = sum(int.from_bytes(each, "big") for each in digests) % 2**128
    return Content(1, len(digests), quantity or 0, amount or ZERO, digest)
