"""Loads of files as real tills make them (contract 3.1), with their keys: what reaches the tables, what is refused."""

from datetime import date
from decimal import Decimal

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY = {"TransactionDate": "2019-04-01"}
ODD_KEYS = (
    "sales-reciept/year=2019/month=07/day=08/part-0000.csv",
    "sales-reciept/Laden Süd + Nord/2019-07-07 (1).csv",
    "sales-reciept/100 % [neu] & #1;=?/SALES.CSV",
    "sales-receipt/Ladén/2019.Csv",
)
LONG = "30125550001234567890"


def sales(*rows):
    from tests.include.glue.conftest import till_file

    return till_file("sales_reciept", *rows)


def outlet(number, **changed):
    return {**DAY, "SalesOutletNo": str(number), **changed}


def test_refunds_empty_dates_long_numbers_and_a_stray_clock_reach_the_tables(lake):
    lake.sales(
        "april",
        outlet(3, DateOfBirth="0001-01-01", CustomerSince="9999-12-31", BirthYear="1"),
        outlet(3, Quantity="-1", SaleAmount="-3.50", TransactionNo="2"),
        outlet(3, StaffNo=LONG, TransactionNo="9" * 40, ProductNo=LONG, CustomerNo=f"{LONG}.0"),
        outlet(3, CustomerNo="0.0", CustomerFirstName="Guest", LoyaltyCardNumber="9.01E+11", TransactionNo="4"),
        *[outlet(5, TransactionNo=str(number)) for number in range(100)],
        outlet(5, TransactionDate="2000-01-01"),
    )

    file = lake.load()["files"]["sales_reciept"]["sales-reciept/april.csv"]

    assert (file["rows_read"], file["rows_clean"], file["rows_quarantined"]) == (105, 104, 1)
    assert (file["quantity"], file["amount"]) == (102, "305.50")
    lines = [row for row in lake.facts("2019-04-01") if row["transactionno"] in ("2", "9" * 40)]
    assert {(row["quantity"], row["saleamount"]) for row in lines} >= {(-1, Decimal("-3.50")), (1, Decimal("3.00"))}
    customers = {row["customerno"]: row for row in lake.dimension("customer")}
    assert customers.keys() == {"0", "101", LONG}
    assert {value for name, value in customers["0"].items() if name not in ("customer_id", "customerno")} == {None}
    born = [(row["dateofbirth"], row["customersince"], row["birthyear"]) for row in customers.values()]
    assert set(born) == {(None, None, None)}
    assert LONG in {row["staffno"] for row in lake.dimension("staff")}
    assert lake.dimension("date")[0]["date"] == date(2019, 4, 1)  # no calendar from the year 2000 on
    (stray,) = lake.rows(lake.state, next(iter(lake.objects(lake.state, "quarantine/"))))
    assert (stray["row_number"], stray["row_date"]) == (106, date(2000, 1, 1))


def test_odd_names_of_keys_and_folders_do_not_stop_a_load(lake):
    for number, key in enumerate(ODD_KEYS, start=1):
        lake.upload(key, sales(outlet(number), outlet(number)))

    lake.load()

    assert len(lake.facts("2019-04-01")) == 8
    clean = lake.rows(lake.clean, "sales_reciept/date=2019-04-01/data.parquet")
    assert {row["source_key"] for row in clean} == set(ODD_KEYS)


def test_a_crawl_of_the_raw_bucket_succeeds_whatever_keys_and_files_are_called(lake):
    for key in (*ODD_KEYS, "sales-reciept/._2019.csv", "sales-reciept/notes.txt", "sales-reciept/archive/old.csv"):
        lake.upload(key, sales(DAY) if not key.endswith((".txt", "._2019.csv")) else b"\x00\x05\x16\x07")
    name = f"{lake.raw}-crawler"
    database = lake.databases["clean"]
    lake.glue.create_crawler(
        Name=name,
        Role=lake.role,
        DatabaseName=database,
        Targets={
            "S3Targets": [{"Path": f"s3://{lake.raw}/{prefix}/"} for prefix in ("sales-reciept", "sales-receipt")]
        },
    )
    lake.glue.start_crawler(Name=name)
    lake.wait_for_crawl(name)

    tables = lake.glue.get_tables(DatabaseName=database)["TableList"]
    assert {table["Name"] for table in tables} == {"sales_reciept", "sales_receipt"}


def test_objects_that_s3_does_not_hand_out_are_refused_and_the_others_go_on(lake):
    lake.sales("april", DAY)
    lake.s3.put_object(Bucket=lake.raw, Key="sales-reciept/old.csv", Body=sales(outlet(5)), StorageClass="GLACIER")
    lake.s3.put_object(
        Bucket=lake.raw,
        Key="sales-reciept/sealed.csv",
        Body=sales(outlet(8)),
        SSECustomerAlgorithm="AES256",
        SSECustomerKey="k" * 32,
    )

    files = lake.load()["files"]["sales_reciept"]

    assert {key: file["status"] for key, file in files.items()} == {
        "sales-reciept/april.csv": "published",
        "sales-reciept/old.csv": "refused",
        "sales-reciept/sealed.csv": "refused",
    }
    assert "S3 does not hand out version" in files["sales-reciept/old.csv"]["reason"]
    assert "(InvalidObjectState: " in files["sales-reciept/old.csv"]["reason"]
    assert "(InvalidRequest: " in files["sales-reciept/sealed.csv"]["reason"]
    assert len(lake.facts("2019-04-01")) == 1


def test_a_file_with_a_header_only_is_published_and_says_nothing(lake):
    lake.sales("april", DAY)
    lake.sales("closed")

    files = lake.load()["files"]["sales_reciept"]

    closed = files["sales-reciept/closed.csv"]
    assert (closed["status"], closed["rows_read"], closed["amount"], closed["claims"]) == ("published", 0, "0.00", {})
    assert len(lake.facts("2019-04-01")) == 1
