"""PyAthena: its cursors, and SQLAlchemy and pandas on top of it."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
import sqlalchemy as sa
from pyathena import connect
from pyathena.cursor import DictCursor
from pyathena.error import DatabaseError, OperationalError
from pyathena.pandas.cursor import PandasCursor

DAY = "2019-04-10"


@pytest.fixture(scope="module")
def connection(workgroup, conform):
    with connect(work_group=workgroup, schema_name=conform, poll_interval=0.05) as connection:
        yield connection


@pytest.fixture
def cursor(connection):
    return connection.cursor()


# --- cursors


def test_rows_and_their_description(cursor):
    cursor.execute("select staffno, staffstartdate, 2 * 0.25 as share from staff where staffposition = 'Roaster'")
    assert sorted(cursor.fetchall()) == [
        ("26", date(2013, 4, 29), Decimal("0.50")),
        ("9", date(2015, 11, 23), Decimal("0.50")),
    ]
    assert [column[:2] for column in cursor.description] == [
        ("staffno", "varchar"),
        ("staffstartdate", "date"),
        ("share", "decimal"),
    ]


def test_a_parameter_of_each_style(cursor):
    sql = "select count(*), sum(saleamount) from sales_reciept where business_date = {} and quantity > {}"
    by_name = cursor.execute(sql.format("%(day)s", "%(least)s"), {"day": DAY, "least": 1}).fetchone()
    by_mark = cursor.execute(sql.format("?", "?"), [f"'{DAY}'", "1"], paramstyle="qmark").fetchone()
    assert by_name == by_mark == (615, Decimal("4292.66"))


def test_values_of_each_type(cursor):
    sql = """
        select true, 7, 2.5e0, decimal '1.50', 'a "text"', date '2019-04-10', timestamp '2019-04-10 08:30:00.123',
            x'00ff', transform(array[1, 2], x -> x * 2), cast(null as varchar), ''
    """
    assert cursor.execute(sql).fetchone() == (
        True,
        7,
        2.5,
        Decimal("1.50"),
        'a "text"',
        date(2019, 4, 10),
        datetime(2019, 4, 10, 8, 30, 0, 123000),
        b"\x00\xff",
        [2, 4],
        None,
        "",
    )


def test_columns_without_a_name(cursor):
    cursor.execute("select count(*), staffposition, 'x', cast(null as date) from staff group by staffposition")
    assert [name for name, *_ in cursor.description] == ["_col0", "staffposition", "_col2", "_col3"]


def test_more_rows_than_a_page(cursor):
    cursor.execute("select transaction_id, line_no from sales_reciept where business_date = %(day)s", {"day": DAY})
    assert len(set(cursor.fetchall())) == 1854
    assert cursor.data_scanned_in_bytes > 0


def test_dict_cursor(connection):
    rows = connection.cursor(DictCursor).execute("select staffno, stafffirstname from staff where staffno = '6'")
    assert rows.fetchall() == [{"staffno": "6", "stafffirstname": "Anaïs"}]


def test_pandas_cursor(workgroup, conform, folder):
    place = {"s3_staging_dir": folder, "work_group": workgroup, "schema_name": conform, "poll_interval": 0.05}
    cursor = connect(cursor_class=PandasCursor, **place).cursor()
    frame = cursor.execute("select * from sales_reciept where business_date = %(day)s", {"day": DAY}).as_pandas()
    assert frame.shape == (1854, 17)
    assert (frame["quantity"].sum(), frame["saleamount"].sum()) == (2619, Decimal("9042.00"))


def test_a_table_that_is_not_there(cursor):
    with pytest.raises(OperationalError, match="TABLE_NOT_FOUND"):
        cursor.execute("select * from stuff")


def test_a_column_that_is_not_there(cursor):
    with pytest.raises(OperationalError, match="Column 'stuff' could not be resolved"):
        cursor.execute("select stuff from staff")


def test_a_text_that_is_no_sql(cursor):
    with pytest.raises(DatabaseError, match="InvalidRequestException"):
        cursor.execute("selec * from staff")


# --- statements of the catalog


def test_show(cursor, tables):
    assert cursor.execute("show tables").fetchall() == [(table,) for table in tables]


def test_describe(cursor, date_comment):
    lines = [line.split() for (line,) in cursor.execute("describe `sales_reciept`").fetchall()]
    assert [line[:2] for line in lines[:2]] == [["transaction_id", "string"], ["line_no", "int"]]
    assert lines[-5:] == [
        [],
        ["#", "Partition", "Information"],
        ["#", "col_name", "data_type", "comment"],
        [],
        ["business_date", "string", *date_comment.split()],
    ]


def test_create_table_as_and_insert(cursor, conform, database, folder):
    cursor.execute(
        f"create table {database}.people with (format = 'PARQUET', external_location = '{folder}people/') as "
        f"select staffno, staffposition from {conform}.staff where staffposition = 'Roaster'"
    )
    cursor.execute(f"insert into {database}.people values ('30', 'Roaster'), ('31', null)")
    assert cursor.execute(f"select * from {database}.people order by staffno").fetchall() == [
        ("26", "Roaster"),
        ("30", "Roaster"),
        ("31", None),
        ("9", "Roaster"),
    ]


# --- SQLAlchemy


@pytest.fixture(scope="module")
def engine(workgroup, conform):
    place = f"athena.us-east-1.amazonaws.com:443/{conform}?work_group={workgroup}&poll_interval=0.05"
    engine = sa.create_engine(f"awsathena+rest://{place}")
    yield engine
    engine.dispose()


def test_inspection(engine, outputs, conform):
    inspected = sa.inspect(engine)
    assert {outputs["RawDatabase"], outputs["CleanDatabase"], conform} <= set(inspected.get_schema_names())
    assert "sales_reciept" in inspected.get_table_names()
    assert inspected.has_table("staff")
    assert not inspected.has_table("stuff")
    columns = {column["name"]: str(column["type"]) for column in inspected.get_columns("sales_target")}
    assert columns["sales_target_id"] == "VARCHAR"
    assert columns["totalgoal"] == "DECIMAL(12, 2)"


def test_a_select_of_a_reflected_table(engine):
    staff = sa.Table("staff", sa.MetaData(), autoload_with=engine)
    managers = sa.select(staff.c.staffno, staff.c.stafffirstname).where(staff.c.staffposition == "Store Manager")
    with engine.connect() as connection:
        rows = connection.execute(managers.order_by(staff.c.stafffirstname)).fetchall()
    assert rows == [("6", "Anaïs"), ("20", "Bridget"), ("12", "Tomás")]


def test_pandas_over_sqlalchemy(engine):
    sql = sa.text("select staffposition, count(*) as people from staff group by 1 having count(*) > :least order by 2")
    frame = pd.read_sql(sql, engine, params={"least": 2})
    assert frame.to_dict("list") == {"staffposition": ["Store Manager", "Coffee Wrangler"], "people": [3, 7]}
