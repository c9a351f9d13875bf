"""The schema in code says the same as the data model that the catalog's comments come from; facts by rows written out.

Ids are written as ``id:number`` here: what is looked up is which number, and that an id is the number's md5.
"""

import hashlib
import pickle
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from coffee_shop_jobs import star_schema
from coffee_shop_jobs.columns import INVENTORY, SALES, TARGETS, clean_columns
from coffee_shop_jobs.facts import DayTotals, OrphanError, TotalsDifferError, check_facts, in_tasks
from coffee_shop_jobs.load_state import Arguments
from coffee_shop_jobs.parquet_rows import schema_of
from coffee_shop_jobs.row_ids import id_of

MODEL = yaml.safe_load(Path(__file__).parents[4].joinpath("include/data_model.yaml").read_text("utf-8"))["tables"]


def test_the_data_model_has_the_tables_columns_and_types_of_the_schema():
    described = {
        table: [(name, column["type"]) for name, column in model["columns"].items()] for table, model in MODEL.items()
    }

    assert described == star_schema.TABLES


def test_every_table_and_column_has_a_comment_of_one_sentence_and_every_table_a_grain():
    for table, model in MODEL.items():
        comments = [model["comment"], *(column["comment"] for column in model["columns"].values())]
        assert all(comment.endswith(".") and "\n" not in comment and len(comment) < 255 for comment in comments), table
        grain = model["grain"].split(", ")
        assert set(grain) <= set(model["columns"]), table


# --- facts

DAY = "2019-04-01"
NUMBERS = {
    "customer": {"0", "101"},
    "product": {"22", "9"},
    "staff": {"12"},
    "sales_outlet": {"3", "5"},
    "date": {"2019-04-01", "2019-04-02", "2019-06-30"},
}
LINE = {
    "transactionno": "7",
    "transactiontime": "08:00:00",
    "isinstoretransaction": "Y",
    "salesoutletno": "3",
    "staffno": "12",
    "customerno": "101",
    "productno": "22",
    "quantity": 2,
    "unitprice": Decimal("3.0000"),
    "saleamount": Decimal("6.00"),
    "currentwholesaleprice": Decimal("1.2500"),
    "currentretailprice": Decimal("3.7500"),
    "ispromoitem": "N",
    "line_no": 1,
}
FACT = {
    "transaction_id": "id:3|2019-04-01|7|08:00:00",
    "line_no": 1,
    "transactionno": "7",
    "transactiontime": "08:00:00",
    "isinstoretransaction": "Y",
    "date_id": "id:2019-04-01",
    "salesoutlet_id": "id:3",
    "staff_id": "id:12",
    "customer_id": "id:101",
    "product_id": "id:22",
    "quantity": 2,
    "unitprice": Decimal("3.0000"),
    "saleamount": Decimal("6.00"),
    "wholesaleprice": Decimal("1.2500"),
    "retailprice": Decimal("3.7500"),
    "ispromoitem": "N",
    "orphan": None,
}
STOCK = {
    "salesoutletno": "3",
    "productno": "22",
    "stoctquantity": 10,
    "soldquantity": 6,
    "waste": 4,
    "wastepercentage": 40.0,
}
TARGET = {
    "salesoutletno": "3",
    "monthyear": "April 2019",
    "beans": Decimal("100.00"),
    "beverage": None,
    "food": Decimal("12.50"),
    "merchendise": None,
    "totalgoal": Decimal("375.00"),
}


def members(numbers):
    """What the dimensions have, by their numbers."""
    of = {table: pa.array(sorted(some), pa.string()) for table, some in numbers.items() if table != "date"}
    tables = {table: pa.table({"number": some, "id": id_of(some)}) for table, some in of.items()}
    return star_schema.Members(tables, numbers["date"])


MEMBERS = members(NUMBERS)


def clean(dataset, *rows):
    kinds = clean_columns(dataset)
    return pa.Table.from_pylist(rows, schema_of({name: kinds[name] for name in rows[0]}))


def with_ids(facts, ids):
    """The rows of a table with ids as ``id:number``."""
    numbers = {hashlib.md5(number.encode()).hexdigest(): f"id:{number}" for number in ids}
    return [
        {name: numbers[value] if value and name.endswith("_id") else value for name, value in row.items()}
        for row in facts.to_pylist()
    ]


RECEIPTS = [f"{outlet}|{DAY}|7|{time}" for outlet in ("3", "5") for time in ("08:00:00", "09:00:00")]
IDS = [number for numbers in NUMBERS.values() for number in numbers] + RECEIPTS


def sales(*changes, numbers=NUMBERS, day=DAY):
    lines = clean(SALES, *({**LINE, **change} for change in changes))
    return star_schema.sales_facts(lines, day, members(numbers))


def test_a_line_of_sales_is_a_fact_with_the_md5_of_each_number_as_its_id():
    facts = sales({})

    assert with_ids(facts, IDS) == [FACT]
    columns = [(name, kind) for name, kind in star_schema.TABLES[SALES] if name != "business_date"]
    assert facts.schema == schema_of([*columns, ("orphan", "string")])


def test_receipts_are_told_apart_by_outlet_and_time_and_sorted_by_their_id_and_line():
    ten, two = {"line_no": 10}, {"line_no": 2}
    at_nine, at_five = {"transactiontime": "09:00:00"}, {"salesoutletno": "5"}

    facts = sales(ten, at_nine | two, at_five, two, at_nine)

    found = [(row["transaction_id"], row["line_no"]) for row in facts.to_pylist()]
    assert found == sorted(found)
    assert sorted((row["transaction_id"], row["line_no"]) for row in with_ids(facts, IDS)) == [
        ("id:3|2019-04-01|7|08:00:00", 2),
        ("id:3|2019-04-01|7|08:00:00", 10),
        ("id:3|2019-04-01|7|09:00:00", 1),
        ("id:3|2019-04-01|7|09:00:00", 2),
        ("id:5|2019-04-01|7|08:00:00", 1),
    ]


def test_a_sale_to_nobody_is_customer_0s_and_one_by_nobody_has_no_staff_and_neither_is_an_orphan():
    facts = with_ids(
        sales({"customerno": None}, {"customerno": "0", "line_no": 2}, {"staffno": None, "line_no": 3}), IDS
    )

    nobody = {"customer_id": "id:0"}
    assert facts == [FACT | nobody, FACT | nobody | {"line_no": 2}, FACT | {"staff_id": None, "line_no": 3}]


@pytest.mark.parametrize(
    ("change", "lacking", "orphan"),
    [
        ({"customerno": "999"}, "customer_id", "customer 999"),
        ({"productno": "99"}, "product_id", "product 99"),
        ({"staffno": "13"}, "staff_id", "staff 13"),
        ({"salesoutletno": "4"}, "salesoutlet_id", "sales_outlet 4"),
    ],
)
def test_a_number_that_its_dimension_lacks_has_no_id_and_is_named(change, lacking, orphan):
    facts = with_ids(sales({}, change | {"line_no": 2}), [*IDS, f"4|{DAY}|7|08:00:00"])

    whole, lost = sorted(facts, key=lambda row: row["line_no"])
    assert (whole, lost["orphan"]) == (FACT, orphan)
    assert [name for name in FACT if lost[name] is None] == [lacking]


def test_a_sale_to_nobody_is_an_orphan_where_no_customer_0_is():
    facts = sales({"customerno": None}, numbers=NUMBERS | {"customer": set()})

    assert facts["orphan"].to_pylist() == ["customer 0"]


def test_of_several_orphans_of_a_line_the_date_is_named_first_then_customer_product_staff_and_outlet():
    line = {"customerno": "999", "productno": "99", "staffno": "13", "salesoutletno": "4"}
    named = []
    for mended in ({}, {"customerno": "101"}, {"productno": "22"}, {"staffno": "12"}):
        line |= mended
        named += sales(line)["orphan"].to_pylist()
    named += sales(line, day="2019-05-01")["orphan"].to_pylist()

    assert named == ["customer 999", "product 99", "staff 13", "sales_outlet 4", "date 2019-05-01"]


def test_a_day_that_the_date_table_lacks_makes_all_its_rows_orphans():
    facts = sales({}, {"line_no": 2}, day="2019-05-01")

    assert facts["orphan"].to_pylist() == ["date 2019-05-01"] * 2
    assert facts["date_id"].to_pylist() == [None, None]


def test_a_row_of_inventory_is_a_fact_of_outlet_and_product():
    facts = star_schema.inventory_facts(
        clean(INVENTORY, STOCK, STOCK | {"productno": "9", "waste": None}, STOCK | {"productno": "99"}), DAY, MEMBERS
    )

    keys = [f"3|{DAY}|{product}" for product in ("22", "9", "99")]
    assert facts["inventory_id"].to_pylist() == sorted(facts["inventory_id"].to_pylist())
    expected = {
        "inventory_id": f"id:{keys[0]}",
        "date_id": f"id:{DAY}",
        "salesoutlet_id": "id:3",
        "product_id": "id:22",
        "stoctquantity": 10,
        "soldquantity": 6,
        "waste": 4,
        "wastepercentage": 40.0,
        "orphan": None,
    }
    assert sorted(with_ids(facts, [*IDS, *keys]), key=lambda row: row["inventory_id"]) == [
        expected,
        expected | {"inventory_id": f"id:{keys[1]}", "product_id": "id:9", "waste": None},
        expected | {"inventory_id": f"id:{keys[2]}", "product_id": None, "orphan": "product 99"},
    ]
    assert facts.column_names == list(expected)


def test_a_target_is_a_fact_of_outlet_and_month():
    rows = [
        TARGET,
        TARGET | {"monthyear": "June 2019"},
        TARGET | {"monthyear": "May 2019"},
        TARGET | {"salesoutletno": "4", "monthyear": "May 2019"},
    ]
    facts = star_schema.target_facts(clean(TARGETS, *rows), MEMBERS)

    keys = ["3|2019-04", "3|2019-05", "3|2019-06", "4|2019-05"]
    assert facts["sales_target_id"].to_pylist() == sorted(facts["sales_target_id"].to_pylist())
    april = {
        "sales_target_id": "id:3|2019-04",
        "salesoutlet_id": "id:3",
        "month_id": "id:2019-04",
        "monthyear": "April 2019",
        "year": 2019,
        "beans": Decimal("100.00"),
        "beverage": None,
        "food": Decimal("12.50"),
        "merchendise": None,
        "totalgoal": Decimal("375.00"),
        "orphan": None,
    }
    june = {"sales_target_id": "id:3|2019-06", "month_id": "id:2019-06", "monthyear": "June 2019"}
    lost = {"monthyear": "May 2019", "month_id": None, "year": None}
    found = with_ids(facts, [*IDS, *keys, "2019-04", "2019-06"])
    assert sorted(found, key=lambda row: row["sales_target_id"]) == [
        april,
        april | lost | {"sales_target_id": "id:3|2019-05", "orphan": "date May 2019"},
        april | june,
        april | lost | {"sales_target_id": "id:4|2019-05", "salesoutlet_id": None, "orphan": "sales_outlet 4"},
    ]
    assert facts.column_names == list(april)


def test_a_lake_without_targets_has_facts_without_rows():
    facts = star_schema.target_facts(
        schema_of(clean_columns(TARGETS)).empty_table(), members(NUMBERS | {"date": set()})
    )

    assert facts.num_rows == 0
    assert facts.drop_columns("orphan").schema == schema_of(star_schema.TABLES[TARGETS])


def test_the_order_of_the_clean_rows_and_their_chunks_do_not_matter():
    rows = [LINE | {"transactionno": str(number), "line_no": line} for number in range(30) for line in (1, 2)]
    in_chunks = pa.concat_tables([clean(SALES, *rows[40:]), clean(SALES, *rows[:40])])

    facts = [star_schema.sales_facts(lines, DAY, MEMBERS) for lines in (clean(SALES, *rows), in_chunks)]

    assert facts[0].equals(facts[1])


# --- what is checked before facts are staged

ARGUMENTS = Arguments("load-1", *["bucket"] * 4, *["database"] * 2)


def day_totals(**totals):
    held = [{"rows": 1, "quantity": 2, "amount": "6.00"}, {"rows": 1, "quantity": 3, "amount": "1.50"}]
    return DayTotals.of(DAY, [held[0], held[1] | totals])


def test_a_day_adds_up_its_outlets():
    assert day_totals() == DayTotals(DAY, 2, 5, Decimal("7.50"))


def test_days_are_dealt_out_until_a_task_has_rows_enough_and_can_be_sent_to_an_executor():
    days = [DayTotals(f"2019-04-{number:02}", rows, 0, Decimal(0)) for number, rows in enumerate([9_000] * 4 + [1], 1)]

    tasks = in_tasks(ARGUMENTS, "staging/load-1/run", SALES, days)

    assert [[day.day[-2:] for day in task.days] for task in tasks] == [["01", "02", "03"], ["04", "05"]]
    assert (tasks[0].rows, tasks[1].key) == (27_000, "staging/load-1/run/conform/sales_reciept/2019-04-04.days")
    assert pickle.loads(pickle.dumps(tasks)) == tasks
    assert in_tasks(ARGUMENTS, "staging/load-1/run", SALES, []) == []


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ({}, None),
        (
            {"quantity": 4},
            "sales_reciept of 2019-04-01: quantity of the facts is 5, of the raw files 6; nothing was replaced",
        ),
        ({"amount": "1.49"}, "sales_reciept of 2019-04-01: amount of the facts is 7.50, of the raw files 7.49;"),
    ],
)
def test_quantity_and_amount_must_be_those_of_the_raw_files(totals, words):
    facts = sales({}, {"quantity": 3, "saleamount": Decimal("1.50")})
    if words is None:
        check_facts(SALES, day_totals(**totals), facts)
    else:
        with pytest.raises(TotalsDifferError, match=words):
            check_facts(SALES, day_totals(**totals), facts)


def test_inventory_has_no_amount_and_targets_have_no_quantity_to_compare():
    stock = star_schema.inventory_facts(clean(INVENTORY, STOCK, STOCK | {"soldquantity": None}), DAY, MEMBERS)
    check_facts(INVENTORY, DayTotals(DAY, 2, 6, Decimal(1)), stock)
    targets = star_schema.target_facts(clean(TARGETS, TARGET), MEMBERS)
    check_facts(TARGETS, DayTotals("", 1, 1, Decimal(375)), targets)

    with pytest.raises(TotalsDifferError, match=r"^sales_target: amount of the facts is 375.00, of the raw files 376;"):
        check_facts(TARGETS, DayTotals("", 1, 1, Decimal(376)), targets)
    nothing = star_schema.inventory_facts(clean(INVENTORY, STOCK | {"soldquantity": None}), DAY, MEMBERS)
    check_facts(INVENTORY, DayTotals(DAY, 1, 0, Decimal(0)), nothing)


def test_orphans_are_counted_and_the_first_by_name_is_named_before_totals_are_compared():
    facts = sales({"productno": "99"}, {"customerno": "999"}, {})

    words = (
        r"^sales_reciept of 2019-04-01: 2 rows mention members that no dimension has, one of them is customer 999\."
        r" Clear this load's task conform_tables: it writes the dimensions\.$"
    )
    with pytest.raises(OrphanError, match=words):
        check_facts(SALES, day_totals(quantity=0), facts)
