"""What people see while a command runs: one line a phase, the rest in a log."""

import io
import re

import pytest
from rich.console import Console

from laptop.phases import Phases

SECONDS = re.compile(r"\d+ s")


@pytest.fixture
def shown():
    return io.StringIO()


@pytest.fixture
def phases(tmp_path, shown):
    return Phases(tmp_path / "logs" / "make-demo.log", Console(file=shown, width=80, highlight=False))


def lines(shown) -> list[str]:
    return SECONDS.sub("0 s", shown.getvalue()).splitlines()


def test_a_phase_is_one_line(phases, shown):
    with phases.phase("Upload") as phase:
        phase.say("s3://raw/april.csv  20.1 MB")
        phase.count(1, 2)
        phase.outcome = "2 files to the raw bucket"
    with phases.phase("Load") as phase:
        phase.outcome = "24 tasks"
    assert lines(shown) == [
        "Upload               0 s   2 files to the raw bucket",
        "Load                 0 s   24 tasks",
    ]


def test_the_details_are_in_the_log_with_time_and_phase(phases):
    with phases.phase("Upload") as phase:
        phase.say("  s3://raw/april.csv  20.1 MB\n")
    (line,) = phases.log.read_text().splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  Upload:   s3://raw/april.csv  20.1 MB", line)


def test_a_log_keeps_what_earlier_commands_said(tmp_path, phases, shown):
    for words in ("the first command", "the second"):
        again = Phases(phases.log, Console(file=shown))
        with again.phase("Load") as phase:
            phase.say(words)
    assert [line.rpartition(": ")[2] for line in phases.log.read_text().splitlines()] == [
        "the first command",
        "the second",
    ]


def no_answer(phases):
    with phases.phase("Airflow") as phase:
        phase.outcome = "answers"
        raise TimeoutError("no answer")


def test_a_failure_is_said_in_the_line_and_goes_on(phases, shown):
    with pytest.raises(TimeoutError, match="no answer"):
        no_answer(phases)
    assert lines(shown) == [f"Airflow              0 s   failed; the details are in {phases.log}"]


def test_words_in_brackets_are_no_markup(phases, shown):
    with phases.phase("Load") as phase:
        phase.say("checks[3] success")
        phase.outcome = "[bold]checks[3][/bold]"
    assert lines(shown) == ["Load                 0 s   [bold]checks[3][/bold]"]


def test_a_terminal_shows_the_newest_detail_beside_the_bar(tmp_path):
    shown = io.StringIO()
    console = Console(file=shown, width=80, highlight=False, force_terminal=True)
    with Phases(tmp_path / "log", console).phase("Load") as phase:
        phase.say("checks: ids_are_right running")
        phase.count(3, 24)
    assert "Load" in shown.getvalue()
    assert "checks: ids_are_right" in shown.getvalue()
