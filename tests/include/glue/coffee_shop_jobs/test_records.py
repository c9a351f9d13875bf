"""The text of a raw file as records: every physical line is in one record, and none swallows another (contract 3.1)."""

import csv
import io
from collections import Counter

import pytest
from coffee_shop_jobs import records
from coffee_shop_jobs.records import NOT_CLOSED, PADDING_CUT, PADDING_LINE, read_records
from hypothesis import example, given
from hypothesis import strategies as st


def read(text, skipped=None):
    """The records of a text: line, cells (or None)."""
    stream = io.StringIO(text, newline="\n")
    return [(record.line, record.cells) for record in read_records(stream, Counter() if skipped is None else skipped)]


def test_a_quoted_cell_may_run_over_line_ends():
    assert read('a,b,c\n1,"two\nlines, and\n""more""",3\n4,5,6\n') == [
        (1, ["a", "b", "c"]),
        (2, ["1", 'two\nlines, and\n"more"', "3"]),
        (5, ["4", "5", "6"]),
    ]


def test_a_quoted_cell_over_line_ends_may_be_the_last_one():
    assert read('a,b\r\n1,"two\r\nlines"\r\n3,4')[1:] == [(2, ["1", "two\r\nlines"]), (4, ["3", "4"])]


def test_a_stray_quote_costs_its_own_line():
    assert read('a,b,c\n1,"2,3\n4,5,6\n7,8",9\n10,11,12\n') == [
        (1, ["a", "b", "c"]),
        (2, None),
        (3, ["4", "5", "6"]),
        (4, ["7", '8"', "9"]),
        (5, ["10", "11", "12"]),
    ]


def test_two_stray_quotes_on_neighbouring_lines_do_not_make_one_record_of_two():
    # joined they would have three cells
    assert read('a,b,c\n1,"2,3\n4,5",6\n')[1:] == [(2, None), (3, ["4", '5"', "6"])]


def test_a_quote_that_is_never_closed_costs_its_own_line():
    assert read('a,b\n1,"2\n3,4\n5,6\n')[1:] == [(2, None), (3, ["3", "4"]), (4, ["5", "6"])]


def test_a_stray_quote_before_a_proper_quoted_cell():
    assert read('a,b,c\n1,"2,3\n4,"5, or ""6""",7\n')[1:] == [(2, None), (3, ["4", '5, or "6"', "7"])]


def test_a_stray_quote_before_a_cell_that_runs_over_line_ends():
    assert read('a,b,c\n1,"2,3\n4,"5\n6",7\n')[1:] == [(2, None), (3, ["4", "5\n6", "7"])]


def test_an_inch_mark_within_a_cell_is_text():
    assert read('a,b\n12" pan,5 "large"\n')[1:] == [(2, ['12" pan', '5 "large"'])]


def test_joined_lines_of_another_width_stay_lines():
    assert read('a,b,c\n1,"x\ny"\n4,5,6\n')[1:] == [(2, None), (3, ['y"']), (4, ["4", "5", "6"])]


def test_a_record_has_at_most_a_thousand_lines(monkeypatch):
    monkeypatch.setattr(records, "MOST_LINES", 3)

    assert read('a,b\n1,"x\n\ny"\n')[1:] == [(2, ["1", "x\n\ny"])]
    assert read('a,b\n1,"x\n\n\ny"\n')[1:] == [(2, None), (5, ['y"'])]


def test_a_problem_says_what_is_wrong():
    stream = io.StringIO('a,b\n1,"2\n3,"4"5\n6,7\r8\n', newline="\n")

    assert [record.problem.partition(": ")[2] for record in read_records(stream, Counter())] == [
        "",
        NOT_CLOSED,
        "',' expected after '\"'",
        "a carriage return within the line",
    ]


def test_a_header_may_run_over_line_ends_but_not_over_rows():
    assert read('a,"b\nc"\n1,2\n') == [(1, ["a", "b\nc"]), (3, ["1", "2"])]
    assert read('a,"b\n1,2\n3,4"\n') == [(1, None), (2, ["1", "2"]), (3, ["3", '4"'])]


@pytest.mark.parametrize("padding", ["\0\0\0", "\x1a", "\0\x1a\r\n", "\x1a\n\n"])
def test_nul_bytes_and_ctrl_z_at_the_end_are_left_out(padding):
    skipped = Counter()

    assert read("a,b\n1,2\n" + padding, skipped) == [(1, ["a", "b"]), (2, ["1", "2"])]
    assert skipped == {PADDING_LINE: 1}


@pytest.mark.parametrize("text", ["a,b\n1,2\0\0\0", "a,b\n1,2\x1a\n", "a,b\n\x1a1,2\n", 'a,b\n1,"2"\0\n'])
def test_nul_bytes_and_ctrl_z_on_the_line_of_a_row_are_taken_off(text):
    skipped = Counter()

    assert read(text, skipped)[1:] == [(2, ["1", "2"])]
    assert skipped == {PADDING_CUT: 1}


# --- whatever a till writes

LINES = st.lists(st.text(st.sampled_from('ab1,"" \r\0\x1a\ufeffé'), max_size=12), max_size=12)


@given(LINES)
@example(['a,"b', "", 'c"', '1,"2', "3,4"])
def test_each_physical_line_is_in_exactly_one_record_or_is_blank(lines):
    stream = io.StringIO("\n".join(lines), newline="\n")
    expected = 1
    for record in read_records(stream, Counter()):
        left_out = lines[expected - 1 : record.line - 1]
        assert not "".join(left_out).strip(" \r\0\x1a\ufeff")
        expected = record.line + record.text.count("\n") + 1
    assert not "".join(lines[expected - 1 :]).strip(" \r\0\x1a\ufeff")


@given(LINES, st.integers(0, 12))
def test_a_plain_line_with_the_headers_width_is_never_swallowed(lines, place):
    lines.insert(min(place, len(lines)), "one,two,three")

    assert ["one", "two", "three"] in [cells for _, cells in read("\n".join(["a,b,c", *lines]))]


CELL = st.sampled_from(["", "a", "x, y", '12"', '"', '""', "é", "two\nlines", "\n", '"\n"', " "])


@given(st.lists(st.tuples(st.sampled_from("abc"), *[CELL] * 4)))
def test_what_a_csv_writer_writes_is_read_back(rows):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["h"] * 5, *rows])

    assert [cells and tuple(cells) for _, cells in read(text.getvalue())[1:]] == rows
