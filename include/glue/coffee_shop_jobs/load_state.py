"""What the jobs of one load read and write in the state bucket: plan, ledger, pending days, result (all JSON)."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import Any

from coffee_shop.lake.documents import Ledger, Pending, Plan
from coffee_shop.lake.ledger import check_plan_is_fresh, read_ledger
from coffee_shop.lake.loads import read_pending, read_plan


@dataclass(frozen=True)
class Arguments:
    """A job's arguments: the load, and the buckets and databases that the template fills in."""

    load_id: str
    raw_bucket: str
    clean_bucket: str
    conform_bucket: str
    state_bucket: str
    clean_database: str
    conform_database: str

    @classmethod
    def of(cls, argv: list[str]) -> Arguments:
        """Read them as Glue hands them to a script."""
        from awsglue.utils import getResolvedOptions

        names = list(cls.__dataclass_fields__)
        found = getResolvedOptions(argv, names)
        return cls(**{name: found[name] for name in names})

    def load_key(self, name: str) -> str:
        """Return the key of a file of this load in the state bucket, such as ``plan.json``."""
        return f"loads/{self.load_id}/{name}"


@dataclass(frozen=True)
class Load:
    """What a load begins with. ``pending`` names days that an unpublished load may have touched."""

    plan: Plan
    ledger: Ledger
    pending: Pending


def log_to_stdout() -> None:
    """Send the jobs' own log lines where a Glue run shows a script's output."""
    logger = logging.getLogger("coffee_shop_jobs")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def read_load(s3: Any, arguments: Arguments) -> Load:
    """Read plan, ledger and pending days.

    Raises:
        LedgerError: the ledger is not the one that the plan was made from, or has another format.
        LoadDocumentError: there is no plan of this load, or it has another format.
    """
    bucket = arguments.state_bucket
    plan = read_plan(s3, bucket, arguments.load_id)
    ledger = read_ledger(s3, bucket).value
    check_plan_is_fresh(ledger, plan)
    return Load(plan, ledger, read_pending(s3, bucket))
