"""The text of a raw file as records: every physical line is in one record, and none swallows another (contract 3.1)."""

import csv
import io
import tracemalloc
from collections import Counter

import pytest
from coffee_shop_jobs import records
from coffee_shop_jobs.records import EMPTY_ROW, NOT_CLOSED, PADDING_CUT, PADDING_LINE, Lines, read_records
from hypothesis import example, given
from hypothesis import strategies as st


def read(text, skipped=None):
    """The records of a text: line, cells (or None)."""
    file = io.BytesIO(text.encode())
    return [
        (record.line, record.cells) for record in read_records(Lines(file), Counter() if skipped is None else skipped)
    ]


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
    file = io.BytesIO(b'a,b\n1,"2\n3,"4"5\n6,7\r8\n')

    assert [record.problem.partition(": ")[2] for record in read_records(Lines(file), Counter())] == [
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


def test_nul_bytes_between_the_two_characters_of_a_line_end_are_taken_off():
    assert read("a,b\r\n1,2\r" + "\0" * 9) == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_rows_without_any_value_above_the_header_are_left_out():
    skipped = Counter()

    assert read(',,,,\n" ",\na,b\n1,2\n', skipped) == [(3, ["a", "b"]), (4, ["1", "2"])]
    assert skipped == {EMPTY_ROW: 2}


def test_where_lines_end_with_cr_alone_each_is_a_row():
    assert read("a,b,c\n1,2,3\n4,5,6\r7,8,9\r1,2\r")[2:] == [(3, None)] * 3
    assert read("a,b,c\n1,2\r2,3\n") == [(1, ["a", "b", "c"]), (2, None)]  # within a row


def test_a_stray_quote_does_not_swallow_rows_that_have_other_cells_than_the_header():
    wide, header = "4,5,6,7,8,9,10,11", "a,b,c,d,e,f,g"

    for between in ([], [wide], [wide] * 5, ["4,5,6,7,8"]):
        # joined they would have the header's seven cells
        stray = "\n".join([header, '1,2,3,"4,5,6,7', *between, '0,1,2,3,12",5,6,7', "1,2,3,4,5,6,7", ""])
        records = read(stray)
        assert [line for line, _ in records] == list(range(1, len(between) + 5))
        assert records[1] == (2, None)


def test_a_cell_may_be_longer_than_pythons_own_limit():
    assert read(f'a,b\n1,"{"x" * 200_000}"\n')[1] == (2, ["1", "x" * 200_000])


def test_a_long_line_behind_a_quote_that_is_not_closed_needs_little_memory():
    tracemalloc.start()
    read('a,b,c\n1,"x,y\n"' + "z" * 1_000_000 + '",1\n2,3,4\n')
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 30_000_000  # bytes; it was 134 million


# --- whatever a till writes

LINES = st.lists(st.text(st.sampled_from('ab1,"" \r\0\x1a\ufeffé'), max_size=12), max_size=12)


@given(LINES)
@example(['a,"b', "", 'c"', '1,"2', "3,4"])
def test_each_physical_line_is_in_exactly_one_record_or_is_blank(lines):
    file = io.BytesIO("\n".join(lines).encode())
    expected, no_text = 1, ' ,"\r\0\x1a\ufeff'  # above the header rows without any value are left out too
    for record in read_records(Lines(file), Counter()):
        left_out = lines[expected - 1 : record.line - 1]
        assert not "".join(left_out).strip(no_text)
        expected, no_text = record.line + record.text.count("\n") + 1, " \r\0\x1a\ufeff"
    assert not "".join(lines[expected - 1 :]).strip(no_text)


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
