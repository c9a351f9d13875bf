"""What the macros of include/sql/macros give, one at a time: a few rows written out, and the rows that must come of them.

The rows stand in a WITH query of the table's own name in front of the macro's, so that it reads them and not the lake's.
"""

import pytest

from tests.include.sql.rendering import SQL, check, question

MACROS = sorted((SQL / "macros").glob("*.sql"))
QUERIES = [path for path in sorted(SQL.glob("*/*.sql")) if path not in MACROS]
MOST_LINES, MOST_LINES_OF_MACROS, TOO_MANY_ALIKE = 40, 90, 6
CUSTOMER = (
    "customerno, customerfirstname, customersurname, customeremail, loyaltycardnumber, customersince, gender, "
    "dateofbirth, birthyear"
)


def table(name, columns, *rows):
    """A WITH query of these rows; what stands in a row is SQL."""
    return f"{name} as (select * from (values {', '.join(f'({row})' for row in rows)}) as rows_of ({columns}))"


def people(*rows):
    """The table customer, whose ids are the numbers."""
    given = table("people", CUSTOMER, *rows)
    return f"{given}, customer as (select customerno as customer_id, people.* from people)"


def person(
    number, first_name="cast(null as varchar)", card="null", gender="null", born="cast(null as date)", year="null"
):
    return f"'{number}', {first_name}, null, null, {card}, date '2019-04-09', {gender}, {born}, {year}"


def sold(*rows):
    return table("sales_reciept", "business_date, customer_id, product_id, quantity", *rows)


def answer(lake, tables, macros, query, first="2019-04-08", last="2019-04-09"):
    """The rows of a query that reads what the macros give: an import of Jinja, and after a semicolon their WITH queries."""
    imports, _, ctes = macros.partition(";")
    text = f"{{% from {imports} %}}with {', '.join(tables)}{', ' + ctes if ctes else ''} {query}"
    return lake.query(question(text, first, last)).rows


def test_whoever_has_a_name_an_address_or_a_card_is_registered(lake):
    customers = people(person(0, "'Nobody'"), person(1, "'Ada'"), person(2, card="'77'"), person(3))
    macros = "'macros/customers.sql' import registered; {{ registered() }}"
    assert answer(lake, [customers], macros, "select customer_id from registered order by 1") == [("1",), ("2",)]


def test_buyers_are_the_registered_with_a_line_in_the_period(lake):
    customers = people(person(1, "'Ada'"), person(2, "'Bo'"), person(3), person(4, "'Di'"))
    lines = sold(
        "'2019-04-08', '1', 'p', 1",
        "'2019-04-09', '1', 'p', 1",
        "'2019-04-10', '2', 'p', 1",
        "'2019-04-08', '3', 'p', 1",
    )
    macros = "'macros/customers.sql' import buyers; {{ buyers(params) }}"
    assert answer(lake, [customers, lines], macros, "select customer_id from buyers") == [("1",)]


def test_genders_in_their_order(lake):
    customers = people(
        person(0, gender="'F'"), person(1, gender="'F'"), person(2, "'Bo'", gender="'N'"), person(3, "'Cy'")
    )
    macros = "'macros/customers.sql' import genders, group_order; {{ genders() }}"
    query = "select * from genders order by {{ group_order('gender') }}, customer_id"
    assert answer(lake, [customers], macros, query) == [
        ("2", "N"),
        ("1", "NO INFO"),
        ("3", "NO INFO"),
        ("0", "NOT REGISTERED"),
    ]


def test_age_groups_in_their_order(lake):
    """On 2019-04-09: a birthday on the day, one on the day after, a year alone, 120 and 121 years, a child to be born."""
    customers = people(
        person(0, born="date '1990-01-01'"),
        person(1, "'On'", born="date '1999-04-09'"),
        person(2, "'After'", born="date '1999-04-10'"),
        person(3, "'Year'", year="1959"),
        person(4, "'Old'", year="1899"),
        person(5, "'Older'", year="1898"),
        person(6, "'Unborn'", born="date '2019-04-10'"),
        person(7, "'Ageless'"),
        person(8, born="date '1990-01-01'"),
    )
    macros = "'macros/customers.sql' import age_groups, group_order; {{ age_groups(params) }}"
    query = (
        "select customer_id, age, age_group from age_groups "
        "order by {{ group_order('age_group') }}, age_group, customer_id"
    )
    assert answer(lake, [customers], macros, query) == [
        ("2", 19, "UNDER 20"),
        ("1", 20, "20-29"),
        ("3", 60, "60 AND OVER"),
        ("4", 120, "60 AND OVER"),
        ("5", None, "NO INFO"),
        ("6", None, "NO INFO"),
        ("7", None, "NO INFO"),
        ("8", 29, "NO INFO"),
        ("0", 29, "NOT REGISTERED"),
    ]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("05:59:59", "night"),
        ("06:00:00", "morning"),
        ("12:00:00", "afternoon"),
        ("15:59:59", "afternoon"),
        ("16:00:00", "late-afternoon"),
        ("21:00:00", "night"),
    ],
)
def test_day_times(lake, time, expected):
    macros = "'macros/day_times.sql' import day_time"
    assert answer(lake, [table("one", "at", f"'{time}'")], macros, "select {{ day_time('at') }} from one") == [
        (expected,)
    ]


def test_day_times_in_their_order(lake):
    times = table("times", "day_time", "'night'", "'late-afternoon'", "'morning'", "'afternoon'")
    macros = "'macros/day_times.sql' import day_time_order"
    rows = answer(lake, [times], macros, "select day_time from times order by {{ day_time_order('day_time') }}")
    assert [row[0] for row in rows] == ["morning", "afternoon", "late-afternoon", "night"]


@pytest.mark.parametrize(("days_before", "number"), [(0, 2), (6, 8)])
def test_the_calendar_has_the_days_of_the_period_and_those_before(lake, days_before, number):
    macros = f"'macros/days.sql' import calendar; {{{{ calendar(params, {days_before}) }}}}"
    query = "select cast(min(business_day) as varchar), cast(max(business_day) as varchar), count(*) from calendar"
    first = {0: "2019-04-08", 6: "2019-04-02"}[days_before]
    assert answer(lake, [table("one", "x", "1")], macros, query) == [(first, "2019-04-09", number)]


def test_how_many_of_seven_days_have_data(lake):
    days = table("given", "day", *(f"date '2019-04-{day}'" for day in ("07", "08", "13", "14", "30")))
    history = table("history", "first_day", "date '2019-04-08'")
    macros = "'macros/days.sql' import days_of_seven"
    query = "select {{ days_of_seven('given.day') }} from given cross join history order by given.day"
    assert [row[0] for row in answer(lake, [days, history], macros, query)] == [0, 1, 6, 7, 7]


def test_history_begins_on_the_first_day_that_has_sales(lake):
    partitions = table('"sales_reciept$partitions"', "business_date", "'2019-03-31'", "'2019-02-28'")
    macros = "'macros/days.sql' import history; {{ history() }}"
    assert answer(lake, [partitions], macros, "select cast(first_day as varchar) from history") == [("2019-02-28",)]


def test_lines_of_the_period_and_the_six_days_before(lake):
    lines = sold(*(f"'2019-04-{day}', '1', 'p', 1" for day in ("01", "02", "08", "09", "10")))
    macros = "'macros/days.sql' import with_six_days_before"
    query = (
        "select business_date from sales_reciept where {{ with_six_days_before(params, 'business_date') }} order by 1"
    )
    assert [row[0][-2:] for row in answer(lake, [lines], macros, query)] == ["02", "08", "09"]


def test_what_lines_without_a_wholesale_price_bring(lake):
    lines = table("bag", "quantity, saleamount, wholesaleprice", "2, 10, 3", "-1, -5, 3", "1, 4, null")
    macros = "'macros/income.sql' import net_income, production_cost"
    query = "select {{ production_cost('bag') }}, {{ net_income('bag') }} from bag"
    assert answer(lake, [lines], macros, query) == [(3, 2)]
    assert answer(lake, [lines], macros, f"{query} where wholesaleprice is null") == [(None, None)]


def test_what_sheets_call_employees_and_outlets(lake):
    staff = table("staff", "stafffirstname, stafflastname", "'Ada', null", "null, null", "'Bo', 'Ek'")
    outlet = table("sales_outlet", "salesoutletno, neighbourhood", "'3', 'Harbor Point'", "'8', null")
    macros = "'macros/names.sql' import outlet_name, staff_name"
    names = answer(lake, [staff], macros, "select {{ staff_name() }} from staff order by 1")
    assert names == [("Ada",), ("Bo Ek",), ("NO INFO",)]
    outlets = answer(lake, [outlet], macros, "select {{ outlet_name() }} from sales_outlet order by 1")
    assert outlets == [("3 Harbor Point",), ("8",)]


def test_items_of_members_on_days_with_and_without_a_sale(lake):
    """One product was sold six days before the period and on its last day, the other on its first."""
    lines = sold("'2019-04-02', '1', 'a', 5", "'2019-04-09', '1', 'a', 2", "'2019-04-08', '1', 'b', 1")
    products = table("product", "product_id", "'a'", "'b'")
    partitions = table('"sales_reciept$partitions"', "business_date", "'2019-04-02'")
    macros = "'macros/items_per_day.sql' import days_of_members; {{ days_of_members(params, 'lines.product_id') }}"
    query = (
        "select member, day(business_day), items, items_7_days, days from summed "
        "where business_day >= date '{{ params.period_start }}' order by 1, 2"
    )
    assert answer(lake, [lines, products, partitions], macros, query) == [
        ("a", 8, 0, 5, 7),
        ("a", 9, 2, 2, 7),
        ("b", 8, 1, 1, 7),
        ("b", 9, 0, 1, 7),
    ]


def test_an_employee_s_seven_days_at_several_outlets(lake):
    """Lines that name nobody are a row too; six days before the period still count on its first day."""
    worked = table(
        "worked",
        "staff_id, salesoutlet_id, business_date, transactions",
        *("'s', 'x', '2019-04-02', 4", "'s', 'y', '2019-04-08', 1", "null, 'x', '2019-04-09', 2"),
    )
    staff = table("staff", "staff_id, staffno, stafffirstname, stafflastname", "'s', '12', 'Ada', 'Ek'")
    outlets = table(
        "sales_outlet", "salesoutlet_id, salesoutletno, neighbourhood", "'x', '10', null", "'y', '9', 'Pier'"
    )
    partitions = table('"sales_reciept$partitions"', "business_date", "'2019-04-06'")
    macros = (
        "'macros/employees.sql' import employee_columns, per_employee; {{ per_employee(params, ['transactions']) }}"
    )
    query = "select day(business_date), transactions, days, {{ employee_columns() }} from per_employee order by 1, 2"
    rows = answer(lake, [worked, staff, outlets, partitions], macros, query)
    assert [(day, number, days, *shown[1:]) for day, number, days, *shown in rows] == [
        (8, 5, 3, "12", "Ada Ek", "9 Pier, 10"),
        (9, 1, 4, "12", "Ada Ek", "9 Pier"),
        (9, 2, 4, "NO INFO", "NO INFO", "10"),
    ]


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        (
            "refers_to('fact', {'thing_id': 'thing', 'id': 'letter'})",
            [("fact", "not in the dimension", "b", "id", 1), ("fact", "not in the dimension", "lost", "thing_id", 2)],
        ),
        (
            "refers_to('fact', {'thing_id': 'thing'}, \"business_date <= '2019-04-09'\")",
            [("fact", "not in the dimension", "lost", "thing_id", 1)],
        ),
        ("repeated('fact', 'id')", [("fact", "in several rows", "a", None, 3)]),
        ("repeated('fact', 'id', \"business_date <= '2019-04-09'\")", [("fact", "in several rows", "a", None, 2)]),
    ],
)
def test_rows_that_a_check_finds(lake, macro, expected):
    fact = table(
        "fact",
        "id, thing_id, business_date",
        *(
            "'a', 'there', '2019-04-08'",
            "'a', null, '2019-04-09'",
            "'b', 'lost', '2019-04-09'",
            "'a', 'lost', '2019-04-10'",
        ),
    )
    thing = table("thing", "thing_id", "'there'", "'unused'")
    letter = table("letter", "id", "'a'")
    name = macro.partition("(")[0]
    found = answer(lake, [fact, thing, letter], f"'macros/checks.sql' import {name}", f"{{{{ {macro} }}}}")
    assert sorted(found) == expected


def test_transactions_whose_lines_are_not_numbered_from_1_without_a_gap(lake):
    numbers = {"a": (1, 2), "begins with 0": (0, 2), "c": (1,), "e twice": (1, 1, 3), "gap": (1, 3), "late": (2,)}
    lines = [f"'{transaction}', {number}, 'today'" for transaction, some in numbers.items() for number in some]
    sales = table("sales_reciept", "transaction_id, line_no, business_date", *lines, "'b', 2, 'yesterday'")
    query = """{{ not_numbered("business_date = 'today'") }} order by id"""
    found = answer(lake, [sales], "'macros/checks.sql' import not_numbered", query)
    assert [(id_, count) for _, _, id_, _, count in found] == [
        ("begins with 0", 2),
        ("e twice", 3),
        ("gap", 2),
        ("late", 1),
    ]


@pytest.mark.parametrize(
    ("day", "touched", "expected"),
    [
        ("business_date", ", \"business_date < '2019-04-10'\"", [("given", "2019-04-09", "id", 2)]),
        ("monthyear", "", [("given", "2019-04-09", "id", 2), ("given", "2019-04-10", "id", 1)]),
    ],
)
def test_days_whose_rows_lack_an_id(lake, day, touched, expected):
    rows = (
        "'2019-04-08', 'x', 'y'",
        "'2019-04-09', null, 'y'",
        "'2019-04-09', 'x', null",
        "'2019-04-10', null, 'y'",
    )
    query = f"{{{{ incomplete('given', ['a', 'b']{touched}) }}}} order by 2"
    given = table("given", f"{day}, a, b", *rows)
    assert answer(lake, [given], "'macros/facts.sql' import incomplete", query) == expected


def test_what_the_checks_of_two_zones_compare(lake):
    """Both zones have the same totals under other names of columns: those of the small shop."""
    imports = "{% from 'macros/facts.sql' import totals_of_facts %}"
    clean = "totals_of_facts(params, params.clean_database ~ '.', 'salesoutletno', 'date')"
    conform = "totals_of_facts(params, '', 'salesoutlet_id', 'business_date')"
    queries = [f"{imports}select count(*), sum(lines) from ({{{{ {totals} }}}})" for totals in (clean, conform)]
    rows = [lake.query(check(query, "2019-04-08", "2019-04-11")).rows for query in queries]
    assert rows[0] == rows[1]
    assert rows[0][0][0] > 0


@pytest.mark.parametrize("file", MACROS, ids=lambda file: file.stem)
def test_a_file_of_macros_opens_with_what_they_give_and_every_query_imports_them(file):
    text = file.read_text(encoding="utf-8")
    comment = text.partition("#}")[0]
    assert text.startswith("{#- ")
    macros = [line.removeprefix("{% macro ").partition("(")[0] for line in text.splitlines() if "{% macro " in line]
    assert macros
    assert [name for name in macros if f"{name}(" not in comment] == []
    callers = "".join(path.read_text(encoding="utf-8") for path in [*QUERIES, *MACROS] if path != file)
    assert f"'macros/{file.name}' import" in callers


@pytest.mark.parametrize(("paths", "most"), [(QUERIES, MOST_LINES), (MACROS, MOST_LINES_OF_MACROS)])
def test_a_file_is_short(paths, most):
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {name: number for name, number in lines.items() if number > most} == {}


def test_nothing_stands_twice():
    seen: dict[tuple[str, ...], str] = {}
    for path in [*QUERIES, *MACROS]:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for start in range(len(lines) - TOO_MANY_ALIKE + 1):
            alike = tuple(lines[start : start + TOO_MANY_ALIKE])
            assert alike not in seen, f"{seen[alike]} and {path.name} have these lines: make them a macro"
            seen[alike] = path.name


def test_days_that_a_period_is_compared_with(lake):
    days = [f"'2019-{day}', 'c', 'p', 1" for day in ("04-12", "04-13", "06-08", "06-09", "06-10")]
    days += [f"'2018-{day}', 'c', 'p', 1" for day in ("06-06", "06-07", "06-10", "06-11")]
    macros = "'macros/days.sql' import with_days_compared"
    query = """select business_date from sales_reciept
        where {{ with_days_compared(params, 'business_date') }} and quantity = 1 order by 1"""
    assert answer(lake, [sold(*days)], macros, query, "2019-06-08", "2019-06-09") == [
        ("2018-06-07",),  # 366 days before the first day
        ("2018-06-10",),  # 364 days before the last one
        ("2019-04-13",),  # 56 days before
        ("2019-06-08",),
        ("2019-06-09",),
    ]
