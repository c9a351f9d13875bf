"""A first load, with the rows of every table written out."""

import hashlib
from datetime import date
from decimal import Decimal

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def known(row):
    """A row without its nulls."""
    return {name: value for name, value in row.items() if value is not None}


@pytest.fixture(scope="module")
def loaded(local_aws):
    from tests.include.glue.conftest import Lake

    lake = Lake("first-load")
    lake.make()
    lake.sales(
        "april",
        # one receipt of outlet 3: a repeated line, and two that differ in their product or a late column only
        {"TransactionNo": "0007", "ProductNo": "22"},
        {"TransactionNo": "7", "ProductNo": "9", "ProductName": "Scone", "CurrentWholesalePrice": ""},
        {"TransactionNo": "7", "ProductNo": "22"},
        {"TransactionNo": "7", "ProductNo": "22", "Quantity": "2", "SaleAmount": "5.50", "IsPromoItem": "Y"},
        {"TransactionNo": "7", "ProductNo": "100", "ProductName": "Mug", "TransactionTime": "07:59:59"},
        # the same number at another time, at another outlet and on another day is another receipt
        {"TransactionNo": "7", "SalesOutletNo": "5", "Neighorhood": "Soho", "CustomerNo": "", "StaffNo": "NULL"},
        {
            "TransactionNo": "7",
            "TransactionDate": "2019-04-02",
            "CustomerFirstName": "Kelly Ann",
            "ProductName": "Old Blend",
            "TransactionTime": "06:30:00",
        },
        {
            "TransactionNo": "8",
            "TransactionDate": "2019-04-02",
            "CustomerNo": "0",
            "CustomerFirstName": "Nobody",
            "ProductName": "New Blend",
            "CurrentRetailPrice": "3.75",
            "TransactionTime": "06:30:00",
        },
    )
    lake.inventory("april", {"WastePercentage": "40%", "StoctQuantity": "10", "Waste": "4"}, {"SalesOutletNo": "6"})
    lake.targets("april", {}, {"SalesOutletNo": "9", "MonthYear": "June 2019", "Beans": "12.5", "TotalGoal": "12.5"})
    lake.load()
    return lake


def test_the_lines_of_a_receipt_are_numbered_by_product_number_and_then_every_other_column(loaded):
    lines = [row for row in loaded.facts("2019-04-01") if row["salesoutlet_id"] == md5("3")]
    names = {md5("9"): "9", md5("22"): "22", md5("100"): "100"}

    receipts = {row["transactiontime"]: row["transaction_id"] for row in lines}
    assert receipts == {time: md5(f"3|2019-04-01|7|{time}") for time in ("07:59:59", "08:00:00")}
    assert [
        (row["line_no"], row["transactiontime"], names[row["product_id"]], row["quantity"], row["ispromoitem"])
        for row in sorted(lines, key=lambda row: (row["transactiontime"], row["line_no"]))
    ] == [
        (1, "07:59:59", "100", 1, "N"),
        (1, "08:00:00", "9", 1, "N"),
        (2, "08:00:00", "22", 1, "N"),
        (3, "08:00:00", "22", 1, "N"),
        (4, "08:00:00", "22", 2, "Y"),
    ]


def test_a_line_has_its_own_prices_ids_of_all_members_and_customer_0_for_nobody(loaded):
    (line,) = [row for row in loaded.facts("2019-04-01") if row["salesoutlet_id"] == md5("5")]
    scone = next(row for row in loaded.facts("2019-04-01") if row["product_id"] == md5("9"))

    assert line == {
        "transaction_id": md5("5|2019-04-01|7|08:00:00"),
        "line_no": 1,
        "transactionno": "7",
        "transactiontime": "08:00:00",
        "isinstoretransaction": "Y",
        "date_id": md5("2019-04-01"),
        "salesoutlet_id": md5("5"),
        "staff_id": None,
        "customer_id": md5("0"),
        "product_id": md5("22"),
        "quantity": 1,
        "unitprice": Decimal("3.0000"),
        "saleamount": Decimal("3.00"),
        "wholesaleprice": Decimal("1.0000"),
        "retailprice": Decimal("3.0000"),
        "ispromoitem": "N",
    }
    assert scone["wholesaleprice"] is None


def test_members_have_the_attributes_of_their_latest_sale_and_nulls_where_there_was_none(loaded):
    assert [known(row) for row in loaded.dimension("customer")] == [
        {"customer_id": md5("0"), "customerno": "0"},
        {"customer_id": md5("101"), "customerno": "101", "customerfirstname": "Kelly Ann"},
    ]
    assert [known(row) for row in loaded.dimension("staff")] == [
        {"staff_id": md5("12"), "staffno": "12", "stafffirstname": "Ann"}
    ]
    assert [known(row) for row in loaded.dimension("sales_outlet")] == [
        {"salesoutlet_id": md5("3"), "salesoutletno": "3", "salesoutlettype": "retail", "neighbourhood": "Astoria"},
        {"salesoutlet_id": md5("5"), "salesoutletno": "5", "salesoutlettype": "retail", "neighbourhood": "Soho"},
        {"salesoutlet_id": md5("6"), "salesoutletno": "6"},
        {"salesoutlet_id": md5("9"), "salesoutletno": "9"},
    ]
    products = {row["productno"]: row for row in loaded.dimension("product")}
    assert list(products) == ["9", "22", "70", "100"]
    # sold at the same time on the same day: transaction 8 is later than 7
    assert (products["22"]["productname"], products["22"]["currentretailprice"]) == ("New Blend", Decimal("3.7500"))
    assert known(products["70"]) == {"product_id": md5("70"), "productno": "70"}


def test_inventory_and_targets(loaded):
    assert loaded.facts("2019-04-01", "pastry_inventory")[1] == {
        "inventory_id": md5("3|2019-04-01|70"),
        "date_id": md5("2019-04-01"),
        "salesoutlet_id": md5("3"),
        "product_id": md5("70"),
        "stoctquantity": 10,
        "soldquantity": 6,
        "waste": 4,
        "wastepercentage": 40.0,
    }
    targets = {row["sales_target_id"]: row for row in loaded.dimension("sales_target")}
    assert targets.keys() == {md5("3|2019-04"), md5("9|2019-06")}
    assert targets[md5("9|2019-06")] == {
        "sales_target_id": md5("9|2019-06"),
        "salesoutlet_id": md5("9"),
        "month_id": md5("2019-06"),
        "monthyear": "June 2019",
        "year": 2019,
        "beans": Decimal("12.50"),
        "beverage": None,
        "food": None,
        "merchendise": None,
        "totalgoal": Decimal("12.50"),
    }


def test_the_date_table_has_every_day_of_the_months_from_the_first_fact_to_the_last_target(loaded):
    days = [row["date"] for row in loaded.dimension("date")]

    assert (days[0], days[-1], len(days)) == (date(2019, 4, 1), date(2019, 6, 30), 91)


def test_every_table_has_exactly_the_columns_and_types_of_the_data_model_and_one_object_a_folder(loaded):
    from coffee_shop_jobs.star_schema import TABLES

    found = {}
    for key in loaded.objects(loaded.conform):
        table, *rest = key.split("/")
        columns = [(field.name, str(field.type)) for field in loaded.schema(loaded.conform, key)]
        found[table] = columns + ([("business_date", "string")] if len(rest) == 2 else [])
        assert rest[-1] == "data.parquet"
    arrow = {
        "int": "int32",
        "date": "date32[day]",
        "decimal(12,2)": "decimal128(12, 2)",
        "decimal(12,4)": "decimal128(12, 4)",
    }

    assert found == {
        table: [(name, arrow.get(kind, kind)) for name, kind in columns] for table, columns in TABLES.items()
    }


def test_the_crawled_catalog_knows_the_days_as_strings(loaded):
    table = loaded.glue.get_table(DatabaseName=loaded.databases["conform"], Name="sales_reciept")["Table"]
    partitions = loaded.glue.get_partitions(DatabaseName=loaded.databases["conform"], TableName="sales_reciept")

    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [("business_date", "string")]
    assert sorted(part["Values"] for part in partitions["Partitions"]) == [["2019-04-01"], ["2019-04-02"]]


def test_clean_rows_are_typed_and_know_their_file(loaded):
    rows = loaded.rows(loaded.clean, "sales_reciept/date=2019-04-02/data.parquet")
    key = "clean/sales_reciept/date=2019-04-02/data.parquet"

    assert [(row["transactionno"], row["transactiondate"], row["source_key"]) for row in rows] == [
        ("7", date(2019, 4, 2), "sales-reciept/april.csv"),
        ("8", date(2019, 4, 2), "sales-reciept/april.csv"),
    ]
    assert "row_digest" not in rows[0]
    assert key in loaded.contents()


def test_the_result_counts_each_file_and_nothing_is_left_pending_or_staged_by_the_first_and_last_job(loaded):
    result = loaded.result("load-1")
    file = result["files"]["sales_reciept"]["sales-reciept/april.csv"]

    assert (file["status"], file["rows_read"], file["rows_clean"], file["rows_quarantined"]) == ("published", 8, 8, 0)
    assert (file["quantity"], file["amount"]) == (9, "26.50")
    assert result["touched"] == result["changed"]
    assert result["touched"]["sales_target"] == ["2019-04", "2019-06"]
    assert "pending.json" not in loaded.objects(loaded.state)
    assert {key.split("/")[3] for key in loaded.objects(loaded.state, "staging/")} <= {"members", "conform", "final"}
