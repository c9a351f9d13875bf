"""PyAthena: its cursors, and SQLAlchemy and pandas on top of it."""

from datetime import date, datetime
from decimal import Decimal

import boto3
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


@pytest.mark.parametrize("unload", [False, True], ids=["from the result's CSV", "through UNLOAD"])
def test_pandas_cursor(unload, workgroup, conform, folder):
    place = {"s3_staging_dir": folder, "work_group": workgroup, "schema_name": conform, "poll_interval": 0.05}
    cursor = connect(cursor_class=PandasCursor, **place).cursor(unload=unload)
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


def test_show(cursor, outputs):
    assert cursor.execute("show databases like 'coffee*raw'").fetchall() == [(outputs["RawDatabase"],)]
    assert cursor.execute("show tables 'sales*'").fetchall() == [
        ("sales_outlet",),
        ("sales_reciept",),
        ("sales_target",),
    ]
    assert cursor.execute("show partitions sales_reciept").fetchmany(2) == [
        ("business_date=2019-04-01",),
        ("business_date=2019-04-02",),
    ]


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


def test_explain(cursor):
    lines = cursor.execute("explain select staffposition, count(*) from staff group by staffposition").fetchall()
    assert cursor.description[0][0] == "Query Plan"
    assert "staffposition" in str(lines)


def test_information_schema(cursor, conform):
    sql = """
        select table_schema, table_name from information_schema.tables
        where table_schema = %(database)s and table_name like 'sales%%' order by table_name
    """
    assert cursor.execute(sql, {"database": conform}).fetchall() == [
        (conform, "sales_outlet"),
        (conform, "sales_reciept"),
        (conform, "sales_target"),
    ]


def test_back_quoted_ddl(cursor, database, folder):
    """A table of text files, from CREATE EXTERNAL TABLE to DROP TABLE, as the console writes it."""
    sql = f"""
        CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`targets` (
          `outlet` int COMMENT 'number on the door',
          `goal` decimal(9,2))
        PARTITIONED BY (`month` string)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
        STORED AS TEXTFILE
        LOCATION '{folder}targets/'
        TBLPROPERTIES ('skip.header.line.count'='1')
    """
    cursor.execute(sql)
    _put(f"{folder}targets/april/targets.csv", "outlet,goal\n3,80600.00\n5,73300.00\n")
    cursor.execute(
        f"ALTER TABLE `{database}`.`targets` ADD IF NOT EXISTS "
        f"PARTITION (`month` = '2019-04') LOCATION '{folder}targets/april/'"
    )
    rows = cursor.execute(
        f'select * from "{database}"."targets" where "month" = \'2019-04\' order by outlet'
    ).fetchall()
    assert rows == [(3, Decimal("80600.00"), "2019-04"), (5, Decimal("73300.00"), "2019-04")]
    assert cursor.execute(f"SHOW PARTITIONS `{database}`.`targets`").fetchall() == [("month=2019-04",)]
    cursor.execute(f"ALTER TABLE `{database}`.`targets` DROP PARTITION (`month` = '2019-04')")
    assert cursor.execute(f"select * from {database}.targets").fetchall() == []
    cursor.execute(f"DROP TABLE `{database}`.`targets`")
    assert cursor.execute(f"SHOW TABLES IN `{database}` 'targets'").fetchall() == []


def _put(address: str, text: str) -> None:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())


def test_create_table_as(cursor, conform, database, folder):
    cursor.execute(
        f"create table {database}.people with (format = 'PARQUET', external_location = '{folder}people/') as "
        f"select staffno, staffposition from {conform}.staff where staffposition = 'Roaster'"
    )
    assert cursor.execute(f"select * from {database}.people order by staffno").fetchall() == [
        ("26", "Roaster"),
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


def test_a_table_made_and_dropped(engine, database, folder):
    place = {"awsathena_location": f"{folder}made/", "awsathena_file_format": "PARQUET"}
    columns = (sa.Column("id", sa.Integer), sa.Column("note", sa.String))
    made = sa.Table("made", sa.MetaData(), *columns, schema=database, **place)
    with engine.connect() as connection:
        made.create(connection)
        assert connection.execute(sa.select(made)).fetchall() == []
        made.drop(connection)
        assert not sa.inspect(connection).has_table("made", schema=database)


def test_pandas_over_sqlalchemy(engine):
    sql = sa.text("select staffposition, count(*) as people from staff group by 1 having count(*) > :least order by 2")
    frame = pd.read_sql(sql, engine, params={"least": 2})
    assert frame.to_dict("list") == {"staffposition": ["Store Manager", "Coffee Wrangler"], "people": [3, 7]}
