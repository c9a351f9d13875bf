"""What the jobs of one load read and write in the state bucket: plan, ledger, pending days, result (all JSON)."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

LEDGER_KEY = "ledger.json"
PENDING_KEY = "pending.json"
WITHOUT_RECEIPTS, FORMAT = 1, 2  # of the ledger


class StalePlanError(Exception):
    """Another load has published since this load's plan was made."""


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

    plan: Json
    ledger: Json
    pending: Json


def log_to_stdout() -> None:
    """Send the jobs' own log lines where a Glue run shows a script's output."""
    logger = logging.getLogger("coffee_shop_jobs")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def empty_ledger() -> Json:
    """Return the ledger of a lake that nothing was loaded into."""
    datasets = ("sales_reciept", "pastry_inventory", "sales_target")
    return {
        "format": FORMAT,
        "revision": 0,
        "files": {name: {} for name in datasets},
        "days": {name: {} for name in datasets},
    }


def read_load(s3: Any, arguments: Arguments) -> Load:
    """Read plan, ledger and pending days.

    Raises:
        StalePlanError: the ledger is not the one that the plan was made from.
        FileNotFoundError: there is no plan of this load.
    """
    bucket = arguments.state_bucket
    plan = read_json(s3, bucket, arguments.load_key("plan.json"))
    if plan is None:
        raise FileNotFoundError(
            f"s3://{bucket}/{arguments.load_key('plan.json')} is not there; the task plan_load writes it"
        )
    ledger = read_json(s3, bucket, LEDGER_KEY) or empty_ledger()
    if ledger["revision"] != plan["ledger_revision"]:
        raise StalePlanError(
            f"the plan of load {arguments.load_id} was made from revision {plan['ledger_revision']} of the ledger,"
            f" which is at {ledger['revision']} now: clear the run from plan_load"
        )
    return Load(plan, ledger, read_json(s3, bucket, PENDING_KEY) or {})


def read_result(s3: Any, arguments: Arguments) -> Json:
    """Read what ``partition_data`` found out.

    Raises:
        FileNotFoundError: it has not ended.
    """
    result = read_json(s3, arguments.state_bucket, arguments.load_key("result.json"))
    if result is None:
        raise FileNotFoundError(
            f"s3://{arguments.state_bucket}/{arguments.load_key('result.json')} is not there;"
            " the job partition_data writes it"
        )
    return result


def read_json(s3: Any, bucket: str, key: str) -> Json | None:
    """Read a JSON object, None when there is none."""
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    found: Json = json.loads(body)
    return found


def write_json(s3: Any, bucket: str, key: str, value: Json) -> None:
    """Write a JSON object; the same value gives the same bytes."""
    body = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
