"""CSV as Glue's classifiers see it. Documentation: "Defining and managing classifiers", AWS Glue developer guide."""

import pytest

from local_aws.glue.csv_files import LAZY_SERDE, OPEN_CSV_SERDE, CsvClassifier, infer, recognise


def look(text: str | bytes, how: CsvClassifier | None = None, whole_file: bool = True):
    sample = text.encode() if isinstance(text, str) else text
    return recognise(sample, whole_file, "none", len(sample), how)


def columns(schema):
    return [(column.name, column.type) for column in schema.columns]


def test_types_of_the_built_in_classifier():
    schema = look("Id,Height,Name,Extinct,Seen\n1,3,Oak,true,2020-01-01\n-2,3.5,Ash,FALSE,2020-01-02\n")
    assert columns(schema) == [
        ("id", "bigint"),
        ("height", "double"),
        ("name", "string"),
        ("extinct", "boolean"),
        ("seen", "string"),
    ]
    assert schema.rows == 2
    assert dict(schema.format.table_parameters)["skip.header.line.count"] == "1"


@pytest.mark.parametrize("separator", [",", "|", "\t", ";", "\x01"])
def test_separators_that_glue_tries(separator):
    schema = look(f"a{separator}b\n1{separator}2\n")
    assert columns(schema) == [("a", "bigint"), ("b", "bigint")]
    assert dict(schema.format.serde_parameters) == {"field.delim": separator}
    assert schema.format.serde == LAZY_SERDE


@pytest.mark.parametrize(
    "text",
    [
        "one column\nonly\n",
        "a,b\n",  # fewer than two rows
        "a,b\n1,2,3\n",
        'a,b\n1,"2\n',
        b"a,b\n\xff,1\n",
        b"a,b\n1,\x002\n",
        "",
    ],
)
def test_not_csv_for_the_built_in_classifier(text):
    assert look(text) is None


def test_first_line_is_data_when_all_columns_are_text():
    """The header must be sufficiently different from the data: some column must not be a string."""
    schema = look("tree,colour\noak,green\n")
    assert columns(schema) == [("col0", "string"), ("col1", "string")]
    assert "skip.header.line.count" not in dict(schema.format.table_parameters)


def test_first_line_is_data_when_one_of_its_values_is_a_number():
    assert columns(look("a,7\n1,2\n")) == [("col0", "string"), ("col1", "bigint")]


def test_a_heading_of_150_characters_is_no_heading_unless_it_is_the_last():
    assert columns(look(f"{'a' * 150},b\n1,2\n"))[0][0] == "col0"
    assert columns(look(f"a,{'b' * 150}\n1,2\n"))[1][0] == "b" * 150


def test_trailing_separator():
    assert columns(look("a,b,\n1,2,\n")) == [("a", "bigint"), ("b", "bigint"), ("col2", "string")]


def test_byte_order_mark_quotes_and_line_breaks_in_quotes():
    schema = look(b'\xef\xbb\xbfname,n\r\n"Oak, old",1\r\n"Ash\r\nyoung",2\r\n')
    assert columns(schema) == [("name", "string"), ("n", "bigint")]
    assert schema.rows == 2


def test_headings_that_repeat_or_are_blank():
    assert [name for name, _ in columns(look("A,a,b\n1,2,3\n"))] == ["a", "a_1", "b"]


def test_a_cut_sample_leaves_out_its_last_line():
    schema = look("a,b\n1,2\n3,x", whole_file=False)
    assert columns(schema) == [("a", "bigint"), ("b", "bigint")]


def test_only_the_first_thousand_records_count():
    """AWS re:Post, "How does the AWS Glue crawler detect the schema?"."""
    rows = "".join(f"{number},1\n" for number in range(1001))
    assert columns(look(f"a,b\n{rows}late,text\n"))[0] == ("a", "bigint")


def test_custom_header_and_separator():
    how = CsvClassifier("c", delimiter="#", contains_header="ABSENT", header=("Tree", "Age"))
    schema = look("oak#12\n", how)
    assert columns(schema) == [("tree", "string"), ("age", "bigint")]
    assert "skip.header.line.count" not in dict(schema.format.table_parameters)


def test_custom_header_of_another_width_does_not_fit():
    assert look("oak,12\n", CsvClassifier("c", contains_header="ABSENT", header=("tree",))) is None


def test_header_present_although_all_columns_are_text():
    schema = look("tree,colour\noak,green\n", CsvClassifier("c", contains_header="PRESENT"))
    assert columns(schema) == [("tree", "string"), ("colour", "string")]


def test_single_column_only_when_allowed():
    assert look("tree\noak\n", CsvClassifier("c", contains_header="PRESENT")) is None
    allowed = CsvClassifier("c", contains_header="PRESENT", single_column=True)
    assert columns(look("tree\noak\n", allowed)) == [("tree", "string")]


def test_quote_symbol():
    how = CsvClassifier("c", quote="'", contains_header="PRESENT")
    assert columns(look("a,b\n'1,5',2\n", how)) == [("a", "string"), ("b", "bigint")]


def test_serde_and_custom_types():
    how = CsvClassifier("c", contains_header="PRESENT", serde="OpenCSVSerDe", types=("INT", "LONG"))
    schema = look("a,b\n1,2\n", how)
    assert columns(schema) == [("a", "int"), ("b", "bigint")]
    assert schema.format.serde == OPEN_CSV_SERDE
    assert dict(schema.format.serde_parameters) == {"escapeChar": "\\", "quoteChar": '"', "separatorChar": ","}


@pytest.mark.parametrize(
    ("values", "trims", "expected"),
    [
        (["1", "", "2"], True, "bigint"),
        (["1", "2.5"], True, "double"),
        (["9223372036854775807"], True, "bigint"),
        (["9223372036854775808"], True, "double"),
        (["1e5", ".5", "-3."], True, "double"),
        (["true", "1"], True, "string"),
        ([" 1 "], True, "bigint"),
        ([" 1 "], False, "string"),
        (["", ""], True, "string"),
        (["1,5"], True, "string"),
    ],
)
def test_infer(values, trims, expected):
    assert infer(values, trims) == expected
