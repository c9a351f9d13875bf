"""What Athena refuses although the grammar is right: small queries over three tables, each with all that is said of it."""

import pytest

from infrastructure.sql_rules import Problem, problems_of_query

TABLES = {
    "coffee_shop_conform": {
        "sale": {"day": "string", "product_id": "string", "quantity": "int", "amount": "decimal(12,2)"},
        "product": {"product_id": "string", "name": "string", "size": "double", "since": "date"},
    },
    "coffee_shop_clean": {"sale": {"line": "bigint"}},
}


def said(query):
    return [f"{problem.line}: {problem.text}" for problem in problems_of_query(query, TABLES)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select 1 as one\nfrom sales", "2: no table sales in coffee_shop_conform; did you mean sale?"),
        ("select 1 as one from coffee_shop_clean.product", "1: no table product in coffee_shop_clean"),
        ("select 1 as one from lake.product", "1: no table product in lake"),
        ("select\n  quantiti\nfrom sale", "2: no column quantiti in reach; did you mean quantity?"),
        ("select s.name\nfrom sale as s", "1: no column name in reach"),
        ("select p.name from product", "1: no column p.name in reach"),
        ('select name from product where name = "Tea"', "1: no column Tea in reach"),
        ("select name as n from product where n = 'Tea'", "1: no column n in reach"),
        ("select day as d, count(*) as n from sale group by d", "1: no column d in reach"),
        ("select line, day from coffee_shop_clean.sale", "1: no column day in reach"),
        (
            "select product_id from sale cross join product",
            "1: column product_id without its table: several tables of the query have one, or none in reach",
        ),
    ],
)
def test_unknown_names(query, expected):
    assert [line.lower() for line in said(query)] == [expected.lower()]


TOGETHER = "together: Athena converts neither by itself, so cast one of them"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select 1 as one from sale where\nproduct_id = 3", f"2: sale.product_id (varchar) and 3 (integer) {TOGETHER}"),
        ("select day < current_date as x from sale", f"1: sale.day (varchar) and CURRENT_DATE (date) {TOGETHER}"),
        (
            "select since > '2019-01-01' as x from product",
            f"1: product.since (date) and '2019-01-01' (varchar) {TOGETHER}",
        ),
        (
            "select day > time '12:00:00' as x from sale",
            f"1: sale.day (varchar) and CAST('12:00:00' AS TIME(0)) (time(0)) {TOGETHER}",
        ),
        (
            "select size is distinct from '1' as x from product",
            f"1: product.size (double) and '1' (varchar) {TOGETHER}",
        ),
        ("select size between 1 and '2' as x from product", f"1: product.size (double) and '2' (varchar) {TOGETHER}"),
        ("select name in ('a', 2) as x from product", f"1: product.name (varchar) and 2 (integer) {TOGETHER}"),
        (
            "select name in (select quantity from sale) as x from product",
            f"1: product.name (varchar) and sale.quantity (integer) {TOGETHER}",
        ),
        (
            "select coalesce(size, 'NO INFO') as x from product",
            f"1: product.size (double) and 'NO INFO' (varchar) {TOGETHER}",
        ),
        ("select nullif(size, '') as x from product", f"1: product.size (double) and '' (varchar) {TOGETHER}"),
        ("select if(size > 1, 'a', 0) as x from product", f"1: 'a' (varchar) and 0 (integer) {TOGETHER}"),
        (
            "select case when size > 1 then 'a' else 0 end as x from product",
            f"1: 'a' (varchar) and 0 (integer) {TOGETHER}",
        ),
        (
            "select case name when 1 then 'a' end as x from product",
            f"1: product.name (varchar) and 1 (integer) {TOGETHER}",
        ),
        (
            "select name from product\nunion all\nselect quantity from sale",
            f"1: product.name (varchar) and sale.quantity (integer) {TOGETHER}",
        ),
        (
            "select sale.day\nfrom sale\ninner join product\non sale.quantity = product.name",
            f"4: sale.quantity (integer) and product.name (varchar) {TOGETHER}",
        ),
    ],
)
def test_types_that_athena_does_not_convert(query, expected):
    assert said(query) == [expected]


def test_queries_of_a_union_have_equally_many_columns():
    assert said("select day, quantity from sale\nunion all\nselect day from sale") == [
        "3: a union of 2 columns and 1: both need equally many"
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select name + 1 as x from product", "1: product.name (varchar) and 1 (integer) in arithmetic"),
        ("select since - 1 as x from product", "1: product.since (date) and 1 (integer) in arithmetic"),
        (
            "select day + interval '1' day as x from sale",
            "1: sale.day (varchar) and INTERVAL '1' DAY (interval) in arithmetic",
        ),
    ],
)
def test_arithmetic(query, expected):
    assert said(query) == [f"{expected}: expected numbers, or a date and an interval"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select quantity / 2 as x from sale", "1: sale.quantity (integer) / 2 (integer)"),
        ("select sum(quantity)\n/ count(*) as x from sale", "1: SUM(sale.quantity) (bigint) / COUNT(*) (bigint)"),
    ],
)
def test_a_division_of_integers(query, expected):
    assert said(query) == [f"{expected} drops the remainder: cast one of them, to double for a share"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select year(day) as x from sale", "sale.day (varchar) where Athena expects a date or timestamp"),
        ("select date_format(day, '%Y') as x from sale", "sale.day (varchar) where Athena expects a date or timestamp"),
        (
            "select date_diff('day', since, name) as x from product",
            "product.name (varchar) where Athena expects a date or timestamp",
        ),
        (
            "select date_trunc('month', day) as x from sale",
            "sale.day (varchar) where Athena expects a date or timestamp",
        ),
        ("select extract(year from day) as x from sale", "sale.day (varchar) where Athena expects a date or timestamp"),
        ("select lower(size) as x from product", "product.size (double) where Athena expects varchar"),
        ("select size like '1%' as x from product", "product.size (double) where Athena expects varchar"),
        ("select name || size as x from product", "product.size (double) where Athena expects varchar"),
        ("select concat(name, size) as x from product", "product.size (double) where Athena expects varchar"),
        ("select concat_ws(' ', name, size) as x from product", "product.size (double) where Athena expects varchar"),
        ("select sum(day) as x from sale", "sale.day (varchar) where Athena expects a number"),
        ("select day from sale where quantity", "sale.quantity (integer) where Athena expects a condition"),
        ("select day from sale where quantity and true", "sale.quantity (integer) where Athena expects a condition"),
        ("select not day as x from sale", "sale.day (varchar) where Athena expects a condition"),
        ("select if(day, 1) as x from sale", "sale.day (varchar) where Athena expects a condition"),
        ("select case when day then 1 end as x from sale", "sale.day (varchar) where Athena expects a condition"),
        (
            "select sale.day from sale inner join product on size",
            "product.size (double) where Athena expects a condition",
        ),
    ],
)
def test_arguments_of_a_wrong_type(query, expected):
    assert said(query) == [f"1: {expected}"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select day, count(*) as n from sale", "1: sale.day is neither in an aggregate nor in group by"),
        (
            "select lower(day) as d,\nquantity from sale group by lower(day), day",
            "2: sale.quantity is neither in an aggregate nor in group by",
        ),
        ("select day from sale group by lower(day)", "1: sale.day is neither in an aggregate nor in group by"),
        (
            "select day from sale group by day order by quantity",
            "1: sale.quantity is neither in an aggregate nor in group by",
        ),
        ("select day from sale having true", "1: sale.day is neither in an aggregate nor in group by"),
        (
            "select day, rank() over (order by quantity) as n from sale group by day",
            "1: sale.quantity is neither in an aggregate nor in group by",
        ),
        (
            "select day, name from sale cross join product group by rollup (day)",
            "1: product.name is neither in an aggregate nor in group by",
        ),
        ("select day from sale where count(*) > 1", "1: COUNT(*) cannot stand in where, on or group by"),
        ("select sum(count(*)) as n from sale", "1: COUNT(*) is an aggregate within an aggregate"),
    ],
)
def test_groups(query, expected):
    assert said(query) == [expected]


def test_a_window_function_in_where():
    assert said("select day from sale where row_number() over (order by day) = 1") == [
        "1: ROW_NUMBER() OVER (ORDER BY sale.day) cannot stand in where, on or group by"
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select day from sale\nlimit 5 offset 2", "2: not Trino's grammar: offset stands before limit"),
        ("select distinct on (day) day from sale", "1: not Trino's grammar: there is no distinct on"),
        ("select top 3 day from sale", "1: cannot be read: Invalid expression / Unexpected token"),
    ],
)
def test_grammar_that_the_validator_lets_pass(query, expected):
    assert said(query) == [expected]


def test_a_message_of_sqlglot_that_names_no_column():
    assert list(problems_of_query("select day from sale order by 2", TABLES)) == [
        Problem(None, "Unknown output column: 2")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "select day from sale where day = '2019-04-01' and amount > quantity and product_id is not null",
        "select day from sale where cast(day as date) between date '2019-04-01' and current_date",
        "select cast(sum(quantity) as double) / count(*) as x, sum(amount) / count(*) as y, avg(quantity) as z from sale",
        "select since + interval '1' day as x, (since - since) * 2 as y, 2 * interval '1' day as z from product",
        "select coalesce(null, name) as x, case when size > 1 then null else name end as y from product",
        "select name from product union all select null as name from product",
        "select hour(current_timestamp) as x, hour(time '12:00:00') as y, lower(name) || 'x' as z from product",
        "select lower(day) as d, quantity, sum(sum(amount)) over (order by quantity) as x from sale group by day, quantity",
        "select day as d, count(*) as n from sale group by 1 having count(*) > 1 order by d, n",
        "select day, count(*) filter (where quantity > 1) as n from sale group by grouping sets ((day), ())",
        "select name from product where exists (select 1 as x from sale where sale.product_id = product.product_id)",
        "select (select max(day) from sale) as x, name from product",
        "select array_join(array_agg(name order by since), ', ') as x, map_agg(name, size) as y from product",
        "with s as (select day, count(*) as n from sale group by day) select s.day, s.n from s order by 2 offset 1 limit 1",
        "select days.d from unnest(sequence(date '2019-04-01', current_date, interval '1' day)) as days (d)",
    ],
)
def test_what_athena_takes_is_not_reported(query):
    assert said(query) == []
