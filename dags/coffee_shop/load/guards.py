"""What stands around the load's tasks: the lease, the plan's freshness, and what the operators do not look at.

These are callbacks of tasks (``pre_execute``, ``post_execute``, ``on_failure_callback``), because the tasks that crawl,
run jobs and query are the Amazon provider's own operators.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from coffee_shop.aws import glue_client, s3_client
from coffee_shop.lake.ledger import LedgerError, check_plan_is_fresh, is_published, read_ledger
from coffee_shop.lake.loads import read_plan
from coffee_shop.lake.tables import read_tables, why_crawl
from coffee_shop.load.lease import release_lease, take_lease
from coffee_shop.load.load_usage import CRAWL_SECONDS
from coffee_shop.settings import names, settings

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

log = logging.getLogger(__name__)

CRAWL_REASON = "crawl_reason"  # the XCom with the reason of a crawl

Context = Mapping[str, Any]


class GuardError(RuntimeError):
    """A task must not start, or did not do what its operator reports."""


def try_lease(context: Context) -> str | None:
    """Take or renew the lease for the run; return None, or the run that holds it."""
    return take_lease(
        s3_client(),
        names().state_bucket,
        context["run_id"],
        now=datetime.now(UTC),
        lasts=timedelta(minutes=settings().lease_minutes),
        has_ended=lambda run_id: _run_has_ended(context, run_id),
    )


def _run_has_ended(context: Context, run_id: str) -> bool:
    try:
        state = context["ti"].get_dagrun_state(context["dag"].dag_id, run_id)
    except Exception:  # Airflow does not know the run, or cannot say: then only the lease's own end counts
        log.warning("Airflow cannot say how run %s stands; its lease counts until it ends by itself.", run_id)
        return False
    return str(getattr(state, "value", state)) in ("success", "failed")


def hold_lease(context: Context) -> None:
    """Renew the lease before a task, or take it again for a task that was cleared later.

    Raises:
        GuardError: another run holds it.
    """
    holder = try_lease(context)
    if holder:
        raise GuardError(f"Run {holder} is loading now. Clear this task again when that run has ended.")


def hold_lease_and_check_plan(context: Context) -> None:
    """Renew the lease before a task that writes no table, and make sure that no other load has published since.

    Of a load that is published itself such a task may run again.

    Raises:
        GuardError: another run holds the lease, or there is no plan.
        AirflowFailException: another load has published since the plan was made; trying again would not help.
    """
    hold_lease(context)
    if not is_published(read_ledger(s3_client(), names().state_bucket).value, load_id_of(context)):
        _check_plan(context)


def _check_plan(context: Context) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    s3, bucket = s3_client(), names().state_bucket
    ledger = read_ledger(s3, bucket).value
    try:
        check_plan_is_fresh(ledger, read_plan(s3, bucket, load_id_of(context)))
    except LedgerError as error:
        raise AirflowFailException(str(error)) from error


def load_id_of(context: Context) -> str:
    """Return the id of the run's load, as ``plan_load`` made it.

    Raises:
        GuardError: there is none.
    """
    load_id = context["ti"].xcom_pull(task_ids="plan_load")
    if not load_id:
        raise GuardError("This run has no plan: clear it from plan_load, with all that follows.")
    return str(load_id)


def release(context: Context) -> None:
    """Give the lease back, if the run holds it."""
    if release_lease(s3_client(), names().state_bucket, context["run_id"], now=datetime.now(UTC)):
        log.info("The lease is free again.")


def before_crawl(context: Context, *, zone: str) -> None:
    """Hold the lease, and skip the crawl when the catalog has all that the jobs wrote into the zone.

    A second try crawls in any case. Before a crawl, make sure that the crawler exists: the operator would make one.

    Args:
        context: the task's context.
        zone: raw, clean or conform.

    Raises:
        AirflowSkipException: no table and no column is new.
        AirflowFailException: there is no such crawler.
    """
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    hold_lease_and_check_plan(context)
    glue, ti = glue_client(), context["ti"]
    # a task that comes back from the triggerer has crawled: it must not decide again
    reason = ti.xcom_pull(task_ids=ti.task_id, key=CRAWL_REASON)
    if not reason:
        # a crawl that was cut off may have made a table without its partitions
        again = "an earlier try may have left off halfway" if ti.try_number > 1 else None
        reason = again or _why_crawl(glue, load_id_of(context), zone)
        if reason is None:
            raise AirflowSkipException(f"No crawl: the catalog has all tables and columns of the {zone} zone.")
        log.info("Crawling, because %s.", reason)
        ti.xcom_push(key=CRAWL_REASON, value=reason)
    name = context["task"].config["Name"]
    try:
        glue.get_crawler(Name=name)
    except glue.exceptions.EntityNotFoundException as error:
        raise AirflowFailException(f"There is no Glue crawler {name!r}: apply the infrastructure template.") from error


def _why_crawl(glue: "GlueClient", load_id: str, zone: str) -> str | None:
    if settings().always_crawl:
        return "the setting always_crawl is on"
    tables = read_tables(s3_client(), names().state_bucket, load_id, zone)["tables"]
    return why_crawl(glue, names().database(zone), tables)


def after_crawl(context: Context, result: object = None) -> None:
    """Make sure that the crawl succeeded, as the operator only waits for its end, and keep how long it took.

    Raises:
        GuardError: the last crawl failed or was cancelled.
    """
    name = context["task"].config["Name"]
    last: Any = glue_client().get_crawler(Name=name)["Crawler"].get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise GuardError(f"The last crawl of {name!r} ended {last.get('Status')}: {last.get('ErrorMessage')}")
    if begun := last.get("StartTime"):
        context["ti"].xcom_push(key=CRAWL_SECONDS, value=(datetime.now(UTC) - begun).total_seconds())


def before_job(context: Context) -> None:
    """Hold the lease, and make sure that the plan is fresh and the job exists: the operator would make one.

    Raises:
        GuardError: another run holds the lease, or there is no plan.
        AirflowFailException: a load has published since the plan was made, or there is no such job.
    """
    from airflow.sdk.exceptions import AirflowFailException

    hold_lease(context)
    _check_plan(context)
    name = context["task"].job_name
    glue = glue_client()
    try:
        glue.get_job(JobName=name)
    except glue.exceptions.EntityNotFoundException as error:
        raise AirflowFailException(f"There is no Glue job {name!r}: apply the infrastructure template.") from error


def after_job(context: Context, job_run_id: str) -> None:
    """Make sure that the job run succeeded: to the operator a run that somebody stopped has ended well.

    Raises:
        GuardError: it ended in another state.
    """
    name = context["task"].job_name
    run = glue_client().get_job_run(JobName=name, RunId=job_run_id)["JobRun"]
    if run["JobRunState"] != "SUCCEEDED":
        raise GuardError(
            f"The run {job_run_id} of job {name!r} ended {run['JobRunState']}: {run.get('ErrorMessage', 'no message')}"
        )


def after_failed_job(context: Context) -> None:
    """Write the job's own error at the end of the task's log, where the operator looks."""
    run_id = context["ti"].xcom_pull(task_ids=context["ti"].task_id, key="glue_job_run_id")
    if not run_id:
        return
    run = glue_client().get_job_run(JobName=context["task"].job_name, RunId=run_id)["JobRun"]
    log.error("Glue job run %s ended %s: %s", run_id, run["JobRunState"], run.get("ErrorMessage", "no message"))
