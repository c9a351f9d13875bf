"""awswrangler (AWS SDK for pandas): the catalog, queries in its three ways, and tables that it writes."""

from datetime import date
from decimal import Decimal

import awswrangler as wr
import pandas as pd
import pytest

DAY = "2019-04-10"
DAY1, DAY2 = date(2019, 4, 1), date(2019, 4, 2)


@pytest.fixture(autouse=True)
def _settings(workgroup):
    """What an analyst sets once in a notebook."""
    wr.config.workgroup = workgroup
    wr.config.athena_query_wait_polling_delay = 0.05


def rows(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in frame.itertuples(index=False)]


# --- the catalog


def test_databases(outputs):
    listed = list(wr.catalog.databases()["Database"])
    assert {outputs["RawDatabase"], outputs["CleanDatabase"], outputs["ConformDatabase"]} <= set(listed)


def test_tables(conform, tables):
    listed = wr.catalog.tables(database=conform)
    assert sorted(listed["Table"]) == tables
    assert set(listed.loc[listed["Partitions"] != "", "Table"]) == {"sales_reciept", "pastry_inventory"}


def test_the_types_of_a_table(conform):
    assert wr.catalog.get_table_types(database=conform, table="staff") == {
        "staff_id": "string",
        "staffno": "string",
        "stafffirstname": "string",
        "stafflastname": "string",
        "staffposition": "string",
        "staffstartdate": "date",
    }


def test_a_table_that_is_there_and_one_that_is_not(conform):
    assert wr.catalog.does_table_exist(database=conform, table="staff")
    assert not wr.catalog.does_table_exist(database=conform, table="stuff")


def test_the_partitions_of_an_expression(conform, conform_bucket):
    expression = "business_date > '2019-04-28' and business_date < '2019-05'"
    folder = f"s3://{conform_bucket}/sales_reciept"
    assert wr.catalog.get_partitions(database=conform, table="sales_reciept", expression=expression) == {
        f"{folder}/business_date=2019-04-29/": ["2019-04-29"],
        f"{folder}/business_date=2019-04-30/": ["2019-04-30"],
    }


# --- queries

STAFF = """
    select staffposition, count(*) as people, min(staffstartdate) as since, cast(count(*) as decimal(5, 2)) / 4 as teams
    from staff
    group by staffposition
    order by people desc
"""
POSITIONS = [
    ("Coffee Wrangler", 7, date(2014, 9, 15), Decimal("1.75")),
    ("Store Manager", 3, date(2010, 8, 16), Decimal("0.75")),
    ("Roaster", 2, date(2013, 4, 29), Decimal("0.50")),
]
WAYS = {
    "through a temporary table": {"ctas_approach": True},
    "from the result's CSV": {"ctas_approach": False},
    "through UNLOAD": {"ctas_approach": False, "unload_approach": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_query(way, conform, folder):
    frame = wr.athena.read_sql_query(STAFF, database=conform, s3_output=folder, **WAYS[way])
    assert list(frame.columns) == ["staffposition", "people", "since", "teams"]
    assert sorted(rows(frame)) == sorted(POSITIONS)
    assert str(frame["people"].dtype) == "Int64"


def test_a_query_through_a_temporary_table_leaves_none(conform):
    wr.athena.read_sql_query("select * from staff", database=conform, ctas_approach=True)
    assert not [table for table in wr.catalog.tables(database=conform)["Table"] if table.startswith("temp_table_")]


def test_a_query_with_named_parameters(conform):
    sql = "select count(*) as lines, sum(saleamount) as income from sales_reciept where business_date = :day"
    frame = wr.athena.read_sql_query(sql, database=conform, ctas_approach=False, params={"day": DAY})
    assert rows(frame) == [(1854, Decimal("9042.00"))]


def test_a_query_with_question_marks(conform):
    sql = "select count(*) as lines from sales_reciept where business_date = ? and quantity > ?"
    query = wr.athena.start_query_execution(sql, database=conform, params=[f"'{DAY}'", "1"], paramstyle="qmark")
    assert wr.athena.wait_query(query)["Status"]["State"] == "SUCCEEDED"
    assert rows(wr.athena.get_query_results(query)) == [(615,)]


def test_a_query_in_chunks(conform):
    chunks = wr.athena.read_sql_query("select * from product", database=conform, ctas_approach=False, chunksize=40)
    assert [len(chunk) for chunk in chunks] == [40, 40, 10]


def test_a_whole_table(conform):
    assert wr.athena.read_sql_table("sales_target", database=conform).shape == (5, 10)


def test_the_primary_workgroup(conform, folder):
    """It has no place for results of its own and takes the request's."""
    frame = wr.athena.read_sql_query(
        "select count(*) from staff", database=conform, workgroup="primary", s3_output=folder, ctas_approach=False
    )
    assert rows(frame) == [(12,)]


def test_a_query_that_fails(conform):
    with pytest.raises(wr.exceptions.QueryFailed, match="TABLE_NOT_FOUND"):
        wr.athena.read_sql_query("select * from stuff", database=conform, ctas_approach=False)


def test_information_schema(conform):
    sql = f"""
        select column_name, data_type from information_schema.columns
        where table_schema = '{conform}' and table_name = 'staff' and ordinal_position > 4 order by ordinal_position
    """
    frame = wr.athena.read_sql_query(sql, database=conform, ctas_approach=False)
    assert rows(frame) == [("staffposition", "varchar"), ("staffstartdate", "date")]


def test_unload(conform, folder):
    sql = "select staffno, stafffirstname, staffposition from staff where staffposition <> 'Coffee Wrangler'"
    wr.athena.unload(sql, path=f"{folder}unloaded/", database=conform, partitioned_by=["staffposition"])
    frame = wr.s3.read_parquet(f"{folder}unloaded/", dataset=True).sort_values("staffno", key=pd.to_numeric)
    assert rows(frame) == [
        ("6", "Anaïs", "Store Manager"),
        ("9", "Jonah", "Roaster"),
        ("12", "Tomás", "Store Manager"),
        ("20", "Bridget", "Store Manager"),
        ("26", "Sofía", "Roaster"),
    ]


def test_a_table_described(conform, date_comment):
    described = wr.athena.describe_table(table="sales_reciept", database=conform)
    assert list(described.columns) == ["Column Name", "Type", "Partition", "Comment"]
    comment = "md5 of outlet|date|TransactionNo|TransactionTime: one receipt."
    assert rows(described)[0] == ("transaction_id", "string", False, comment)
    assert rows(described)[-1] == ("business_date", "string", True, date_comment)
    assert len(described) == 17


# --- tables that it writes


def written(database: str, sql: str) -> list[tuple]:
    return rows(wr.athena.read_sql_query(sql, database=database, ctas_approach=False))


def test_rows_of_every_type_come_back(database, folder):
    path = f"{folder}types/"
    frame = pd.DataFrame(
        {
            "whole": pd.Series([1, None], dtype="Int64"),
            "small": pd.Series([1, 2], dtype="int16"),
            "yes": pd.Series([True, None], dtype="boolean"),
            "text": ['with, "quotes"\nand a line', ""],
            "money": [Decimal("12.50"), None],
            "at": pd.to_datetime(["2019-04-01 10:00:00.123", None]),
            "day": [date(2019, 4, 1), None],
        }
    )
    wr.s3.to_parquet(frame, path=path, dataset=True, database=database, table="types", dtype={"money": "decimal(9,2)"})
    read = wr.athena.read_sql_query('select * from "types" order by small', database=database)
    assert rows(read.astype(object).where(read.notna(), None)) == [
        (1, 1, True, 'with, "quotes"\nand a line', Decimal("12.50"), pd.Timestamp("2019-04-01 10:00:00.123"), DAY1),
        (None, 2, None, "", None, None, None),
    ]


def test_write_append_and_overwrite(database, folder):
    """Partitions come and go with the rows; what is appended may have a column more."""
    notes = pd.DataFrame({"id": [1, 2, 3], "note": ["one", "two", None], "day": [DAY1, DAY1, DAY2]})
    place = {"path": f"{folder}notes/", "dataset": True, "database": database, "table": "notes"}
    by_day = "select day, count(*) as notes, max(id) as last from notes group by day order by day"

    wr.s3.to_parquet(notes, **place, partition_cols=["day"], mode="overwrite")
    assert written(database, by_day) == [(DAY1, 2, 2), (DAY2, 1, 3)]

    more = pd.DataFrame({"id": [4], "note": ["four"], "author": ["Wren"], "day": [DAY2]})
    wr.s3.to_parquet(more, **place, partition_cols=["day"], mode="append")
    assert written(database, by_day) == [(DAY1, 2, 2), (DAY2, 2, 4)]
    assert written(database, "select id, author from notes where author is not null") == [(4, "Wren")]

    wr.s3.to_parquet(more, **place, partition_cols=["day"], mode="overwrite_partitions")
    assert written(database, by_day) == [(DAY1, 2, 2), (DAY2, 1, 4)]

    wr.s3.to_parquet(notes[:1], **place, partition_cols=["day"], mode="overwrite")
    assert written(database, by_day) == [(DAY1, 1, 1)]


def test_repair_table(database, folder):
    """Files in key=value folders that the catalog has not heard of."""
    path = f"{folder}repaired/"
    wr.catalog.create_parquet_table(
        database=database,
        table="repaired",
        path=path,
        columns_types={"id": "bigint"},
        partitions_types={"day": "date"},
    )
    wr.s3.to_parquet(pd.DataFrame({"id": [1, 2]}), path=f"{path}day=2019-04-01/notes.parquet")
    assert written(database, "select * from repaired") == []
    wr.athena.repair_table(table="repaired", database=database)
    assert written(database, "select * from repaired order by id") == [(1, DAY1), (2, DAY1)]


def test_a_table_of_csv_files(database, folder):
    notes = pd.DataFrame({"id": [1, 2], "note": ["one", "two"]})
    path = f"{folder}lines/"
    wr.s3.to_csv(notes, path=path, dataset=True, database=database, table="lines", mode="overwrite", index=False)
    assert written(database, "select * from lines order by id") == [(1, "one"), (2, "two")]


def test_create_table_as(conform, database):
    sql = f"select staffno, staffposition from {conform}.staff where staffposition = 'Roaster'"
    wr.athena.create_ctas_table(sql, database=database, ctas_table="roasters", storage_format="PARQUET", wait=True)
    assert written(database, "select * from roasters order by staffno") == [("26", "Roaster"), ("9", "Roaster")]
