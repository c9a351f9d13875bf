"""Objects of rows as S3 may hand them out: missing, damaged, of another table; days that are staged; and tasks."""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from coffee_shop_jobs import clean_days, placing, staged_days, tasks
from coffee_shop_jobs.clean_days import DayOfSeveral, stage_day, write_days
from coffee_shop_jobs.coded_column import CodedColumn
from coffee_shop_jobs.columns import CONTRACTS
from coffee_shop_jobs.control_totals import row_digests
from coffee_shop_jobs.parquet_rows import UnreadableError, contract_schema, put_groups, put_rows, read_rows, schema_of
from coffee_shop_jobs.staged_days import Piece, Portion, ReadyDay, portions, put_days, read_days, read_piece
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


def test_groups_of_rows_that_cannot_be_meant_are_not_read(lake):
    put_groups(lake.s3, lake.state, "stock.parquet", [stock(3), stock(9).slice(5)])

    def read(**only):
        return read_rows(lake.s3, lake.state, "stock.parquet", STOCK, only)["soldquantity"].to_pylist()

    assert read() == [0, 1, 2, 5, 6, 7, 8]
    assert read(soldquantity=6) == [5, 6, 7, 8]
    assert read(productno="1", soldquantity=1) == [0, 1, 2]
    assert read(productno="1", soldquantity=6) == []


def test_an_object_that_the_role_may_not_read_is_named(lake):
    with pytest.raises(ConnectionError, match=r"^s3://no-such-bucket/stock.parquet: .*NoSuchBucket"):
        read_rows(lake.s3, "no-such-bucket", "stock.parquet", STOCK)


# --- days that are staged


DAYS = [date(2019, 4, 2), date(2019, 4, 1)]
SALE = {"transactionno": "7", "transactiontime": "08:00:00", "productno": "22", "quantity": 1}


def chunks_of(dataset, rows, size):
    """A file's clean rows as they are read: in chunks, in the file's order."""
    return pa.Table.from_pylist(rows, schema=contract_schema(CONTRACTS[dataset])).to_batches(max_chunksize=size)


@pytest.fixture
def s3(lake, monkeypatch):
    for module in ("clean_days", "staged_days"):
        monkeypatch.setattr(f"coffee_shop_jobs.{module}.s3_client", lambda: lake.s3)
    return lake.s3


def stage(lake, folder, dataset, rows, size=10, key="rows.days"):
    """Stage rows as a version's; return where each of its days lies."""
    spans = write_days(CONTRACTS[dataset], "april.csv", chunks_of(dataset, rows, size), folder / key)
    lake.s3.put_object(Bucket=lake.state, Key=key, Body=(folder / key).read_bytes())
    return spans


@pytest.fixture
def inventory(lake, s3, tmp_path):
    """Pieces of two days, whose rows lie mixed in two chunks of a file."""
    rows = [
        {"salesoutletno": outlet, "transactiondate": day, "productno": str(n), "soldquantity": n}
        for n in (70, 71, 72)
        for outlet in ("5", "10", "3")
        for day in DAYS
    ]
    spans = stage(lake, tmp_path, "pastry_inventory", rows)
    outlets = {"3": 3, "5": 3, "10": 3}
    return {day: Piece(lake.state, "rows.days", span, outlets, is_whole=True) for day, span in spans.items()}


def test_a_piece_has_its_days_rows_of_the_outlets_that_are_meant(lake, inventory):
    assert list(inventory) == ["2019-04-01", "2019-04-02"]
    found = read_piece(lake.s3, inventory["2019-04-02"], ["salesoutletno", "transactiondate", "productno"], ["3", "9"])
    assert found.to_pylist() == [
        {"salesoutletno": "3", "transactiondate": date(2019, 4, 2), "productno": str(n)} for n in (70, 71, 72)
    ]
    lake.s3.delete_object(Bucket=lake.state, Key="rows.days")
    with pytest.raises(UnreadableError, match=r"rows.days is not there. Clear this job's task"):
        read_piece(lake.s3, inventory["2019-04-02"], ["salesoutletno"], ["3"])


@pytest.mark.parametrize(("rows_at_once", "groups"), [(1, 3), (6, 2), (1000, 1)])
def test_a_day_has_the_same_rows_however_many_are_in_memory(
    lake, s3, inventory, tmp_path, rows_at_once, groups, monkeypatch
):
    ordered = [(outlet, number) for outlet in ("10", "3", "5") for number in ("70", "71", "72")]
    rows = read_piece(lake.s3, inventory["2019-04-01"], CONTRACTS["pastry_inventory"].names, ["3", "5", "10"])
    monkeypatch.setattr(clean_days, "ROWS_AT_ONCE", rows_at_once)
    day = DayOfSeveral("pastry_inventory", lake.state, "day.parquet", (inventory["2019-04-01"],))

    put_together = stage_day(day)
    [staged] = stage(lake, tmp_path, "pastry_inventory", rows.to_pylist()[::-1], 2, "again.days").values()

    for key, span in (("day.parquet", put_together), ("again.days", staged)):
        body = lake.s3.get_object(Bucket=lake.state, Key=key)["Body"].read()
        assert span == (0, len(body))
        found = [(row["salesoutletno"], row["productno"]) for row in lake.rows(lake.state, key)]
        assert found == ordered, key
        assert pq.ParquetFile(io.BytesIO(body)).num_row_groups == groups, key


@pytest.mark.parametrize("rows_at_once", [1, 3, 1000])
def test_lines_are_numbered_in_their_receipt_by_product_and_then_all_else(
    lake, s3, tmp_path, rows_at_once, monkeypatch
):
    monkeypatch.setattr(clean_days, "ROWS_AT_ONCE", rows_at_once)
    lines = [
        SALE | {"salesoutletno": outlet, "transactiondate": day, **line}
        for line in ({"productno": "100"}, {"quantity": 2}, {}, {"transactiontime": "09:00:00"})
        for outlet in ("5", "3")
        for day in DAYS
    ]
    spans = stage(lake, tmp_path, "sales_reciept", lines, size=3)

    names = ["salesoutletno", "transactiontime", "productno", "quantity", "line_no", "source_key"]
    for span in spans.values():
        piece = Piece(lake.state, "rows.days", span, {"3": 4, "5": 4}, is_whole=True)
        assert [tuple(row.values()) for row in read_piece(lake.s3, piece, names, ["3", "5"]).to_pylist()] == [
            (outlet, *line, "april.csv")
            for outlet in ("3", "5")
            for line in (
                ("08:00:00", "22", 1, 1),
                ("08:00:00", "22", 2, 2),
                ("08:00:00", "100", 1, 3),
                ("09:00:00", "22", 1, 1),
            )
        ]


def test_of_several_versions_the_highest_has_a_receipt_and_its_lines_keep_their_numbers(lake, s3, tmp_path):
    at = {"salesoutletno": "3", "transactiondate": DAYS[0]}
    first = [SALE | at, SALE | at | {"productno": "23"}, SALE | at | {"transactionno": "8"}]
    pieces = []
    for number, rows in enumerate((first, [SALE | at | {"productno": "9", "quantity": 4}])):
        [span] = stage(lake, tmp_path, "sales_reciept", rows, key=f"{number}.days").values()
        pieces.append(Piece(lake.state, f"{number}.days", span, {"3": len(rows)}, is_whole=True))

    stage_day(DayOfSeveral("sales_reciept", lake.state, "day.parquet", tuple(pieces)))

    found = lake.rows(lake.state, "day.parquet")
    assert [(row["transactionno"], row["productno"], row["line_no"]) for row in found] == [
        ("7", "9", 1),
        ("8", "22", 1),
    ]


def test_a_row_that_was_staged_has_the_digest_that_it_had_when_it_was_read(lake, s3, tmp_path):
    line = SALE | {"salesoutletno": "3", "transactiondate": DAYS[0]}
    odd = {
        "storelongitude": -73.924,
        "volume": 0.1 + 0.2,
        "staffstartdate": date(1900, 1, 1),
        "customerfirstname": "Ana\x1f\u00efs \U0001f9c1",
        "customersurname": "\x00",
        "quantity": -1000,
        "unitprice": Decimal("0.0001"),
        "saleamount": Decimal("-9999999999.99"),
        "year": 2**31 - 1,
    }
    rows = pa.Table.from_batches(chunks_of("sales_reciept", [line | odd], 1))
    [span] = stage(lake, tmp_path, "sales_reciept", [line | odd]).values()
    piece = Piece(lake.state, "rows.days", span, {"3": 1}, is_whole=True)
    again = read_piece(lake.s3, piece, rows.column_names, ["3"])

    [row] = [tuple(each.values()) for each in rows.to_pylist()]
    as_read = [CodedColumn(pa.array([0], pa.int32()), [""], [value]) for value in row]
    assert row_digests(list(map(CodedColumn.of_values, again.columns))) == row_digests(as_read)


def test_days_go_to_their_places_in_portions_of_their_object(lake, s3, inventory, monkeypatch):
    ready = [ReadyDay(piece.key, piece.span, f"stock/{day}.parquet") for day, piece in inventory.items()]
    others = [ReadyDay("other.days", (0, 10), "stock/other.parquet")]
    assert [len(each.days) for each in portions([*others, *ready[::-1]], lake.state, lake.clean)] == [1, 2]
    monkeypatch.setattr(staged_days, "BYTES_AT_ONCE", 1)
    alone = portions(ready, lake.state, lake.clean)
    assert [each.days for each in alone] == [[day] for day in ready]

    put_days(Portion(lake.state, lake.clean, ready))

    for day in ready:
        staged = lake.s3.get_object(Bucket=lake.state, Key=day.key)["Body"].read()[slice(*day.span)]
        assert lake.s3.get_object(Bucket=lake.clean, Key=day.to_key)["Body"].read() == staged
        assert {str(row["transactiondate"]) for row in lake.rows(lake.clean, day.to_key)} == {day.to_key[6:16]}
    for rest in (b"PAR1", b""):  # of which the second is shorter than where the day begins
        lake.s3.put_object(Bucket=lake.state, Key="rows.days", Body=rest)
        with pytest.raises(UnreadableError, match=r"rows.days ends before byte [0-9,]+. Clear this job's task"):
            put_days(alone[0])
    lake.s3.delete_object(Bucket=lake.state, Key="rows.days")
    with pytest.raises(UnreadableError, match=r"rows.days is not there. Clear this job's task"):
        put_days(alone[0])


def test_a_staged_day_that_cannot_be_read_is_named_and_says_how_it_is_staged_again(lake, s3, inventory):
    """As extracts of members read it, for which only some columns are needed."""
    ready = [ReadyDay(piece.key, piece.span, f"stock/{day}.parquet") for day, piece in inventory.items()]
    whole = read_days(s3, lake.state, ready, ["soldquantity"])
    assert [rows["soldquantity"].to_pylist() for _, rows in whole] == [[70, 71, 72] * 3] * 2
    body = s3.get_object(Bucket=lake.state, Key="rows.days")["Body"].read()
    begin = ready[0].span[0]
    s3.put_object(Bucket=lake.state, Key="rows.days", Body=body[:begin] + bytes(99) + body[begin + 99 :])
    with pytest.raises(UnreadableError, match=r"rows.days cannot be read: .* Clear this job's task"):
        list(read_days(s3, lake.state, ready, ["salesoutletno"]))
    s3.delete_object(Bucket=lake.state, Key="rows.days")
    with pytest.raises(UnreadableError, match=r"rows.days is not there. Clear this job's task"):
        list(read_days(s3, lake.state, ready, ["salesoutletno"]))


def test_a_table_whose_staged_object_is_gone_is_named(lake):
    with pytest.raises(placing.StagingError, match=f"^s3://{lake.state}/staging/date.parquet is not there. Clear"):
        placing.place_table(lake.s3, (lake.state, "staging/date.parquet"), (lake.conform, "date"))


# --- tasks


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


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads do the tasks")


@pytest.fixture
def two_processes(monkeypatch):
    monkeypatch.setattr(tasks.os, "cpu_count", lambda: 2)


@on_linux
def test_an_error_that_cannot_be_sent_from_a_process_keeps_its_words(two_processes):
    with pytest.raises(RuntimeError, match=r"^UnsentError: no 3$"):
        Tasks("tests").run(fail_at_three, list(range(20)), is_small=True)


def fail_at_three(number):
    class UnsentError(Exception):
        """As boto3 makes them: of no module."""

    if number == 3:
        raise UnsentError("no 3")


@on_linux
def test_a_process_that_is_ended_from_outside_says_what_to_do(two_processes):
    with pytest.raises(MemoryError, match="ended from outside, as when memory runs out: give the job a larger worker"):
        Tasks("tests").run(end_at_three, list(range(20)), is_small=True)


def end_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)


@on_linux
def test_processes_end_with_their_driver(tmp_path):
    """As when the driver alone is killed: nothing is written beside the next attempt."""
    script = tmp_path / "driver.py"
    script.write_text(
        "import os, sys, time\n"
        "from coffee_shop_jobs.tasks import Tasks\n"
        "os.cpu_count = lambda: 2\n"
        "def wait(number):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "Tasks('tests').run(wait, [1, 2], is_small=True)\n"
    )
    driver = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    processes = [int(driver.stdout.readline()) for _ in range(2)]
    driver.kill()
    driver.wait()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < end, processes
        time.sleep(0.1)
