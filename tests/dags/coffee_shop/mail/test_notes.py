"""The last task of a run: what of its tasks counts, and the paragraph that it makes of the lines."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from coffee_shop.mail import notes
from coffee_shop.mail.notes import EndedRun, end_run, paragraph, quoted, skip


class Run:
    """A run as its last task sees it: XComs by task and key, states by task, reasons of failures by task."""

    def __init__(self, **states: str) -> None:
        self.states, self.reasons = states, {}
        self.xcoms: dict[tuple[str, str], Any] = {}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.xcoms.get((task_ids, key))

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms["send_mail", key] = value

    @property
    def ended(self) -> EndedRun:
        return EndedRun({"ti": self}, self.states)


def test_what_a_task_returned_counts_only_if_it_succeeded_the_last_time():
    run = Run(plan_load="success", store_report="upstream_failed")
    run.xcoms = {("plan_load", "return_value"): "load-1", ("store_report", "return_value"): "of before it was cleared"}

    assert run.ended.returned("plan_load") == "load-1"
    assert run.ended.returned("store_report") is None
    assert run.ended.returned("send_mail") is None


def test_a_task_that_skips_itself_leaves_the_reason():
    run = Run(send_mail="skipped")

    with pytest.raises(AirflowSkipException, match="not asked to mail"):
        skip({"ti": run}, "This run was not asked to mail.")

    assert run.ended.why_skipped("send_mail") == "This run was not asked to mail."
    assert run.ended.why_skipped("store_report") is None
    run.states["send_mail"] = "success"  # it was cleared
    assert run.ended.why_skipped("send_mail") is None


def test_the_first_line_stands_behind_a_heading_and_the_others_are_a_list_without_an_empty_line():
    assert paragraph(["Load load-1\nis published.", "1 file\x00 read."]) == (
        "**What this run did**: Load load-1 is published.\n- 1 file read."
    )


def test_lines_that_have_no_room_in_a_note_are_left_out():
    text = paragraph([letter * 300 for letter in "abcd"])

    assert text == f"**What this run did**: {'a' * 300}\n- {'b' * 300}\n- {'c' * 300}"
    assert len(paragraph(["x" * 5000])) < 1000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sales-reciept/*april*.csv", "`sales-reciept/*april*.csv`"),
        ("\nRefused whole:\nline 2: many", "`Refused whole:`"),
        ("a `b` [c](https://evil.example)", "`a 'b' [c](https://evil.example)`"),
        ("x" * 300, f"`{'x' * 199}…`"),
    ],
)
def test_what_may_come_from_a_file_is_no_markdown(text, code):
    assert quoted(text) == code


@pytest.fixture
def failures_of(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run; the operators are told nothing."""
    run = Run()
    monkeypatch.setattr(notes, "task_states", lambda context: run.states)
    monkeypatch.setattr(notes, "mail_operators", lambda context, states: None)
    monkeypatch.setattr(notes, "reason_of", lambda context, task: run.reasons.get(task, {}))
    return run


def test_failures_come_first_each_with_its_task_and_the_first_line_of_its_reason(failures_of):
    failures_of.states = {"a": "success", "fail_on_refused_files": "failed", "checks_3": "failed"}
    failures_of.reasons = {
        "fail_on_refused_files": {"reason": "april.csv is not loaded; everything else is published.\n  Refused whole:"}
    }

    assert end_run(lambda run: ["1 file read."], ti=SimpleNamespace()) == (
        "**What this run did**: Failed at `checks_3`: `see its log`\n"
        "- Failed at `fail_on_refused_files`: `april.csv is not loaded; everything else is published.`\n"
        "- 1 file read."
    )


def test_after_three_failures_it_says_how_many_more(failures_of):
    failures_of.states = {f"sales.queries_{number}": "failed" for number in range(5)}

    lines = end_run(lambda run: [], ti=SimpleNamespace()).splitlines()

    assert lines[-2:] == ["- Failed at `sales.queries_2`: `see its log`", "- 2 more tasks failed."]
