"""Records by the thousand as columns: plain lines are taken apart at once, with what each by itself would give."""

import io
from collections import Counter

import pytest
from coffee_shop_jobs import chunks
from coffee_shop_jobs.records import Lines, Record, read_records
from hypothesis import example, given
from hypothesis import strategies as st

from tests.include.glue.coffee_shop_jobs.reading import sales

HEADER = "a,b,c\n"


def chunks_of(text, size):
    """The chunks below the header of a text, and what was left out of it."""
    lines, skipped = Lines(io.BytesIO((HEADER + text).encode())), Counter()
    records = read_records(lines, skipped)
    next(records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", size)
        return list(chunks.read_chunks(lines, records, 3)), skipped


def rows_of(chunk):
    return list(zip(*(column.to_pylist() for column in chunk.columns), strict=True))


def test_plain_lines_come_as_columns_and_each_can_be_looked_at():
    (chunk,), _ = chunks_of('1,"two, ""2""",3\r\n4,,"6"\r\n', 10)

    assert rows_of(chunk) == [("1", 'two, "2"', "3"), ("4", "", "6")]
    assert chunk.record(0) == Record(2, '1,"two, ""2""",3', ["1", 'two, "2"', "3"])
    assert chunk.record(1) == Record(3, '4,,"6"', ["4", "", "6"])
    assert [chunk.line(row) for row in (0, 1)] == [2, 3]


@pytest.mark.parametrize(
    ("line", "records"),
    [
        ("4,5\n", [Record(3, "4,5", ["4", "5"])]),  # too few cells
        ('4,"5\n', [Record(3, '4,"5', None, "quotes or line ends are not as in RFC 4180: a quote is opened and not")]),
        ("\n", []),
        ("\x00\x00\n", []),  # a till that was switched off
        ("4,5\r6,7\n", [Record(3, "4,5\r6,7", None, "quotes or line ends are not as in RFC 4180: a carriage return")]),
    ],
)
def test_one_line_that_is_not_plain_lets_each_of_its_chunk_be_looked_at(line, records):
    (first, second), _ = chunks_of("1,2,3\n" + line + "7,8,9\n10,11,12\n", 3 if records else 2)

    assert rows_of(first) + rows_of(second) == [("1", "2", "3"), ("7", "8", "9"), ("10", "11", "12")]
    found = [record._replace(problem=record.problem[: len(records[0].problem)]) for record in first.unfit]
    assert found == records
    assert [chunk.line(row) for chunk in (first, second) for row in range(len(rows_of(chunk)))] == [
        chunk.record(row).line for chunk in (first, second) for row in range(len(rows_of(chunk)))
    ]


def test_long_lines_come_few_at_once_also_where_one_is_not_plain(monkeypatch):
    """Else thousands of descriptions with a picture in each would be in memory together."""
    monkeypatch.setattr(chunks, "BYTES", 100)

    found, _ = chunks_of(f'1,2,{"x" * 80}\n4,5"5,{"x" * 80}\n' * 4, 25_000)

    assert [row[0] for chunk in found for row in rows_of(chunk)] == ["1", "4"] * 4
    assert {len(rows_of(chunk)) for chunk in found} == {2}


def test_no_row_is_put_together_for_an_optional_value_that_cannot_be_read(read, monkeypatch):
    """Excel writes each date of a file otherwise: ten thousand rows, of which a refusal shows three lines."""
    monkeypatch.setattr(chunks, "Record", None)

    found = read(sales(*[{"CustomerSince": "2/19/2018"}] * 5))

    assert found.totals["nulled"] == {"customersince": {"is not a date such as 2019-04-24": 5}}
    assert [line for line, _ in found.summary.faults["CustomerSince", "is not a date such as 2019-04-24"].first] == [
        2,
        3,
        4,
    ]


def test_a_record_may_run_from_one_chunk_into_the_next():
    found, _ = chunks_of('1,2,3\n4,"5\n5",6\n7,8,9\n', 2)

    assert [row for chunk in found for row in rows_of(chunk)] == [
        ("1", "2", "3"),
        ("4", "5\n5", "6"),
        ("7", "8", "9"),
    ]


texts = st.lists(
    st.one_of(
        st.sampled_from(
            ["1,2,3\n", '1,"2",3\r\n', '"a ""b""",,\n', '1,"2\n', 'x",3\n', "1,2\n", "\n", ",,\n", "1,2\r,3\n"]
        ),
        st.text(alphabet='a1,"\n\r\x00 é', max_size=8),
    ),
    max_size=12,
).map("".join)


@given(texts, st.sampled_from([1, 2, 3, 25_000]))
@example('1,"2,3\n4,5,6\n7,"8",9\n', 1)
@example(",,\r1,2,3\n", 1)
@example('1,2,3\n""', 2)
@example("\n1,2,3\n", 2)
@example("1,2,3\n\n4,5,6\n\n", 4)
def test_chunks_hold_what_the_records_of_the_same_text_hold_one_by_one(text, size):
    found, skipped = chunks_of(text, size)

    lines, expected_skipped = Lines(io.BytesIO((HEADER + text).encode())), Counter()
    expected = list(read_records(lines, expected_skipped))[1:]
    records = [chunk.record(row) for chunk in found for row in range(len(rows_of(chunk)))]
    assert sorted([*records, *(each for chunk in found for each in chunk.unfit)]) == sorted(expected)
    assert [row for chunk in found for row in rows_of(chunk)] == [
        tuple(record.cells) for record in expected if len(record.cells or ()) == 3
    ]
    assert skipped == expected_skipped
