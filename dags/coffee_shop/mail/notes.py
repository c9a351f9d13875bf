"""The last task of each run: it mails the operators of failures, and returns what the run's note is to say.

A task cannot write its run's note in Airflow's UI: plugins/coffee_shop_run_notes.py, which the scheduler has, does so
with what this task returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from airflow.providers.standard.operators.python import PythonOperator

from coffee_shop.mail.failures import failed_tasks, mail_operators, reason_of, task_states
from coffee_shop.report.wording import shortened

HEADING = "**What this run did**"  # by it the plugin finds the paragraph of a run that was cleared
MOST_LETTERS, LONGEST_QUOTE, MOST_NAMED = 1_000, 200, 3  # the first is Airflow's limit of a note
WHY_SKIPPED = "why_skipped"  # the XCom of a task that skipped itself


@dataclass(frozen=True)
class EndedRun:
    """A run whose tasks have ended, all but the one that asks; ``states`` is by task, as Airflow has them."""

    context: Mapping[str, Any]
    states: Mapping[str, str]

    @property
    def has_failed(self) -> bool:
        """Whether a task failed."""
        return bool(failed_tasks(self.states))

    def returned(self, task_id: str) -> Any:
        """Return what a task returned; None when it did not succeed, whatever it returned before it was cleared."""
        has_succeeded = self.states.get(task_id) == "success"
        return self.context["ti"].xcom_pull(task_ids=task_id) if has_succeeded else None

    def why_skipped(self, task_id: str) -> str | None:
        """Return why a task skipped itself, a sentence; None when it did not."""
        is_skipped = self.states.get(task_id) == "skipped"
        return self.context["ti"].xcom_pull(task_ids=task_id, key=WHY_SKIPPED) if is_skipped else None


def skip(context: Any, reason: str) -> NoReturn:
    """Skip a task, and keep the reason for the note of its run.

    Raises:
        AirflowSkipException: in any case.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    context["ti"].xcom_push(key=WHY_SKIPPED, value=reason)
    raise AirflowSkipException(reason)


def tell_operators(lines_of: Callable[[EndedRun], list[str]]) -> Any:
    """Return the last task of a DAG's runs, a teardown: it runs in any case and changes no run's state.

    Args:
        lines_of: says what a run of this DAG did, a line each.
    """
    return PythonOperator(
        task_id="tell_operators",
        task_display_name="Tell the operators what the run did",
        python_callable=partial(end_run, lines_of),
        doc_md="Mails the operators if a task failed, and returns what the run's note then says: what the run did, "
        "which tasks failed and why. As a teardown it runs in any case and changes no run's state.",
    ).as_teardown()


def end_run(lines_of: Callable[[EndedRun], list[str]], **context: Any) -> str:
    """Mail the operators if a task failed; return the paragraph for the run's note."""
    states = task_states(context)
    mail_operators(context, states)
    return paragraph([*_failures(context, states), *lines_of(EndedRun(context, states))])


def paragraph(lines: Iterable[str]) -> str:
    """Return lines as a paragraph of Markdown, the first behind a heading, the others as a list below it.

    The last ones are left out if they do not fit.
    """
    text, before = HEADING, ": "
    for line in lines:
        item = before + "".join(letter for letter in " ".join(line.split()) if letter.isprintable())
        if len(text) + len(item) > MOST_LETTERS:
            break
        text, before = text + item, "\n- "
    return text


def _failures(context: Any, states: Mapping[str, str]) -> list[str]:
    failed = failed_tasks(states)
    reasons = {task: reason_of(context, task).get("reason", "see its log") for task in failed[:MOST_NAMED]}
    lines = [f"Failed at {quoted(task)}: {quoted(reason)}" for task, reason in reasons.items()]
    return [*lines, *more(len(failed) - MOST_NAMED, "more task failed", "more tasks failed")]


def quoted(text: str) -> str:
    """Return the first line of a text that may come from a file, as code, so that nothing in it is Markdown."""
    line = text.strip().replace("`", "'").partition("\n")[0]
    return f"`{shortened(line, LONGEST_QUOTE)}`"


def more(number: int, one: str, many: str) -> list[str]:
    """Return in a sentence how many more there are; nothing when there are none."""
    return [f"{number:,} {one if number == 1 else many}."] if number > 0 else []
