"""What the load's own tasks do; ``coffee_shop_load.py`` puts them in order with the provider's operators."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from coffee_shop.aws import athena_client, glue_client, s3_client
from coffee_shop.lake.documents import SALES, Ledger, Pending, Plan, Result
from coffee_shop.lake.handovers import handover_words
from coffee_shop.lake.ledger import CONFORM, has_published, newly_not_loaded, open_files, publish, read_ledger
from coffee_shop.lake.loads import (
    absent_datasets,
    changed_dates,
    plan_key,
    read_pending,
    read_plan,
    read_result,
    touched_dates,
)
from coffee_shop.lake.state import write_json
from coffee_shop.lake.usage import looked_up
from coffee_shop.load import catalog, checks, new_files
from coffee_shop.load.guards import Context, load_id_of, release, try_lease
from coffee_shop.load.load_usage import usage_of_load
from coffee_shop.settings import include_folder, names, settings

log = logging.getLogger(__name__)

# files that land without a pause must not keep a load from starting for ever
_LONGEST_UNQUIET = timedelta(hours=1)
_NOT_READ_LOGGED = 50


def wait_for_quiet_period(**context: Any) -> Any:
    """Say whether the load may start: no new file landed just now, and no other load runs. Then it holds the lease.

    Returns what is not sure to be there: the key patterns of the datasets that no load has seen yet.
    """
    from airflow.sdk import PokeReturnValue

    bucket, s3, now = names().raw_bucket, s3_client(), datetime.now(UTC)
    ledger = read_ledger(s3, names().state_bucket).value
    newest = new_files.newest_upload(new_files.new_versions(ledger, new_files.list_current(s3, bucket)))
    quiet_since = now - timedelta(minutes=settings().quiet_minutes)
    started = context["dag_run"].start_date or now
    if newest and newest > quiet_since and now - started < _LONGEST_UNQUIET:
        log.info("The last new file landed at %s: waiting until nothing landed for a while.", newest)
        return False
    holder = try_lease(context)
    if holder:
        log.info("Run %s is loading: waiting until it has ended.", holder)
        return False
    return PokeReturnValue(True, [new_files.key_pattern(dataset) for dataset in new_files.unknown_datasets(ledger)])


def say_missing(context: Context) -> None:
    """Write into the sensor's log which file it did not find, and where it looked."""
    task = context["task"]
    log.warning("No file at s3://%s/%s: the load goes on with what is there.", task.bucket_name, task.bucket_key)


def plan_load(**context: Any) -> str | None:
    """List what is new and write the load's plan; return the load's id, or None when there is nothing to do.

    Raises:
        AirflowFailException: there are no sales at all, or the form asks for something that cannot be done.
    """
    from airflow.sdk.exceptions import AirflowFailException

    s3, name = s3_client(), names()
    ledger = read_ledger(s3, name.state_bucket).value
    bucket = new_files.list_bucket(s3, name.raw_bucket)
    listing = bucket.current
    _log_not_read(bucket.not_read)
    for dataset in new_files.missing_datasets(ledger, listing):
        place = new_files.places(name.raw_bucket, dataset)
        if dataset == SALES:
            raise AirflowFailException(f"No file of {dataset}: looked for {place}. Nothing can be loaded without it.")
        log.warning("No file of %s: looked for %s. Going on without it.", dataset, place)
    try:
        request = _request(ledger, context["params"], context["run_id"])
        plan = new_files.make_plan(
            load_id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            run_id=context["run_id"],
            made_at=datetime.now(UTC),
            ledger=ledger,
            listing=listing,
            request=request,
            settings=settings(),
            not_read=bucket.not_read,
        )
    except new_files.RequestError as error:
        raise AirflowFailException(str(error)) from error
    pending = read_pending(s3, name.state_bucket)
    if not new_files.has_work(plan, pending):
        log.info("Nothing is new since load %s.", ledger["loads"][-1]["load_id"] if ledger["loads"] else "(none)")
        _log_open_files(ledger)
        release(context)
        return None
    _log_plan(plan, pending)
    write_json(s3, name.state_bucket, plan_key(plan["load_id"]), plan)
    return plan["load_id"]


def _request(ledger: Ledger, params: Mapping[str, object], run_id: str) -> new_files.Request:
    request = new_files.request_from_params(params, names().raw_bucket)
    if not request.empty and has_published(ledger, run_id):
        log.info("What this run's form asked for is published already; only new files are looked for.")
        return new_files.Request()
    return request


def _log_plan(plan: Plan, pending: Pending) -> None:
    for dataset, versions in plan["read"].items():
        for version in versions:
            log.info("%s: %s, version %s, %d bytes", dataset, version["key"], version["version_id"], version["size"])
    for dataset, keys in plan["withdraw"].items():
        log.info("%s: withdraw %s", dataset, ", ".join(keys))
    for dataset, keys in plan["accept"].items():
        log.info("%s: accept %s", dataset, ", ".join(keys))
    for dataset, days in plan["rebuild"].items():
        if days:
            log.info("%s: load again %d days, %s to %s", dataset, len(days), days[0], days[-1])
    if pending["load_id"]:
        log.info("Load %s did not get as far as the ledger: its days are built again.", pending["load_id"])


def _log_not_read(not_read: Mapping[str, str]) -> None:
    for key, reason in list(not_read.items())[:_NOT_READ_LOGGED]:
        log.warning("Not read, because %s: %s", reason, key)
    if len(not_read) > _NOT_READ_LOGGED:
        log.warning("%d more keys are not read; the plan lists them.", len(not_read) - _NOT_READ_LOGGED)


def _log_open_files(ledger: Ledger) -> None:
    for file in open_files(ledger):
        log.warning("Still %s since %s: %s: %s", file["status"], file["at"], file["key"], file["reason"])


def list_checks(**context: Any) -> list[dict[str, str]]:
    """Return the arguments of each check's query, for the dates that this load touched."""
    result = read_result(s3_client(), names().state_bucket, load_id_of(context))
    folder = include_folder() / "sql" / "checks"
    absent = _absent_tables(result)
    found = checks.render_checks(folder, touched_dates(result), names().clean_database, absent)
    possible = [check for check in found if not any(checks.reads_table(check, table) for table in absent)]
    for check in found:
        if check not in possible:
            log.warning(
                "The check %s is left out: it reads %s, which has no rows yet.", check.name, " or ".join(absent)
            )
    return [{"query": check.query} for check in possible]


def _absent_tables(result: Result) -> list[str]:
    """Return the facts that have no table yet, because no file has delivered a row."""
    return absent_datasets(read_ledger(s3_client(), names().state_bucket).value, result)


def describe_tables(**context: Any) -> None:
    """Give every conform table and column its comment in the catalog."""
    absent = _absent_tables(read_result(s3_client(), names().state_bucket, load_id_of(context)))
    wanted = catalog.read_descriptions(include_folder() / "data_model.yaml")
    wanted = {table: description for table, description in wanted.items() if table not in absent}
    for table, changed in catalog.describe(glue_client(), names().conform_database, wanted).items():
        if changed:
            log.info("%s: comments written", table)


def judge_checks(queries: Sequence[Mapping[str, str]], query_ids: Sequence[str], **context: Any) -> None:
    """Fail with the offending rows if a check found any; name those that only warn.

    Raises:
        AirflowFailException: a check that must hold found rows; running it again would find the same.
    """
    from airflow.sdk.exceptions import AirflowFailException

    athena = athena_client()
    found = [
        checks.read_finding(athena, checks.check_of(query["query"]), query_id)
        for query, query_id in zip(queries, query_ids or (), strict=True)
    ]
    failures, warnings = checks.verdict(found)
    for warning in warnings:
        log.warning("%s", warning)
    if failures:
        raise AirflowFailException("Not published, because checks found rows that are wrong:\n" + "\n".join(failures))
    log.info("%d checks, none failed, %d warned.", len(found), len(warnings))


def publish_load(**context: Any) -> None:
    """Put the load into the ledger, tell the asset's followers which dates changed, and give the lease back."""
    from airflow.sdk import Asset

    load_id, s3, bucket = load_id_of(context), s3_client(), names().state_bucket
    plan, result = read_plan(s3, bucket, load_id), read_result(s3, bucket, load_id)
    usage = looked_up(lambda: usage_of_load(context))
    ledger = publish(s3, bucket, plan, result, datetime.now(UTC), usage)
    context["outlet_events"][Asset(CONFORM)].extra = {
        "load_id": load_id,
        "changed_dates": changed_dates(result),
        "changed": result["changed"],
    }
    log.info("Load %s is published: revision %d.", load_id, ledger["revision"])
    for handover in result["handovers"]:
        log.info("%s", handover_words(handover))
    release(context)


def fail_on_refused_files(**context: Any) -> None:
    """Fail, after everything is published, if this load met a file that it refused or held back.

    Raises:
        AirflowFailException: with every file and its reason.
    """
    from airflow.sdk.exceptions import AirflowFailException

    result = read_result(s3_client(), names().state_bucket, load_id_of(context))
    ledger = read_ledger(s3_client(), names().state_bucket).value
    headings = {
        "refused": "Refused whole, nothing of them was loaded; upload them again when they are mended:",
        "held back": "Held back, nothing of them was loaded; upload complete files or accept these in the form:",
    }
    _log_open_files(ledger)
    keys: list[str] = []
    lines: list[str] = []
    for status, heading in headings.items():
        files = newly_not_loaded(ledger, result, status)
        keys += [key for key, _ in files]
        lines += [heading, *(f"{key}: {reason}" for key, reason in files)] if files else []
    if keys:
        others = {1: "", 2: ", nor is 1 more file"}.get(len(keys), f", nor are {len(keys) - 1:,} more files")
        not_loaded = f"{keys[0]} is not loaded{others}; everything else is published."
        raise AirflowFailException("\n  ".join([not_loaded, *lines]))
    log.info("All files of this load were accepted.")
