"""Every question and headline query, run by the local Athena: rows in (`rows/`), rows expected (`cases/`).

A case has a period, for goals their unit, and the rows that the query must give, in order; an empty cell is a null,
`8/11` a ratio. A mutation changes a filter, a join or an order of the query: the rows of at least one case must then differ. It names words of the
query with its macros filled in, all on one line, so that it does not matter which file they are in and where lines end.
"""

import re
import textwrap
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests.include.sql.rendering import SQL, on_one_line, question

CASES = Path(__file__).parent / "cases"
PERIOD = ("2019-04-08", "2019-04-09", "2019-04-11")
FACTS = ("sales_reciept", "pastry_inventory")
TABLES = ("customer", "product", "staff", "sales_outlet", "date", "sales_target", *FACTS)
OTHERS = ("checks", "macros")
QUERIES = [str(path.relative_to(SQL)) for path in sorted(SQL.glob("*/*.sql")) if path.parent.name not in OTHERS]


def cases_of(query):
    return yaml.safe_load((CASES / query).with_suffix(".yaml").read_text(encoding="utf-8"))


def text_of(query):
    return (SQL / query).read_text(encoding="utf-8")


def render_case(text, case):
    return question(text, *case["period"], case.get("target_unit", "items"))


def expected(case, answer):
    """The case's rows with the types of the answer."""
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in case["rows"].splitlines())
    assert answer.columns == header
    return [tuple(value(kind, cell) for kind, cell in zip(answer.types, line, strict=True)) for line in lines]


def value(kind, cell):
    if cell == "":
        return None
    if kind == "double":
        above, _, below = cell.partition("/")
        return float(above) / float(below or 1)
    return {"integer": int, "bigint": int, "decimal": Decimal, "date": date.fromisoformat}.get(kind, str)(cell)


def test_there_are_cases_for_every_query_and_no_others():
    assert sorted(str(path.relative_to(CASES).with_suffix(".sql")) for path in CASES.rglob("*.yaml")) == QUERIES


@pytest.mark.parametrize(
    ("query", "number"),
    [(query, number) for query in QUERIES for number in range(len(cases_of(query)["cases"]))],
)
def test_rows(lake, query, number):
    case = cases_of(query)["cases"][number]
    answer = lake.query(render_case(text_of(query), case))
    assert answer.rows == expected(case, answer)


@pytest.mark.parametrize(
    ("query", "of"),
    [(query, mutation["of"]) for query in QUERIES for mutation in cases_of(query)["mutations"]],
)
def test_a_mutation_is_caught(lake, query, of):
    text = on_one_line(text_of(query))
    cases = cases_of(query)
    mutation = next(item for item in cases["mutations"] if item["of"] == of)
    assert mutation["was"] in text, "the query no longer says this: change the mutation with it"
    mutant = text.replace(mutation["was"], mutation["becomes"])
    for case in cases["cases"]:
        answer = lake.query(render_case(mutant, case))
        if answer.rows != expected(case, answer):
            return
    pytest.fail(f"no case of {query} notices: {mutation['was']} -> {mutation['becomes']}")


@pytest.fixture
def trap(lake):
    """The tables again, in a database of its own; each call adds a day whose object no query can open."""
    described = {name: lake.glue.get_table(DatabaseName="coffee_shop_conform", Name=name)["Table"] for name in TABLES}
    lake.glue.create_database(DatabaseInput={"Name": "traps"})
    kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType")
    for table in described.values():
        lake.glue.create_table(DatabaseName="traps", TableInput={key: table[key] for key in kept if key in table})
    columns = {
        fact: {column["Name"]: column["Type"] for column in described[fact]["StorageDescriptor"]["Columns"]}
        for fact in FACTS
    }
    for day in PERIOD:
        for fact in FACTS:
            folder = f"coffee_shop_conform/{fact}/business_date={day}/"
            lake.add_partition("traps", fact, day, folder, columns[fact])

    def add(day):
        for fact in FACTS:
            lake.put(f"traps/{fact}/{day}/data.parquet", b"no Parquet")
            lake.add_partition("traps", fact, day, f"traps/{fact}/{day}/", columns[fact])

    return add


def test_only_the_partitions_that_are_needed_are_read(lake, trap):
    """Those of the period, of the six days before for a sum over seven, of the month to date, of eight weeks."""
    queries = {query: on_one_line(text_of(query)) for query in QUERIES if not query.startswith("quarantine/")}
    month_to_date = {query for query in queries if query.startswith("target/")}
    trap("2019-03-31")
    trap("2019-04-12")
    for query in month_to_date:
        assert lake.query(question(queries[query], PERIOD[0], PERIOD[-1]), "traps").rows, query
    trap("2019-04-01")
    wider = {"sales/10_weeks_compared.sql", "headline/history.sql"} | month_to_date
    for query in queries.keys() - wider:
        assert lake.query(question(queries[query], PERIOD[0], PERIOD[-1]), "traps").rows, query
    with pytest.raises(RuntimeError, match="2019-04-12"):
        lake.query("select sum(quantity) from sales_reciept where business_date >= '2019-04-11'", "traps")
    trap("2019-04-07")
    failed = []
    for query, text in queries.items():
        if query in wider:
            continue
        try:
            lake.query(question(text, PERIOD[0], PERIOD[-1]), "traps")
        except RuntimeError:
            failed.append(query)
    assert failed == [query for query in queries if "interval '6' day" in queries[query] and query not in wider]
    assert len(failed) >= 6


def test_the_question_of_the_documentation(lake):
    """docs/add-a-question.md: its query, its entry of report.yaml and its cases fit together."""
    page = (SQL.parents[1] / "docs" / "add-a-question.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"```(?:sql|yaml)\n(.*?) *```", page, re.DOTALL)]
    query, entry, cases = blocks[0], yaml.safe_load(blocks[1]), yaml.safe_load(blocks[2])
    mutation = cases["mutations"][0]
    mutant = query.replace(mutation["was"], mutation["becomes"])
    assert mutant != query
    for case in cases["cases"]:
        answer = lake.query(question(query, *case["period"]))
        assert [column["name"] for column in entry[0]["columns"]] == answer.columns
        assert answer.rows == expected(case, answer)
    changed = lake.query(question(mutant, *cases["cases"][0]["period"]))
    assert changed.rows != expected(cases["cases"][0], changed)


def test_the_macros_of_the_documentation(lake):
    """docs/add-a-question.md: its question with macros, and a row for every file of macros."""
    page = (SQL.parents[1] / "docs" / "add-a-question.md").read_text(encoding="utf-8")
    _, query = re.findall(r"```sql\n(.*?) *```", page, re.DOTALL)
    assert lake.query(question(query, PERIOD[0], PERIOD[-1])).rows == [
        ("UNDER 20", 2),
        ("20-29", 7),
        ("30-39", 4),
        ("60 AND OVER", 4),
        ("NO INFO", 4),
    ]
    assert {path.name for path in (SQL / "macros").glob("*.sql")} == set(re.findall(r"`(\w+\.sql)`", page))
