"""Which folders are tables. The examples named in the docstrings are those of the AWS Glue developer guide."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local_aws.glue.folders import File, Grouping, excluded, is_data, table_name, tables
from local_aws.glue.schema import Column, Format, Schema
from local_aws.s3.object_store import StoredObject

CSV = Format("csv", "none", "in", "out", "serde")


def file(key: str, columns: str = "a b c", form: Format = CSV) -> File:
    stored = StoredObject(
        key=key, path=Path("/nowhere"), size=1, last_modified=datetime.now(UTC), etag="e", version_id="null"
    )
    return File(stored, Schema(form, tuple(Column(name, "bigint") for name in columns.split()), 1))


def found(files, prefix="", **grouping):
    return {
        table.name: (table.prefix, table.partition_keys, [partition.values for partition in table.partitions])
        for table in tables(files, "bucket01", prefix, Grouping(**grouping))
    }


def test_named_partitions():
    """The guide's first example: sales/year=2019/month=Jan/day=1 and the others."""
    files = [file(f"sales/year=2019/month={month}/day={day}/f.json") for month in ("Jan", "Feb") for day in ("1", "2")]
    assert found(files, "sales/") == {
        "sales": (
            "sales/",
            ("year", "month", "day"),
            [("2019", "Feb", "1"), ("2019", "Feb", "2"), ("2019", "Jan", "1"), ("2019", "Jan", "2")],
        )
    }


def test_folders_without_names_are_partitions_too():
    """The guide's second example: table1 and table2 are alike, so they are values of one table's partition key."""
    files = [
        file("folder1/table1/partition1/f.txt"),
        file("folder1/table1/partition2/f.txt"),
        file("folder1/table2/partition4/f.txt"),
    ]
    assert found(files, "folder1/") == {
        "folder1": (
            "folder1/",
            ("partition_0", "partition_1"),
            [("table1", "partition1"), ("table1", "partition2"), ("table2", "partition4")],
        )
    }


def test_folders_that_differ_are_tables_of_their_own():
    """The guide on grouping: {A, B} in year=2017 and {C, D} in year=2018 are two tables."""
    files = [file("table1/year=2017/data1.json", "a b"), file("table1/year=2018/data2.json", "c d")]
    assert sorted(found(files, "table1/")) == ["year_2017", "year_2018"]


def test_combine_compatible_schemas():
    """The guide on grouping: with CombineCompatibleSchemas they are one table with all columns."""
    files = [file("table1/year=2017/data1.json", "a b"), file("table1/year=2018/data2.json", "c d")]
    (table,) = tables(files, "bucket", "table1/", Grouping(combine=True))
    assert [column.name for column in table.schema.columns] == ["a", "b", "c", "d"]
    assert table.partition_keys == ("year",)


def test_combining_does_not_put_formats_together():
    files = [file("t/x/1.csv"), file("t/y/1.json", form=Format("json", "none", "in", "out", "other"))]
    assert sorted(found(files, "t/", combine=True)) == ["x", "y"]


def test_table_level():
    """The guide on table location: level 1 is the bucket, so level 2 is its folders."""
    files = [file("a/1.csv"), file("a/new/2.csv"), file("b/1.csv")]
    assert found(files, table_level=2) == {"a": ("a/", (), []), "b": ("b/", (), [])}


def test_a_minority_of_other_files_is_left_out():
    """AWS re:Post: one table when more than 70 % go together."""
    files = [file(f"t/{number}.csv") for number in range(8)] + [file("t/odd.csv", "x y z")]
    (table,) = tables(files, "bucket", "t/", Grouping())
    assert len(table.files) == 8
    assert [column.name for column in table.schema.columns] == ["a", "b", "c"]


def test_too_many_kinds_are_a_table_each():
    files = [file("t/a.csv", "a b"), file("t/b.csv", "c d"), file("t/c-1.csv", "e f")]
    assert sorted(found(files, "t/")) == ["a_csv", "b_csv", "c_1_csv"]


def test_files_at_several_depths_make_a_table_without_partitions():
    assert found([file("t/1.csv"), file("t/later/2.csv")], "t/") == {"t": ("t/", (), [])}


def test_escaped_partition_values_and_key_case():
    ((_, keys, values),) = found([file("t/Day=2020-01-01%3A00/1.csv")], "t/").values()
    assert keys == ("day",)
    assert values == [("2020-01-01:00",)]


def test_a_partition_key_is_not_a_column_as_well():
    (table,) = tables([file("t/b=1/1.csv")], "bucket", "t/", Grouping())
    assert [column.name for column in table.schema.columns] == ["a", "c"]


@pytest.mark.parametrize(
    ("prefix", "name"),
    [("Bike-Rides/", "bike_rides"), ("", "bucket01"), ("x/year=2017/", "year_2017"), ("x/Añ o.csv", "a__o_csv")],
)
def test_table_names(prefix, name):
    assert table_name(prefix, "bucket01") == name


@pytest.mark.parametrize(
    ("pattern", "hit", "miss"),
    [
        ("*.csv", ["a.csv"], ["b/a.csv", "a.txt"]),
        ("**.csv", ["a.csv", "b/a.csv"], ["a.txt"]),
        ("old/**", ["old/a", "old/b/c"], ["new/old/a"]),
        ("?[0-9].{csv,tsv}", ["a1.csv", "b2.tsv"], ["ab.csv", "a1.txt"]),
        ("a.b", ["a.b"], ["axb"]),
    ],
)
def test_exclude_patterns(pattern, hit, miss):
    """The guide, "Include and exclude patterns"."""
    test = excluded(pattern)
    assert [key for key in hit + miss if test(key)] == hit


def test_hidden_files_and_folder_markers_are_no_data():
    assert [key for key in ("a/b.csv", "a/", "_SUCCESS", "a/.hidden", "_tmp/x.csv") if is_data(key)] == ["a/b.csv"]
