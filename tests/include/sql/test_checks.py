"""Every data check: silent on tables that are right, and it names the row when one thing is wrong.

A broken table is a WITH query of the table's own name in front of the check, made of the real one.
"""

import pytest

from tests.include.sql import rendering
from tests.include.sql.rendering import SQL

CHECKS = SQL / "checks"
NAMES = [path.stem for path in sorted(CHECKS.glob("*.sql"))]
DB = "coffee_shop_conform"


def check(lake, name, first="2019-04-08", last="2019-04-11", absent=(), **broken):
    """Run a check; `broken` gives tables to read in place of those of the lake, `absent` facts that have none."""
    sql = rendering.check((CHECKS / f"{name}.sql").read_text(encoding="utf-8"), first, last, absent)
    if broken:
        tables = ",\n".join(f'"{table.replace("__", "$")}" as ({query})' for table, query in broken.items())
        body = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
        body = body.removeprefix("with ")
        sql = f"with {tables}{'' if body.startswith('select') else ','} {body}"
    return [dict(zip(answer.columns, row, strict=True)) for answer in [lake.query(sql)] for row in answer.rows]


def instead(table, where, **changes):
    """The table with other values in some of its rows."""
    columns = {
        "sales_reciept": "transaction_id line_no transactionno transactiontime isinstoretransaction date_id "
        "salesoutlet_id staff_id customer_id product_id quantity unitprice saleamount wholesaleprice retailprice "
        "ispromoitem business_date",
        "pastry_inventory": "inventory_id date_id salesoutlet_id product_id stoctquantity soldquantity waste "
        "business_date",
        "sales_target": "sales_target_id salesoutlet_id month_id monthyear beans beverage food merchendise totalgoal",
        "date": "date_id date dayofweekno dayofweekname dayofmonthno weekno weekname monthno monthname month_id "
        "quarterno quartername year",
        "customer": "customer_id customerno",
        "staff": "staff_id staffno",
        "product": "product_id productno",
        "sales_outlet": "salesoutlet_id salesoutletno",
    }[table].split()
    items = [f"case when {where} then {changes[c]} else {c} end as {c}" if c in changes else c for c in columns]
    return f"select {', '.join(items)} from {DB}.{table}"


def twice(table, where):
    return f"select * from {DB}.{table} union all select * from {DB}.{table} where {where}"


def without(table, where):
    return f"select * from {DB}.{table} where not ({where})"


@pytest.mark.parametrize("name", NAMES)
def test_a_check_says_what_it_does_and_whether_it_fails(name):
    first, second, *_ = (CHECKS / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    assert first in ("-- #fail", "-- #warn")
    assert second.startswith("-- ")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "receipts_in_doubt"])
def test_tables_that_are_right(lake, name):
    assert check(lake, name) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_load_that_touched_no_date(lake, name):
    assert check(lake, name, "9999-12-31", "0001-01-01") == []


def test_a_receipt_with_two_customers(lake):
    found = check(lake, "receipts_in_doubt")
    assert [(row["business_date"], row["transactionno"], row["customers"]) for row in found] == [("2019-04-11", "2", 2)]
    assert check(lake, "receipts_in_doubt", last="2019-04-10") == []


def test_a_number_that_comes_again_within_five_minutes(lake):
    broken = {"sales_reciept": instead("sales_reciept", "transactiontime = '16:00:00'", transactionno="'1'")}
    found = check(lake, "receipts_in_doubt", last="2019-04-10", **broken)
    assert [(row["business_date"], row["transactionno"], row["time_before"]) for row in found] == [
        ("2019-04-09", "1", "15:59:59")
    ]


@pytest.mark.parametrize(
    ("name", "expected", "broken"),
    [
        *[
            ("ids_are_right", ("sales_reciept", "lines not numbered"), {"sales_reciept": lines})
            for lines in [
                twice("sales_reciept", "line_no = 2"),
                without("sales_reciept", "line_no = 1"),
                instead("sales_reciept", "line_no = 2", line_no="5"),
            ]
        ],
        *[
            ("ids_are_right", (table, "in several rows"), {table: twice(table, where)})
            for table, where in [
                ("pastry_inventory", "waste = 9"),
                ("sales_target", "totalgoal > 0"),
                ("customer", "customerno = '3'"),
                ("product", "productno = '3'"),
                ("staff", "staffno = '3'"),
                ("sales_outlet", "salesoutletno = '3'"),
                ("date", "dayofmonthno = 3"),
            ]
        ],
        (
            "ids_are_right",
            ("product", "in several rows", "2"),
            {"product": instead("product", "productno = '1'", productno="'2'")},
        ),
        *[
            ("ids_are_right", (name, "not the md5 of its number"), {table: instead(table, where, **change)})
            for name, table, where, change in [
                ("customer", "customer", "customerno = '3'", {"customerno": "'03'"}),
                ("staff", "staff", "staffno = '3'", {"staffno": "'4'"}),
                ("product", "product", "productno = '3'", {"productno": "null"}),
                ("sales_outlet", "sales_outlet", "salesoutletno = '3'", {"salesoutlet_id": "null"}),
                ("date", "date", "dayofmonthno = 3", {"date_id": "'0'"}),
                ("sales_reciept", "sales_reciept", "line_no = 2", {"transactionno": "'77'"}),
                ("sales_reciept", "sales_reciept", "line_no = 2", {"transactiontime": "null"}),
                ("sales_reciept, date_id", "sales_reciept", "line_no = 2", {"date_id": "'0'"}),
                ("pastry_inventory", "pastry_inventory", "waste = 9", {"inventory_id": "'0'"}),
                ("sales_target", "sales_target", "totalgoal > 0", {"sales_target_id": "'0'"}),
                ("sales_target", "sales_target", "totalgoal > 0", {"monthyear": "'Smarch 2019'"}),
            ]
        ],
        *[
            ("ids_are_right", (fact, "not in the dimension", column), {table: without(table, "true")})
            for fact, column, table in [
                ("sales_reciept", "customer_id", "customer"),
                ("sales_reciept", "product_id", "product"),
                ("sales_reciept", "staff_id", "staff"),
                ("sales_reciept", "salesoutlet_id", "sales_outlet"),
                ("sales_reciept", "date_id", "date"),
                ("pastry_inventory", "product_id", "product"),
                ("pastry_inventory", "salesoutlet_id", "sales_outlet"),
                ("pastry_inventory", "date_id", "date"),
                ("sales_target", "salesoutlet_id", "sales_outlet"),
                ("sales_target", "month_id", "date"),
            ]
        ],
        ("ids_are_right", ("not in the dimension", "month_id"), {"date": instead("date", "true", month_id="'0'")}),
        *[
            (
                "needed_values_are_there",
                problem,
                {"sales_reciept": instead("sales_reciept", "line_no = 2", **{column: to})},
            )
            for problem, column, to in [
                ("key", "transactionno", "null"),
                ("id", "customer_id", "null"),
                ("transactiontime", "transactiontime", "null"),
                ("transactiontime", "transactiontime", "'24:00:00'"),
                ("quantity", "quantity", "0"),
                ("unitprice", "unitprice", "null"),
                ("saleamount", "saleamount", "null"),
                ("price", "wholesaleprice", "-1"),
                ("ispromoitem", "ispromoitem", "'yes'"),
                ("isinstoretransaction", "isinstoretransaction", "'X'"),
            ]
        ],
        (
            "needed_values_are_there",
            "id",
            {"pastry_inventory": instead("pastry_inventory", "waste = 9", product_id="null")},
        ),
        ("needed_values_are_there", "id", {"sales_target": instead("sales_target", "true", month_id="null")}),
        ("totals_tie_out", "sales_reciept", {"sales_reciept": without("sales_reciept", "line_no = 3")}),
        (
            "totals_tie_out",
            "sales_reciept",
            {"sales_reciept": instead("sales_reciept", "line_no = 3", saleamount="saleamount + 0.01")},
        ),
        (
            "totals_tie_out",
            "sales_reciept",
            {"sales_reciept": without("sales_reciept", "business_date = '2019-04-09'")},
        ),
        ("totals_tie_out", "pastry_inventory", {"pastry_inventory": without("pastry_inventory", "waste = 9")}),
        (
            "totals_tie_out",
            "sales_target",
            {"sales_target": instead("sales_target", "totalgoal > 0", totalgoal="totalgoal + 1")},
        ),
        ("calendar_is_whole", "2019-04-17", {"date": without("date", "dayofmonthno = 17")}),
        ("calendar_is_whole", "2019-03-01", {"date": without("date", "dayofmonthno = 1")}),
        ("calendar_is_whole", "2019-04-30", {"date": without("date", "dayofmonthno = 30")}),
        ("calendar_is_whole", "wrong in date", {"date": instead("date", "dayofmonthno = 3", dayofweekname="'Sunday'")}),
        ("calendar_is_whole", "wrong in date", {"date": instead("date", "dayofmonthno = 3", weekno="13")}),
        (
            "calendar_is_whole",
            "2019-05-01",
            {"sales_reciept__partitions": "select '2019-05-01' as business_date"},
        ),
        (
            "figures_that_disagree",
            "pastry_inventory",
            {"pastry_inventory": instead("pastry_inventory", "waste = 9", waste="8")},
        ),
        (
            "figures_that_disagree",
            "sales_target",
            {"sales_target": instead("sales_target", "totalgoal > 0", totalgoal="totalgoal + 1")},
        ),
    ],
)
def test_what_is_wrong_is_named(lake, name, expected, broken):
    wanted = {expected} if isinstance(expected, str) else set(expected)
    assert any(wanted <= set(row.values()) for row in check(lake, name, **broken))


@pytest.mark.parametrize("absent", [("sales_reciept",), ("pastry_inventory",), ("sales_reciept", "pastry_inventory")])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "receipts_in_doubt"])
def test_a_lake_that_has_no_table_of_a_fact(lake, name, absent):
    """The other tables are checked all the same: without the fact, and with a target and a day that are wrong."""
    gone = dict.fromkeys(absent, "select 1 as no_column_that_a_check_asks_for")
    lists = {f"{fact}__partitions": query for fact, query in gone.items()}
    assert check(lake, name, absent=absent, **gone, **lists) == []
    wrong = {
        "sales_target": instead("sales_target", "true", month_id="null", totalgoal="totalgoal + 1"),
        "date": without("date", "dayofmonthno = 17"),
        "sales_outlet": twice("sales_outlet", "salesoutletno = '3'"),
    }
    assert check(lake, name, absent=absent, **gone, **lists, **wrong) != []


def test_every_check_is_broken_above():
    cases = next(mark for mark in test_what_is_wrong_is_named.pytestmark if mark.name == "parametrize").args[1]
    assert {case[0] for case in cases} | {"receipts_in_doubt"} == set(NAMES)


def test_days_that_were_not_touched_are_not_looked_at(lake):
    broken = {"sales_reciept": instead("sales_reciept", "business_date = '2019-04-12'", quantity="0")}
    assert check(lake, "needed_values_are_there", **broken) == []
    assert len(check(lake, "needed_values_are_there", last="2019-04-12", **broken)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"sales_reciept": instead("sales_reciept", "business_date = '2019-04-12'", line_no="9")},
        {"sales_reciept": instead("sales_reciept", "business_date = '2019-04-12'", transaction_id="'0'")},
        {"sales_reciept": instead("sales_reciept", "business_date = '2019-04-12'", date_id="'0'")},
        {"sales_reciept": instead("sales_reciept", "business_date = '2019-04-12'", staff_id="'0'")},
        {"pastry_inventory": instead("pastry_inventory", "business_date = '2019-04-12'", inventory_id="'0'")},
        {"pastry_inventory": instead("pastry_inventory", "business_date = '2019-04-12'", product_id="'0'")},
        {"pastry_inventory": twice("pastry_inventory", "business_date = '2019-04-12'")},
    ],
)
def test_ids_of_days_that_were_not_touched_are_not_looked_at(lake, broken):
    assert check(lake, "ids_are_right", **broken) == []
    assert check(lake, "ids_are_right", last="2019-04-12", **broken) != []


def test_a_member_that_stands_twice_is_named_and_not_the_facts_that_mention_it(lake):
    found = check(lake, "ids_are_right", sales_outlet=twice("sales_outlet", "salesoutletno = '3'"))
    assert [(row["table_name"], row["problem"], row["detail"], row["lines"]) for row in found] == [
        ("sales_outlet", "in several rows", "3", 2)
    ]
