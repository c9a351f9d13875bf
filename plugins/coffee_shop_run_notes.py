"""The note of each run says what the run did: a listener in the scheduler puts it there when the run has ended.

The run's last task returns the paragraph, as a task cannot write its run's note. All that runs a task loads this file
too: it imports next to nothing, and looks into Airflow's database alone.
"""

import re
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

DAGS, LAST_TASK = "coffee_shop_", "tell_operators"
MOST_LETTERS = 1000  # Airflow's limit of a note


class RunNotes:
    """Is told of each run that ends, in the scheduler's session, which is committed after it."""

    @hookimpl
    def on_dag_run_success(self, dag_run: Any) -> None:
        """Write the note of a run that succeeded."""
        write_note(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any) -> None:
        """Write the note of a run that failed."""
        write_note(dag_run)


def write_note(dag_run: Any) -> None:
    """Put what a run's last task returned into the run's note; a run of another DAG is left alone."""
    if not dag_run.dag_id.startswith(DAGS):
        return
    from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    keys = {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id, "task_id": LAST_TASK, "key": XCOM_RETURN_KEY}
    session = object_session(dag_run)  # none in `airflow dags test`
    paragraph = session.scalar(select(XComModel.value).filter_by(**keys)) if session else None
    if paragraph:
        dag_run.note = with_paragraph(dag_run.note or "", str(paragraph))


def with_paragraph(note: str, paragraph: str) -> str:
    """Return a note with a paragraph above what stands there, or in the place of an earlier one with its heading.

    Airflow shows the first line of a note until somebody opens it. What does not fit is left out of the paragraph,
    never of what people wrote.

    Args:
        note: the note so far.
        paragraph: a line that begins with a heading in bold type, and below it lines that begin with ``- ``.
    """
    heading, lines = paragraph[: paragraph.index("**", 2)], paragraph.splitlines()
    there = re.search(rf"^{re.escape(heading)}[^\r\n]*(\r?\n- [^\r\n]*)*", note, re.MULTILINE)
    before, after = (note[: there.start()], note[there.end() :]) if there else ("", note and f"\n\n{note.strip()}")
    while lines and len(before + "\n".join(lines) + after) > MOST_LETTERS:
        lines.pop()
    return before + "\n".join(lines) + after if lines else (before.rstrip() + after).lstrip()


class CoffeeShopRunNotes(AirflowPlugin):
    """Adds the listener."""

    name = "coffee_shop_run_notes"
    listeners = [RunNotes()]  # noqa: RUF012
