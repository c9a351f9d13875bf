"""Follow a DAG run on the terminal until it has ended."""

import time

from laptop.airflow_rest import AirflowRest

TOLD = ("running", "success", "failed", "up_for_retry", "deferred")


class RunFailedError(RuntimeError):
    """A DAG run failed; the message names the tasks and how to see their logs."""


def watch_run(airflow: AirflowRest, dag_id: str, run_id: str) -> None:
    """Print what the run's tasks do until it has ended.

    Raises:
        RunFailedError: the run failed.
    """
    started = time.monotonic()
    states: dict[str, str] = {}

    def tell(task: str, state: str) -> None:
        states[task] = state
        if state in TOLD:
            print(f"  {time.monotonic() - started:5.0f} s  {task:<44} {state}", flush=True)

    if airflow.wait_for_run(dag_id, run_id, 1200, tell) != "success":
        failed = ", ".join(sorted(task for task, state in states.items() if state == "failed"))
        raise RunFailedError(f"{dag_id} failed in {failed or 'no task'}: open the UI, or type: make logs")
    if skipped := sum(state == "skipped" for state in states.values()):
        print(f"  {time.monotonic() - started:5.0f} s  {skipped} tasks had nothing to do")
