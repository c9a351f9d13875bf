"""Objects of rows as S3 may hand them out: missing, damaged, of another table; and days that are built piece by piece."""

import io
from collections import Counter
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coffee_shop_jobs import clean_days, staged_rows
from coffee_shop_jobs.clean_days import CleanObject, write_object
from coffee_shop_jobs.parquet_rows import UnreadableError, put_rows, read_rows, schema_of
from coffee_shop_jobs.staged_rows import Piece, read_piece, write_days
from coffee_shop_jobs.tasks import DataError, Tasks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STOCK = schema_of({"salesoutletno": "string", "productno": "string", "soldquantity": "int", "line_no": "int"})


def stock(rows):
    return pa.table(
        {
            "salesoutletno": [str(n % 7) for n in range(rows)],
            "productno": [str(n) for n in range(rows)],
            "soldquantity": pa.array(range(rows), pa.int32()),
            "line_no": pa.array([1] * rows, pa.int32()),
        },
        schema=STOCK,
    )


def test_a_damaged_byte_is_named_wherever_it_stands(lake):
    rows = stock(500)
    put_rows(lake.s3, lake.state, "stock.parquet", rows)
    body = lake.s3.get_object(Bucket=lake.state, Key="stock.parquet")["Body"].read()
    outcomes = Counter()
    for place in range(0, len(body), 37):
        harmed = body[:place] + bytes([body[place] ^ 0x55]) + body[place + 1 :]
        lake.s3.put_object(Bucket=lake.state, Key="stock.parquet", Body=harmed)
        outcomes[what_is_read(lake, rows)] += 1
    assert outcomes.keys() <= {"named", "the same rows", "other rows"}
    assert outcomes["named"] > outcomes["the same rows"]
    # pages have checksums; their headers and the footer, a few bytes, have none
    assert outcomes["other rows"] < outcomes.total() / 50


def what_is_read(lake, rows):
    try:
        return "the same rows" if read_rows(lake.s3, lake.state, "stock.parquet", STOCK) == rows else "other rows"
    except UnreadableError as error:
        return "named" if f"s3://{lake.state}/stock.parquet " in str(error) else "not named"


def test_an_object_that_is_missing_or_has_other_columns_is_named(lake):
    with pytest.raises(UnreadableError, match=f"^s3://{lake.state}/stock.parquet is not there$"):
        read_rows(lake.s3, lake.state, "stock.parquet", STOCK)

    put_rows(lake.s3, lake.state, "stock.parquet", pa.table({"salesoutletno": ["3"], "productno": [70]}))
    with pytest.raises(UnreadableError, match=r"stock.parquet has productno as int64; expected string"):
        read_rows(lake.s3, lake.state, "stock.parquet", STOCK)

    put_rows(lake.s3, lake.state, "stock.parquet", pa.table({"salesoutletno": ["3"], "productno": ["70"]}))
    with pytest.raises(UnreadableError, match=r"stock.parquet has soldquantity not at all; expected int32"):
        read_rows(lake.s3, lake.state, "stock.parquet", STOCK)

    known = stock(1).drop_columns(["line_no"])
    put_rows(lake.s3, lake.state, "stock.parquet", known)
    assert read_rows(lake.s3, lake.state, "stock.parquet", STOCK)["line_no"].to_pylist() == [None]


def test_an_object_that_the_role_may_not_read_is_named(lake):
    with pytest.raises(ConnectionError, match=r"^s3://no-such-bucket/stock.parquet: .*NoSuchBucket"):
        read_rows(lake.s3, "no-such-bucket", "stock.parquet", STOCK)


DAYS = [date(2019, 4, 2), date(2019, 4, 1)]


@pytest.fixture
def inventory(lake, tmp_path, monkeypatch):
    """Pieces of two days, whose rows lie mixed in two chunks of a file."""
    from coffee_shop_jobs.columns import CONTRACTS, INVENTORY
    from coffee_shop_jobs.parquet_rows import staged_schema

    monkeypatch.setattr("coffee_shop_jobs.clean_days.s3_client", lambda: lake.s3)
    schema = staged_schema(CONTRACTS[INVENTORY])
    rows = [
        {
            "salesoutletno": outlet,
            "transactiondate": day,
            "productno": str(n),
            "soldquantity": n,
            "row_digest": b"%016d" % n,
        }
        for n in (70, 71, 72)
        for outlet in ("5", "10", "3")
        for day in DAYS
    ]
    chunks = pa.Table.from_pylist(rows, schema=schema).to_batches(max_chunksize=10)
    spans = write_days("transactiondate", date.isoformat, chunks, tmp_path / "rows.days")
    lake.s3.put_object(Bucket=lake.state, Key="rows.days", Body=(tmp_path / "rows.days").read_bytes())
    return {day: Piece(lake.state, "rows.days", span, {"3": 3, "5": 3, "10": 3}) for day, span in spans.items()}


def test_a_piece_has_its_days_rows_of_the_outlets_that_are_meant(lake, inventory):
    assert list(inventory) == ["2019-04-01", "2019-04-02"]
    found = read_piece(lake.s3, inventory["2019-04-02"], ["salesoutletno", "transactiondate", "productno"], ["3", "9"])
    assert found.to_pylist() == [
        {"salesoutletno": "3", "transactiondate": date(2019, 4, 2), "productno": str(n)} for n in (70, 71, 72)
    ]
    lake.s3.delete_object(Bucket=lake.state, Key="rows.days")
    with pytest.raises(UnreadableError, match=r"rows.days is not there. Clear this job's task"):
        read_piece(lake.s3, inventory["2019-04-02"], ["salesoutletno"], ["3"])


@pytest.mark.parametrize("rows_at_once", [1, 6, 1000])
def test_a_day_has_the_same_rows_however_many_are_in_memory(lake, inventory, rows_at_once, monkeypatch):
    monkeypatch.setattr(clean_days, "ROWS_AT_ONCE", rows_at_once)
    write_object(CleanObject("pastry_inventory", lake.state, "day.parquet", (inventory["2019-04-01"],)))
    found = [(row["salesoutletno"], row["productno"]) for row in lake.rows(lake.state, "day.parquet")]
    assert found == [(outlet, number) for outlet in ("10", "3", "5") for number in ("70", "71", "72")]
    body = lake.s3.get_object(Bucket=lake.state, Key="day.parquet")["Body"].read()
    assert pq.ParquetFile(io.BytesIO(body)).num_row_groups == {1: 3, 6: 2, 1000: 1}[rows_at_once]


def test_staged_days_are_written_some_rows_at_a_time(inventory, lake, tmp_path, monkeypatch):
    monkeypatch.setattr(staged_rows, "ROWS_AT_ONCE", 2)
    rows = read_piece(lake.s3, inventory["2019-04-01"], ["salesoutletno", "transactiondate"], ["3", "5", "10"])
    [span] = write_days(
        "transactiondate", date.isoformat, rows.to_batches(max_chunksize=1), tmp_path / "again.days"
    ).values()
    again = pq.ParquetFile(tmp_path / "again.days")
    assert span == (0, (tmp_path / "again.days").stat().st_size)
    assert (again.num_row_groups, again.read()) == (5, rows)


@pytest.mark.parametrize("is_small", [True, False])
def test_tasks_give_their_outcomes_in_order_and_data_errors_in_their_own_words(executors, is_small):
    assert Tasks("tests").run(str, list(range(20)), is_small=is_small) == [str(n) for n in range(20)]
    assert Tasks("tests").run(str, [], is_small=is_small) == []
    with pytest.raises(DataError, match=r"^no 3$"):
        Tasks("tests").run(refuse_three, list(range(20)), is_small=is_small)


def refuse_three(number):
    if number == 3:
        raise DataError("no 3")
    return number
