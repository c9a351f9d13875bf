"""The few calls of Airflow's REST API (v2) that the laptop's commands make."""

import datetime as dt
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from laptop.stack import USER, Stack, stack_secrets

ENDED = ("success", "failed")
REPEATABLE = ("GET", "PATCH")  # sent twice they do what they do sent once


class RestError(RuntimeError):
    """Airflow refused a call; the message has its status and its words."""

    def __init__(self, method: str, path: str, status: int, words: str) -> None:
        super().__init__(f"{method} {path}: HTTP {status}: {words}")
        self.status = status


def _send(method: str, url: str, body: object, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(  # noqa: S310  # always our own http://127.0.0.1
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise RestError(method, url, error.code, error.read().decode(errors="replace")[:500]) from error


def _instance_name(instance: dict[str, Any]) -> str:
    name, number = str(instance["task_id"]), instance["map_index"]
    if number < 0:
        return name
    works_on = instance["rendered_map_index"] or str(number)  # Airflow gives the number until it has rendered the name
    return f"{name}[{number}]" if works_on == str(number) else f"{name}: {works_on}"


class AirflowRest:
    """A signed-in caller of one stack's Airflow."""

    def __init__(self, stack: Stack) -> None:
        self._base = stack.airflow_url
        password = stack_secrets(stack)["password"]
        answer = _send("POST", f"{self._base}/auth/token", {"username": USER, "password": password}, {})
        self.token = str(answer["access_token"])
        self._headers = {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one call below /api/v2 and return its JSON.

        What may be sent twice is, a few times, while Airflow says that it failed: SQLite, its database here, refuses a
        call when another program holds its lock for more than 5 s.

        Raises:
            RestError: any status but 2xx.
        """
        pauses = [1, 2, 4] if method in REPEATABLE else []
        while True:
            try:
                return _send(method, f"{self._base}/api/v2{path}", body, self._headers)
            except RestError as error:
                if error.status < HTTPStatus.INTERNAL_SERVER_ERROR or not pauses:
                    raise
            time.sleep(pauses.pop(0))

    def wait_for_dags(self, dag_ids: list[str], seconds: float = 180) -> None:
        """Wait until Airflow has parsed all these DAGs.

        Raises:
            TimeoutError: one is missing; the message has the import errors that Airflow shows.
        """
        end = time.monotonic() + seconds
        missing = set(dag_ids)
        while time.monotonic() < end:
            known = {dag["dag_id"] for dag in self.call("GET", "/dags?limit=100")["dags"]}
            missing = set(dag_ids) - known
            if not missing:
                return
            time.sleep(1)
        errors = [
            e["filename"] + ": " + e["stack_trace"][-300:] for e in self.call("GET", "/importErrors")["import_errors"]
        ]
        raise TimeoutError(f"Airflow did not find {sorted(missing)}. Import errors: {errors or 'none'}")

    def pause(self, dag_id: str, paused: bool) -> None:
        """Switch a DAG off or on."""
        self.call("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": paused})

    def is_paused(self, dag_id: str) -> bool:
        """Return whether a DAG is switched off."""
        return bool(self.call("GET", f"/dags/{dag_id}")["is_paused"])

    def set_variable_once(self, key: str, value: str, description: str) -> bool:
        """Create an Airflow Variable unless it is there; return whether it was made now."""
        try:
            self.call("POST", "/variables", {"key": key, "value": value, "description": description})
        except RestError as error:
            if error.status != 409:
                raise
            return False
        return True

    def runs_since(self, dag_id: str, moment: dt.datetime) -> list[dict[str, Any]]:
        """Return the runs of a DAG that were asked for after ``moment``, the earliest first."""
        words = urllib.parse.urlencode({"run_after_gte": moment.isoformat(), "order_by": "run_after", "limit": 100})
        runs: list[dict[str, Any]] = self.call("GET", f"/dags/{dag_id}/dagRuns?{words}")["dag_runs"]
        return runs

    def runs_under_way(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the runs of a DAG that wait or run, the earliest first."""
        words = "state=queued&state=running&order_by=run_after&limit=100"
        runs: list[dict[str, Any]] = self.call("GET", f"/dags/{dag_id}/dagRuns?{words}")["dag_runs"]
        return runs

    def trigger(self, dag_id: str, conf: dict[str, object], run_id: str | None = None, note: str | None = None) -> str:
        """Start a run without a logical date and return its id.

        Raises:
            RestError: 409 when the run id is taken, 400 when the form's values are refused.
        """
        body: dict[str, object] = {"logical_date": None, "conf": conf}
        body |= {} if run_id is None else {"dag_run_id": run_id}
        body |= {} if note is None else {"note": note}
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return queued, running, success or failed."""
        return str(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the state of each task instance by its name; None becomes waiting.

        A mapped instance is named after what it works on as soon as Airflow knows it, `checks: keys_are_unique`, and
        after its number before, `checks[3]`.
        """
        page = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=200")
        return {_instance_name(instance): instance["state"] or "waiting" for instance in page["task_instances"]}

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        seconds: float,
        on_look: Callable[[dict[str, str]], None] = lambda states: None,
    ) -> str:
        """Wait until a run has ended, show ``on_look`` the state of its tasks every second, and return the run's state.

        Raises:
            TimeoutError: the run has not ended after ``seconds``.
        """
        end = time.monotonic() + seconds
        states: dict[str, str] = {}
        while time.monotonic() < end:
            state = self.run_state(dag_id, run_id)
            states = self.task_states(dag_id, run_id)
            on_look(states)
            if state in ENDED:
                return state
            time.sleep(1)
        raise TimeoutError(f"{dag_id} run {run_id} has not ended after {seconds:.0f} s: {states}")
