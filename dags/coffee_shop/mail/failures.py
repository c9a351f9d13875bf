"""What operators are told of a run that failed: one mail a run, with each failed task, its reason and a link.

Each task that fails for good keeps its reason in the state bucket; the run's last task (notes.py) sends the mail.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict, cast

from coffee_shop.aws import athena_client, glue_client, s3_client
from coffee_shop.lake.state import read_json, write_json
from coffee_shop.mail.addresses import run_address
from coffee_shop.settings import names, settings

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

LONGEST_REASON = 2_000
MOST_TASKS = 10
STOPPED_BEFORE = "upstream_failed"
FAILURES_OF_AWS = ("FAILED", "CANCELLED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")  # of a query or a job run


class Reason(TypedDict, total=False):
    """Why a task failed, and the address of its log, as far as they are known."""

    reason: str
    log: str


def keep_reason(context: Context) -> None:
    """Keep why a task failed, for the mail about its run."""
    ti, said = context["ti"], str(context.get("exception") or "").strip()
    reason = _reason_of_aws(context) or said or "no reason was given; see its log"
    value = {"reason": reason[:LONGEST_REASON], "log": ti.log_url}
    write_json(s3_client(), names().state_bucket, f"{_folder(context)}/{_label(ti.task_id, ti.map_index)}.json", value)


def _reason_of_aws(context: Context) -> str | None:
    """Return why the query or the job run of a task did not succeed: its operator knows it in part or not at all."""
    from airflow.providers.amazon.aws.links.athena import AthenaQueryResultsLink

    ti: Any = context["ti"]
    own = {"task_ids": ti.task_id, "map_indexes": ti.map_index}
    try:
        if query := ti.xcom_pull(**own, key=AthenaQueryResultsLink.key):
            query_id = query["query_execution_id"]
            status = athena_client().get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            return _ending(f"query {query_id}", status["State"], status.get("StateChangeReason"))
        if run_id := ti.xcom_pull(**own, key="glue_job_run_id"):
            name = cast("Any", context["task"]).job_name
            run = glue_client().get_job_run(JobName=name, RunId=run_id)["JobRun"]
            return _ending(f"run {run_id} of job {name}", run["JobRunState"], run.get("ErrorMessage"))
    except Exception:  # whatever it is, there is what the operator said
        log.warning("Why this task failed could not be looked up in AWS.", exc_info=True)
    return None


def _ending(what: str, state: str, reason: str | None) -> str | None:
    """Return how a query or a run ended; None when it succeeded or goes on, so that something else failed the task."""
    return f"The {what} ended {state}: {reason or 'no message'}" if state in FAILURES_OF_AWS else None


def task_states(context: Any) -> dict[str, str]:
    """Return the state of each task of a run so far, mapped ones with their place at the end."""
    dag_run = context["dag_run"]
    states: dict[str, dict[str, str]] = context["ti"].get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
    return states.get(dag_run.run_id, {})


def failed_tasks(states: Mapping[str, str]) -> list[str]:
    """Return the tasks that failed, by name."""
    return sorted(task for task, state in states.items() if state == "failed")


def mail_operators(context: Any, states: Mapping[str, str]) -> None:
    """Mail the operators if a task of the run failed, once; a run without failures mails nothing."""
    from coffee_shop.mail.sending import SMTP, new_message, send_once

    dag_run, failed = context["dag_run"], failed_tasks(states)
    if not failed:
        log.info("No task of this run failed.")
        return
    shop = settings()
    if not shop.mail_operators:
        log.warning("Nobody is told that %s failed: set mail_operators in the Variable coffee_shop.", ", ".join(failed))
        return
    reasons = {task: reason_of(context, task) for task in failed[:MOST_TASKS]}
    stopped = sum(state == STOPPED_BEFORE for state in states.values())
    text = words(dag_run.dag_id, dag_run.run_id, reasons, more=len(failed) - len(reasons), stopped=stopped)
    subject = subject_of(shop.shop_name, dag_run.dag_id, failed)
    message = new_message(subject, names().mail_from, shop.mail_operators, datetime.now(UTC))
    message.set_content(text, cte="quoted-printable")
    marker = f"mails/{_folder(context)}.json"
    if send_once(s3_client(), marker, shop.mail_operators, lambda: message.as_bytes(policy=SMTP)) is None:
        log.info("The operators were told before: %s is in the state bucket.", marker)


def subject_of(shop: str, dag_id: str, failed: Sequence[str]) -> str:
    """Return the mail's subject, such as ``Coffee Shop: coffee_shop_load failed at fail_on_refused_files``."""
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"{shop}: {dag_id} failed at {failed[0]}{more}"


def words(dag_id: str, run_id: str, reasons: Mapping[str, Reason], *, more: int, stopped: int) -> str:
    """Return the mail's text.

    Args:
        dag_id: the DAG.
        run_id: its run.
        reasons: by failed task its ``reason`` and the address of its ``log``, as far as they are known.
        more: how many failed tasks are not among them.
        stopped: how many tasks did not run because of them.
    """
    lines = [f"The run {run_id} of {dag_id} has failed.", ""]
    for task, known in reasons.items():
        lines += [f"{task}:", *(f"  {line}" for line in known.get("reason", "see its log").splitlines())]
        lines += [f"  Log: {known['log']}"] if known.get("log") else []
        lines.append("")
    if more > 0:
        lines += [f"{more} more failed.", ""]
    if stopped:
        lines += [f"{stopped} tasks after them did not run.", ""]
    lines += [
        "What to do: mend the cause, then clear the failed task with all that follows it; every task may run twice.",
        "A load that failed at fail_on_refused_files alone has published everything except the files that it names.",
        "docs/operating.md says of each message what it means.",
        "",
        f"Run: {run_address(dag_id, run_id)}",
    ]
    return "\n".join(lines) + "\n"


def reason_of(context: Any, task: str) -> Reason:
    """Return why a task failed the last time it ran: before this run was last cleared, when that left it alone."""
    s3, bucket = s3_client(), names().state_bucket
    for folder in _folders(context):
        if stored := read_json(s3, bucket, f"{folder}/{task}.json"):
            return cast("Reason", stored.value)
    return {}


def _folder(context: Any) -> str:
    """Return where a run's reasons lie; a run that was cleared begins anew."""
    return _folders(context)[0]


def _folders(context: Any) -> list[str]:
    """Return where the reasons lie of a run since it was last cleared, and before that, newest first."""
    dag_run = context["dag_run"]
    digest = hashlib.sha256(dag_run.run_id.encode()).hexdigest()[:24]
    cleared = getattr(dag_run, "clear_number", None) or 0
    return [f"failures/{dag_run.dag_id}/{digest}-{number}" for number in range(cleared, -1, -1)]


def _label(task_id: str, map_index: int | None) -> str:
    """Return a task's name as ``get_task_states`` has it: with its place when it is one of several."""
    return task_id if map_index is None or map_index < 0 else f"{task_id}_{map_index}"
