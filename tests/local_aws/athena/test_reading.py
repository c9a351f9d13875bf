import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local_aws.athena.errors import QueryError

WEEK = [f"2021-03-0{d}" for d in range(1, 8)]


@pytest.fixture(scope="module")
def days(zoo):
    """Seven days of rows: ``a`` and ``b`` of different sizes, one file a day."""
    zoo.table(
        "days",
        "a bigint; b string; day string",
        "select i a, repeat(md5(i::varchar), 3) b, strftime(date '2021-03-01' + (i % 7)::int, '%Y-%m-%d') as day "
        "from range(700) t(i)",
        key="day",
    )
    return zoo


def sizes(zoo, name, columns, days=None):
    """Compressed bytes of these columns, from the files' own metadata."""
    total = 0
    for file in sorted((zoo.folder / "lake" / "zoo" / name).rglob("*.parquet")):
        if days is not None and file.parent.name.split("=")[1] not in days:
            continue
        metadata = pq.read_metadata(file)
        for g in range(metadata.num_row_groups):
            group = metadata.row_group(g)
            for c in range(group.num_columns):
                if group.column(c).path_in_schema in columns:
                    total += group.column(c).total_compressed_size
    return total


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select count(*) from days", []),
        ("select a from days", ["a"]),
        ("select sum(a) from days where b > '8'", ["a", "b"]),
        ("select * from days", ["a", "b"]),
        ("select n from (select a n, b m from days) t", ["a"]),
        ("with t as (select a, b, day from days) select max(day) from t", []),
        ("with t as (select a, b from days) select count(*) from t", []),
        ("select count(*) from (select distinct a from days) t", ["a"]),
        ("select x.day from days x join (select max(a) as m from days) y on x.a = y.m", ["a"]),
        ("select day from days order by b limit 1", ["b"]),
        ("select a from days union select 1", ["a"]),
        ("select n from (select a n from days union all select length(b) from days) t where n > 5", ["a", "b"]),
        ("select 1 where exists (select a from days where b = '8')", ["b"]),
        ("select row_number() over (order by a) from days", ["a"]),
        ('select "$path" from days', []),
    ],
)
def test_only_columns_that_are_needed_are_counted(days, sql, columns):
    once = sum(sizes(days, "days", [c]) for c in columns)
    twice = sql.count("from days") > 1 and "union all" not in sql
    assert days.query(sql).scanned == (2 * once if twice and columns == ["a"] else once)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a from days where day = '2021-03-03'", ["2021-03-03"]),
        ("select a from days where day between '2021-03-02' and '2021-03-03' and a > 0", ["2021-03-02", "2021-03-03"]),
        ("select a from days where day in ('2021-03-02', '2021-03-07')", ["2021-03-02", "2021-03-07"]),
        ("select a from days where day >= cast(date '2021-03-08' - interval '2' day as varchar)", WEEK[5:]),
        ("select a from days where day = '2021-03-01' or a = 5", WEEK),
        ("select a from days where cast(day as date) = date '2021-03-04'", ["2021-03-04"]),
        ("select a from days where substr(day, 9) = '05'", ["2021-03-05"]),
        ("select a from days where day = '1999-01-01'", []),
        ("select a from (select a, day d from days) t where d = '2021-03-03'", ["2021-03-03"]),
        ("with t as (select * from days) select a from t where day = '2021-03-03'", ["2021-03-03"]),
        # two readers of one query: what either needs
        (
            "with t as (select * from days) select x.a from t x join t y on x.a = y.a where x.day = '2021-03-01' and y.day = '2021-03-02'",
            WEEK[:2],
        ),
        ("with t as (select * from days) select a from t where day = '2021-03-03' union all select a from t", WEEK),
        (
            "select n from (select day, count(*) n, min(a) from days group by day) t where day = '2021-03-03'",
            ["2021-03-03"],
        ),
        ("select n from (select max(day) day, count(*) n, min(a) a from days) t where day = '2021-03-03'", WEEK),
        (
            "select s from (select day, sum(a) over (partition by day) s from days) t where day = '2021-03-03'",
            ["2021-03-03"],
        ),
        ("select s from (select day, sum(a) over (order by day) s from days) t where day = '2021-03-03'", WEEK),
        ("select a from (select a, day from days limit 5) t where day = '2021-03-03'", WEEK),
        ("select a from (select distinct a, day from days) t where day = '2021-03-03'", ["2021-03-03"]),
        (
            "select x from (select a x, day from days union all select 1, '2021-03-03') t where day = '2021-03-03'",
            ["2021-03-03"],
        ),
        # outer joins: a condition on the side that can be missing holds only where it cannot keep a missing row
        (
            "select d.a from animals z left join days d on cast(d.a as varchar) = z.animal_id and d.day = '2021-03-01'",
            ["2021-03-01"],
        ),
        (
            "select d.a from animals z left join days d on cast(d.a as varchar) = z.animal_id where d.day = '2021-03-01'",
            ["2021-03-01"],
        ),
        (
            "select d.a from animals z left join days d on cast(d.a as varchar) = z.animal_id where coalesce(d.day, '2021-03-01') = '2021-03-01'",
            WEEK,
        ),
        (
            "select d.a from days d left join animals z on cast(d.a as varchar) = z.animal_id and d.day = '2021-03-01'",
            WEEK,
        ),
        (
            "select d.a from days d join animals z on cast(d.a as varchar) = z.animal_id and d.day = '2021-03-01'",
            ["2021-03-01"],
        ),
        ("with unread as (select a from days) select 1", []),
    ],
)
def test_only_partitions_that_can_matter_are_read(days, sql, expected):
    days.query(sql)
    assert sorted({place.split("day=")[1].rstrip("/") for place in days.listed if "day=" in place}) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select a from days where day between '2021-03-02' and '2021-03-03'",
        "select count(*), min(a), max(day) from (select a, day from days union all select a, day from days) t where day > '2021-03-05'",
        "with t as (select day, count(*) n from days group by day) select sum(n) from t x where day < '2021-03-03'",
        "select count(d.a) from animals z left join days d on cast(d.a as varchar) = z.animal_id and d.day = '2021-03-02'",
    ],
)
def test_pruning_changes_no_answer(days, monkeypatch, sql):
    from local_aws.athena import reading

    pruned = sorted(map(str, days.rows(sql)))
    monkeypatch.setattr(reading, "_matching", lambda con, table, condition: table.partitions)
    assert sorted(map(str, days.rows(sql))) == pruned


def test_bytes_are_those_of_the_partitions_read(days):
    result = days.query("select a from days where day <= '2021-03-02'")
    assert len(result.rows) == 200
    assert result.scanned == sizes(days, "days", ["a"], ["2021-03-01", "2021-03-02"])


@pytest.mark.parametrize(
    ("condition", "groups"),
    [("a < 1000", [0]), ("a = 2500", [2]), ("a between 900 and 1100", [0, 1]), ("a in (5, 3500)", [0, 3]),
     ("a > 99999", []), ("b = 'zzz'", []), ("a + 0 = 5", [0, 1, 2, 3]), ("3000 <= a", [3])],
)  # fmt: skip
def test_row_groups_that_cannot_match_are_not_counted(zoo, condition, groups):
    file = zoo.folder / "lake" / "zoo" / "grouped" / "data.parquet"
    if not file.exists():
        zoo.table("grouped", "a bigint; b string")
        pq.write_table(pa.table({"a": range(4000), "b": [f"k{i:05}" for i in range(4000)]}), file, row_group_size=1000)
    metadata = pq.read_metadata(file)
    column = 1 if condition.startswith("b") else 0
    expected = sum(metadata.row_group(g).column(column).total_compressed_size for g in groups)
    assert zoo.query(f"select count(*) from grouped where {condition}").scanned == expected


def test_a_column_that_old_files_lack_is_null(zoo):
    zoo.table("grown", "a bigint; b string")
    folder = zoo.folder / "lake" / "zoo" / "grown"
    pq.write_table(pa.table({"a": [1]}), folder / "old.parquet")
    pq.write_table(pa.table({"b": ["x"], "A": [2]}), folder / "new.parquet")
    assert zoo.rows("select a, b from grown order by a") == [["1", None], ["2", "x"]]


def test_types_that_do_not_fit_the_catalog_fail_as_hive_bad_data(zoo):
    zoo.table("wrong", "a string; n int; ok int")
    pq.write_table(
        pa.table({"a": pa.array([1], pa.int64()), "n": pa.array([1], pa.int64()), "ok": pa.array([1], pa.int32())}),
        zoo.folder / "lake" / "zoo" / "wrong" / "data.parquet",
    )
    assert zoo.rows("select ok from wrong") == [["1"]]
    with pytest.raises(QueryError) as e:
        zoo.query("select n from wrong")
    assert str(e.value) == (
        "HIVE_BAD_DATA: Field n's type INT64 in parquet file s3://lake/zoo/wrong/data.parquet is incompatible with type "
        "integer defined in table schema"
    )


def test_a_file_that_is_not_parquet(zoo):
    zoo.table("broken", "a string")
    (zoo.folder / "lake" / "zoo" / "broken" / "data.parquet").write_text("no parquet")
    with pytest.raises(QueryError) as e:
        zoo.query("select a from broken")
    assert str(e.value).startswith("HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://lake/zoo/broken/data.parquet")


def test_a_table_without_files_has_no_rows(zoo):
    zoo.table("empty", "a string; b decimal(5,2)")
    result = zoo.query("select a, b from empty")
    assert (result.rows, result.scanned) == ([], 0)
    assert [str(c.type) for c in result.columns] == ["varchar", "decimal(5,2)"]


def test_nested_columns(zoo):
    zoo.table("nested", "tags array<string>; extra struct<kind:string,size:int>; names map<string,int>")
    rows = [{"tags": ["a", "b"], "extra": {"kind": "x", "size": 3}, "names": [("k", 1)]}]
    kind = pa.schema([
        ("tags", pa.list_(pa.string())), ("extra", pa.struct([("kind", pa.string()), ("size", pa.int32())])),
        ("names", pa.map_(pa.string(), pa.int32())),
    ])  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, kind), zoo.folder / "lake" / "zoo" / "nested" / "data.parquet")
    assert zoo.rows("select tags[2], extra.size, names['k'], tags, extra, names from nested") == [
        ["b", "3", "1", "[a, b]", "{kind=x, size=3}", "{k=1}"]
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Parameters": {"projection.enabled": "true"}}, "NOT_SUPPORTED: partition projection (table zoo.odd)"),
        ({"Parameters": {"table_type": "ICEBERG"}}, "NOT_SUPPORTED: Iceberg (table zoo.odd)"),
        ({"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}}},
         "NOT_SUPPORTED: format org.openx.data.jsonserde.JsonSerDe (table zoo.odd)"),
        ({"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "char(3)"}]}}, "NOT_SUPPORTED: line 1:15: column type char(3) of odd.a"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read_are_refused_by_name(zoo, change, message):
    backend = zoo.catalog.backend
    described = {"Name": "odd", "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]}, **change}
    backend.create_table("zoo", "odd", described)
    try:
        with pytest.raises(QueryError) as e:
            zoo.query("select * from odd")
        assert str(e.value).startswith(message)
    finally:
        backend.delete_table("zoo", "odd")


def test_rows_without_a_partition_value(zoo):
    zoo.table(
        "strays",
        "a int; kind string",
        "select * from (values (1::int, 'x'), (2, null)) t(a, kind)",
        key="kind",
    )
    assert zoo.rows("select a, kind from strays order by a") == [["1", "x"], ["2", None]]
    assert zoo.rows("select a from strays where kind is null") == [["2"]]
    assert zoo.rows("select a from strays where kind <> 'x'") == []
