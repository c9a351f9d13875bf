from hypothesis import given
from hypothesis import strategies as st

from local_aws.athena.results import from_csv, from_text, to_csv, to_text

value = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(value, min_size=n, max_size=n))))
def test_what_is_written_is_read_back(rows):
    width = len(rows[0]) if rows else 1
    header = [f"c{i}" for i in range(width)]
    assert from_csv(to_csv(header, rows)) == [header, *rows]


def test_null_and_the_empty_text_differ():
    assert to_csv(["a", "b"], [[None, ""]]) == b'"a","b"\n,""\n'


def test_ddl_output_is_plain_text():
    assert to_text([["a", None], ["b", "c"]]) == b"a\t\nb\tc\n"
    assert from_text(b"a\t\nb\tc\n") == [["a", ""], ["b", "c"]]
