"""Follow a DAG run until it has ended."""

from laptop.airflow_rest import AirflowRest
from laptop.phases import Phase

TOLD = ("running", "success", "failed", "up_for_retry", "deferred")
ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")
SECONDS = 1200


class RunFailedError(RuntimeError):
    """A DAG run failed; the message names the tasks and how to see their logs."""


def watch_run(airflow: AirflowRest, dag_id: str, run_id: str, phase: Phase) -> int:
    """Show what a run's tasks do until it has ended, and return how many of them worked.

    Raises:
        RunFailedError: the run failed.
        TimeoutError: it has not ended after 20 minutes.
    """
    states: dict[str, str] = {}

    def look(now: dict[str, str]) -> None:
        for task, state in now.items():
            has_no_name_yet = task.endswith("]") and state == "running"
            if state in TOLD and states.get(task) != state and not has_no_name_yet:
                phase.say(f"{task} {state}")
        phase.count(sum(state in ENDED for state in now.values()), len(now))
        states.clear()
        states.update(now)

    if airflow.wait_for_run(dag_id, run_id, SECONDS, look) != "success":
        failed = ", ".join(sorted(task for task, state in states.items() if state == "failed"))
        raise RunFailedError(f"{dag_id} failed in {failed or 'no task'}: open the UI, or type: make logs")
    return sum(state == "success" for state in states.values())
