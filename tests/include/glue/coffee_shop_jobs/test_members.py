"""Members of the dimensions from small days written out."""

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from coffee_shop_jobs import members
from coffee_shop_jobs.columns import INVENTORY, SALES, clean_columns
from coffee_shop_jobs.parquet_rows import schema_of
from coffee_shop_jobs.row_ids import md5
from coffee_shop_jobs.star_schema import CUSTOMER, OUTLET, PRODUCT, STAFF

LINE = {
    "transactiontime": "08:00:00",
    "transactionno": "7",
    "line_no": 1,
    "salesoutletno": "3",
    "neighorhood": "Astoria",
    "staffno": "12",
    "stafffirstname": "Ann",
    "customerno": "101",
    "customerfirstname": "Kelly",
    "productno": "22",
    "productname": "Blend",
    "currentretailprice": Decimal("3.0000"),
}


def clean(dataset, *rows):
    """Clean rows as a job reads them; of sales each says how it differs from LINE."""
    kinds = clean_columns(dataset)
    usual = LINE if dataset == SALES else {}
    schema = schema_of({name: kinds[name] for name in members.CLEAN_COLUMNS[dataset]})
    return pa.Table.from_pylist([usual | row for row in rows], schema=schema)


def sold(day, *rows):
    return members.of_day(SALES, clean(SALES, *rows), day)


def stocked(day, *rows):
    return members.of_day(INVENTORY, clean(INVENTORY, *rows), day)


def known(rows, dimension=None):
    """The rows of a table, or of one dimension in it, without their nulls."""
    found = [row for row in rows.to_pylist() if dimension is None or row["dimension"] == dimension.table]
    return [{name: value for name, value in row.items() if value is not None} for row in found]


def names(*lines):
    """What the lines of a day call product 22."""
    return [row["productname"] for row in known(sold("2019-04-01", *lines), PRODUCT)]


def table(dimension, *extracts, targets=()):
    """A dimension as its task makes it of whole extracts."""
    columns = list(members.extract_columns(dimension))
    rows = members.of_targets(pa.table({"salesoutletno": pa.array(targets, pa.string())}))
    for extract in extracts:
        marked = members.marked(extract.select(columns), dimension).select(columns[:-1])
        rows = members.latest(pa.concat_tables([rows.select(columns[:-1]), marked]))
    return members.dimension_rows(rows, dimension)


def test_a_line_mentions_four_members_each_with_its_own_attributes():
    found = sold("2019-04-01", {})

    sale = {"day": "2019-04-01", "time": "08:00:00", "transactionno": "7", "line_no": 1, "outlet": "3"}
    assert found.schema.equals(schema_of(members.COLUMNS))
    assert known(found) == [
        {"dimension": "customer", "number": "101", **sale, "customerfirstname": "Kelly"},
        {
            "dimension": "product",
            "number": "22",
            **sale,
            "productname": "Blend",
            "currentretailprice": Decimal("3.0000"),
        },
        {"dimension": "staff", "number": "12", **sale, "stafffirstname": "Ann"},
        {"dimension": "sales_outlet", "number": "3", **sale, "neighorhood": "Astoria"},
    ]


def test_a_sale_without_staff_mentions_none_and_whoever_is_not_registered_is_customer_0_without_attributes():
    found = sold("2019-04-01", {"staffno": None, "customerno": None}, {"customerno": "0", "line_no": 2})

    assert [(row["number"], row["line_no"]) for row in known(found, STAFF)] == [("12", 2)]
    (nobody,) = known(found, CUSTOMER)
    assert (nobody["number"], nobody["line_no"]) == ("0", 2)
    assert "customerfirstname" not in nobody


def test_the_latest_sale_is_by_time_then_transaction_as_a_number_then_line_then_outlet_as_a_number():
    later, earlier = {"productname": "Later"}, {"productname": "Earlier"}

    for late, early in (
        ({"transactiontime": "08:00:01", "transactionno": "1"}, {"transactionno": "99"}),
        ({"transactionno": "10"}, {"transactionno": "9", "line_no": 2}),
        ({"line_no": 10}, {"line_no": 9, "salesoutletno": "5"}),
        ({"salesoutletno": "10"}, {"salesoutletno": "9"}),
        ({"line_no": 1}, {"line_no": None}),
    ):
        assert names(late | later, early | earlier) == ["Later"]
        assert names(early | earlier, late | later) == ["Later"]


def test_the_latest_sale_counts_even_where_it_knows_less():
    assert known(sold("2019-04-01", {}, {"line_no": 2, "productname": None}), PRODUCT) == [
        {
            "dimension": "product",
            "number": "22",
            "day": "2019-04-01",
            "time": "08:00:00",
            "transactionno": "7",
            "line_no": 2,
            "outlet": "3",
            "currentretailprice": Decimal("3.0000"),
        }
    ]


def test_inventory_mentions_outlets_and_products_once_a_day_and_targets_outlets_without_a_day():
    found = stocked("2019-04-01", *({"salesoutletno": outlet, "productno": "70"} for outlet in ("3", "5")))

    assert found.schema.equals(schema_of(members.COLUMNS))
    assert known(found) == [
        {"dimension": "sales_outlet", "number": "3", "day": "2019-04-01"},
        {"dimension": "sales_outlet", "number": "5", "day": "2019-04-01"},
        {"dimension": "product", "number": "70", "day": "2019-04-01"},
    ]
    assert known(members.of_targets(pa.table({"salesoutletno": ["9", "9"]}))) == [
        {"dimension": "sales_outlet", "number": "9"}
    ]


def test_an_extract_is_by_dimension_and_number_as_a_text_with_the_newest_day_first_and_marked():
    days = [sold("2019-04-01", {}, {"customerno": "20"}), sold("2019-04-02", {"staffno": "9"})]
    extract = members.mark_latest(pa.concat_tables(days))

    assert extract.schema.equals(schema_of([*members.COLUMNS, ("is_latest", "boolean")]))
    assert [
        tuple(row[name] for name in ("dimension", "number", "day", "is_latest")) for row in extract.to_pylist()
    ] == [
        ("customer", "101", "2019-04-02", True),
        ("customer", "101", "2019-04-01", False),
        ("customer", "20", "2019-04-01", True),
        ("product", "22", "2019-04-02", True),
        ("product", "22", "2019-04-01", False),
        ("sales_outlet", "3", "2019-04-02", True),
        ("sales_outlet", "3", "2019-04-01", False),
        ("staff", "12", "2019-04-01", True),
        ("staff", "9", "2019-04-02", True),
    ]


def test_the_same_members_give_the_same_bytes_in_whatever_order_the_days_come():
    days = [sold(f"2019-04-0{day}", {"customerno": str(day)}, {"customerno": str(day % 3)}) for day in range(1, 9)]

    def written(extract):
        body = io.BytesIO()
        pq.write_table(extract, body, store_schema=False)
        return body.getvalue()

    extracts = [members.mark_latest(pa.concat_tables(some)) for some in (days, days[::-1])]
    assert written(extracts[0]) == written(extracts[1])
    tables = [table(CUSTOMER, *map(members.mark_latest, some)) for some in (days, days[::-1])]
    assert written(tables[0]) == written(tables[1])


def test_a_dimension_has_each_number_once_by_number_with_the_attributes_of_its_latest_sale():
    april = members.mark_latest(pa.concat_tables([sold("2019-04-30", {}, {"productno": "9"}), sold("2019-04-01", {})]))
    may = members.mark_latest(sold("2019-05-01", {"productname": "New Blend"}, {"productno": "100"}))
    stock = members.mark_latest(
        stocked("2019-05-02", *({"salesoutletno": "6", "productno": no} for no in ("22", "70")))
    )

    products = table(PRODUCT, may, stock, april)

    assert products.schema.equals(schema_of(PRODUCT.columns))
    blend = {"productname": "Blend", "currentretailprice": Decimal("3.0000")}
    assert known(products) == [
        {"product_id": md5("9"), "productno": "9", **blend},
        {"product_id": md5("22"), "productno": "22", **blend, "productname": "New Blend"},
        {"product_id": md5("70"), "productno": "70"},  # in stock only
        {"product_id": md5("100"), "productno": "100", **blend},
    ]
    assert known(table(OUTLET, april, stock, targets=["9", "3"])) == [
        {"salesoutlet_id": md5("3"), "salesoutletno": "3", "neighbourhood": "Astoria"},
        {"salesoutlet_id": md5("6"), "salesoutletno": "6"},
        {"salesoutlet_id": md5("9"), "salesoutletno": "9"},
    ]
    assert known(table(STAFF)) == []


def test_only_marked_rows_count_and_all_of_an_extract_without_marks():
    days = [sold("2019-04-01", {}), sold("2019-04-02", {"customerfirstname": "Kay"})]
    extract = members.mark_latest(pa.concat_tables(days))
    without = extract.set_column(extract.num_columns - 1, "is_latest", pa.nulls(len(extract), pa.bool_()))

    assert [row["day"] for row in members.marked(extract, CUSTOMER).to_pylist()] == ["2019-04-02"]
    assert [row["day"] for row in members.marked(without, CUSTOMER).to_pylist()] == ["2019-04-02", "2019-04-01"]
    assert [row["customerfirstname"] for row in known(table(CUSTOMER, without))] == ["Kay"]


def test_the_latest_of_each_dimension_are_a_group_and_all_others_are_one():
    days = [sold("2019-04-01", {}), sold("2019-04-02", {"customerfirstname": "Kay"}, {"customerno": "202"})]

    groups = members.groups(members.mark_latest(pa.concat_tables(days)))

    found = [[(row["dimension"], row["number"], row["day"]) for row in group.to_pylist()] for group in groups]
    assert found[0] == [("customer", "101", "2019-04-02"), ("customer", "202", "2019-04-02")]
    assert [{row[0] for row in group} for group in found[1:4]] == [{"product"}, {"sales_outlet"}, {"staff"}]
    assert {row[2] for row in found[4]} == {"2019-04-01"}
    assert len(found) == 5
