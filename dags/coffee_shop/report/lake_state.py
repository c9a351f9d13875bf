"""One state of the lake for all queries of a report: if a load was published meanwhile, they run again.

They do so too when the lake does not hold what the ledger says, as while a load is replacing days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.athena import AthenaHook

MOST_RUNS_AGAIN = 2

Executions = dict[str, str]


@dataclass(frozen=True)
class Settled:
    """The queries whose results count, by question; the newest load that all saw; whether another came meanwhile.

    ``differing`` names the days and outlets of which the lake does not hold what that load published.
    """

    executions: Executions
    load_id: str | None
    changed: bool
    differing: list[str]


def settle(
    noted: str | None,
    executions: Executions,
    newest: Callable[[], str | None],
    run_again: Callable[[Executions], Executions],
    differences: Callable[[Executions], list[str]],
) -> Settled:
    """Return queries that all saw one state of the lake, running them again at most twice.

    Args:
        noted: the newest published load before the first query.
        executions: the query of each question.
        newest: looks up the newest published load.
        run_again: starts all queries once more, waits, and returns the new ones.
        differences: compares what queries gave with the ledger.
    """
    after, differing = newest(), differences(executions)
    for _ in range(MOST_RUNS_AGAIN):
        if (after == noted and not differing) or not executions:
            break
        noted = after
        executions = run_again(executions)
        after, differing = newest(), differences(executions)
    return Settled(executions, noted, after != noted and bool(executions), differing)


def run_queries_again(hook: AthenaHook, executions: Executions, poll_seconds: float) -> Executions:
    """Start the same SQL in the same database and workgroup, and wait for all of it.

    Raises:
        RuntimeError: a query did not succeed; the message names the question and Athena's reason.
    """
    again = {question: _start_again(hook, execution_id) for question, execution_id in executions.items()}
    poll: Any = hook.poll_query_status  # it says that it sleeps whole seconds, and does not mind
    for question, execution_id in again.items():
        state = poll(execution_id, sleep_time=poll_seconds)
        if state != "SUCCEEDED":
            raise RuntimeError(
                f"{question}: query {execution_id} ended as {state}: {hook.get_state_change_reason(execution_id)}"
            )
    return again


def _start_again(hook: AthenaHook, execution_id: str) -> str:
    athena: Any = hook.get_conn()
    old = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
    return hook.run_query(
        query=old["Query"],
        query_context=old["QueryExecutionContext"],
        result_configuration={},
        workgroup=old["WorkGroup"],
    )
