"""A run's note with what the run did: where it stands beside what people wrote, and how long it may be."""

import subprocess
import sys
from pathlib import Path

import pytest
from coffee_shop_run_notes import with_paragraph

ROOT = Path(__file__).resolve().parents[2]
FAILED = "**What this run did**: Failed at `checks_3`: `see its log`\n- Load load-1 is not published."
DONE = "**What this run did**: Load load-1 is published."
UPLOAD = "s3://coffee-shop-raw-123456789012/sales-reciept/april.csv"


def test_it_stands_alone_or_above_what_stands_there_since_airflow_shows_the_first_line():
    assert with_paragraph("", DONE) == DONE
    assert with_paragraph(f"{UPLOAD}\n", DONE) == f"{DONE}\n\n{UPLOAD}"


def test_a_run_that_was_cleared_replaces_its_paragraph_and_nothing_else():
    first = with_paragraph(UPLOAD, FAILED)
    with_comments = f"For Ann.\n\n{first}\nBob: cleared it.\n\n- And a list\n- of Bob's"

    assert with_paragraph(first, DONE) == f"{DONE}\n\n{UPLOAD}"
    assert with_paragraph(with_comments, DONE) == (
        f"For Ann.\n\n{DONE}\n\n{UPLOAD}\nBob: cleared it.\n\n- And a list\n- of Bob's"
    )
    assert with_paragraph(with_paragraph(with_comments, DONE), FAILED) == with_comments


def test_the_paragraph_of_an_earlier_version_had_its_heading_on_a_line_of_its_own():
    earlier = f"{UPLOAD}\n\n**What this run did**\n- Failed at `checks_3`: `see its log`"
    assert with_paragraph(earlier, DONE) == f"{UPLOAD}\n\n{DONE}"


def test_a_note_that_a_browser_sent_is_understood():
    assert with_paragraph(FAILED.replace("\n", "\r\n") + "\r\n\r\nBob", DONE) == f"{DONE}\r\n\r\nBob"


def test_lines_that_have_no_room_are_left_out_and_never_what_people_wrote():
    people = "x" * 920
    assert with_paragraph(people, FAILED) == f"**What this run did**: Failed at `checks_3`: `see its log`\n\n{people}"
    assert with_paragraph("x" * 990, FAILED) == "x" * 990
    assert with_paragraph(f"{DONE}\n\n{'x' * 990}", FAILED) == "x" * 990


@pytest.mark.parametrize("length", range(0, 1001, 40))
def test_a_note_is_never_longer_than_airflow_takes(length):
    assert len(with_paragraph("x" * length, FAILED)) <= 1000


def test_the_plugin_brings_in_next_to_nothing():
    """All that runs a task loads it."""
    look = "import sys, airflow.plugins_manager, airflow.listeners; before = set(sys.modules); "
    look += "import coffee_shop_run_notes; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT / "plugins", capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["['coffee_shop_run_notes']"], done.stderr
