"""Say what Athena would refuse in the SQL of reports and checks, and where a report.yaml and its queries disagree.

    make lint-sql

Each file of include/sql is rendered as the DAGs render it, for several periods, and held against Trino's grammar and
list of functions (trino-sql-validator) and against the tables (`sql_rules`); a macro is SQL only where a query imports
it. The tables' columns are not written again here: conform has those of include/data_model.yaml, clean those of the
Glue jobs' contract, quarantine those of the CloudFormation template. Each report.yaml is read as a report's task reads
it, and its columns are held against the names and types that the queries give.
"""

import sys
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import trino_sql_validator
import yaml
from coffee_shop.report.definition import Format, Question, ReportDefinitionError, line_of, load_report
from coffee_shop.settings import REPORT_NAMES
from coffee_shop_jobs.columns import CONTRACTS, INVENTORY, SALES, TARGETS, TYPES

from infrastructure.console import say
from infrastructure.sql_rules import CLEAN, CONFORM, Problem, Tables, columns_of_query, problems_of_query
from infrastructure.template import TEMPLATE, read_template

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "include" / "sql"
CHECKS, MACROS = "checks", "macros"
FOLDERS = {*REPORT_NAMES, CHECKS, MACROS, "headline", "quarantine"}
# what report.tasks.list_questions and load.checks.render_checks fill in: one day, a month with a leap day; for a check
# also what stands for a load that touched no date, and lakes in which facts have no table yet
PERIODS = [("2019-04-24", "2019-04-24"), ("2020-02-01", "2020-02-29")]
NO_DATES = ("9999-12-31", "0001-01-01")
LAKES: list[tuple[str, ...]] = [(), (SALES,), (INVENTORY,), (SALES, INVENTORY)]
# what Athena may give a column of a format
FITTING: dict[Format, tuple[str, ...]] = {
    "text": ("varchar",),
    "status": ("varchar",),
    "integer": ("integer", "bigint"),
    "decimal": ("decimal", "double"),
    "money": ("decimal", "double"),
    "goal": ("decimal", "double"),
    "percent": ("double",),
    "date": ("date",),
}


def contract_tables() -> Tables:
    """Return the types of all columns that a query may read, by database and table.

    Athena lists the partitions of a table as a table of its own, `"sales_reciept$partitions"`.
    """
    model = yaml.safe_load((ROOT / "include" / "data_model.yaml").read_text(encoding="utf-8"))["tables"]
    conform = {
        table: {name: column["type"] for name, column in entry["columns"].items()} for table, entry in model.items()
    }
    # besides its contract, a row has the file that it came from and, but for targets, the partition of its day
    clean = {
        name: {column.name: TYPES[column.kind] for column in dataset.columns}
        | {"source_key": "string"}
        | ({} if name == TARGETS else {"date": "string"})
        for name, dataset in CONTRACTS.items()
    }
    table = read_template(TEMPLATE)["Resources"]["QuarantineTable"]["Properties"]["TableInput"]
    clean[table["Name"]] = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    return {
        CONFORM: conform | _partition_lists(conform, "business_date"),
        CLEAN: clean | _partition_lists(clean, "date"),
    }


def _partition_lists(tables: Mapping[str, Mapping[str, str]], key: str) -> dict[str, dict[str, str]]:
    """Return the partition lists of those tables that have the key as a string: a date is never a partition key."""
    return {f"{name}$partitions": {key: "string"} for name, columns in tables.items() if columns.get(key) == "string"}


def all_queries() -> list[Path]:
    """Return the files of include/sql that are queries; macros are none until a query imports them."""
    return sorted(file for file in SQL.rglob("*.sql") if file.parent.name != MACROS)


def problems_of_file(file: Path, tables: Tables) -> list[Problem]:
    """Return what Athena would refuse in a file, by line; what several periods show is told once.

    Args:
        file: a template of SQL; one in a folder `checks` gets the parameters of a check, any other those of a question.
        tables: what `contract_tables` returns.
    """
    text = file.read_text(encoding="utf-8")
    found = {problem for params in _samples(file) for problem in _problems_of_template(text, params, tables)}
    return sorted(found, key=lambda problem: (problem.line or 0, problem.text))


def _samples(file: Path) -> list[dict[str, Any]]:
    if file.parent.name == CHECKS:
        loads = [(span, absent) for span in (*PERIODS, NO_DATES) for absent in LAKES]
        return [
            {"first_date": first, "last_date": last, "clean_database": CLEAN, "absent": absent}
            for (first, last), absent in loads
        ]
    return [
        {"period_start": first, "period_end": last, "clean_database": CLEAN, "target_unit": "items"}
        for first, last in PERIODS
    ]


def _render(text: str, params: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SQL),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # SQL, not HTML
    )
    return environment.from_string(text).render(params=params)


def _problems_of_template(text: str, params: Mapping[str, Any], tables: Tables) -> Iterable[Problem]:
    try:
        query = _render(text, params)
    except jinja2.TemplateNotFound as error:
        return [Problem(_line_of_template(error), f"there is no file {error.name} in include/sql")]
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.name}, line {error.lineno}" if error.name else "the template"
        line = _line_of_template(error) if error.name else error.lineno
        return [Problem(line, f"{place} cannot be read: {error.message}")]
    except jinja2.UndefinedError as error:
        known = f"; params has {', '.join(params)}" if "attribute" in str(error.message) else ""
        return [Problem(_line_of_template(error), f"{error.message}{known}")]
    found = list(_grammar_problems(query)) or list(problems_of_query(query, tables))
    # Jinja takes the last line's end away; with a macro, a loop or the like a line of the query is no line of the file
    if query.count("\n") != text.removesuffix("\n").count("\n"):
        return [Problem(None, f"line {each.line} of the rendered SQL: {each.text}") for each in found]
    return found


def _line_of_template(error: jinja2.TemplateError) -> int:
    """Return the line of the file itself that failed; when a macro did, the line that calls it."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame.lineno or 0 for frame in frames if frame.filename == "<template>"][-1]


def _grammar_problems(query: str) -> Iterator[Problem]:
    """Say where a query is not Trino's grammar, and which functions and types Trino does not have."""
    result = trino_sql_validator.validate(query, jinja="reject")
    if result.error:
        message = result.error.message.removeprefix("sql parser error: ")
        yield Problem(result.error.line, f"not Trino's grammar: {message}")
    elif result.statement_count != 1:
        yield Problem(None, f"{result.statement_count} statements, expected one: Athena runs one at a time")
    for warning in result.warnings:
        if isinstance(warning, trino_sql_validator.FunctionWarning):
            yield Problem(warning.line, f"Trino has no function {warning.name}")
        elif isinstance(warning, trino_sql_validator.TypeWarning):
            yield Problem(warning.line, f"Trino has no type {warning.name}")


def problems_of_report(name: str, tables: Tables, faulty: Collection[Path] = ()) -> list[str]:
    """Return what is wrong with a report.yaml, by file and line: in itself, or beside what its queries give.

    Args:
        name: the report's folder in include/sql.
        tables: what `contract_tables` returns.
        faulty: queries with problems of their own, of which nobody knows what they give.
    """
    try:
        questions = load_report(SQL / name).questions
    except ReportDefinitionError as error:
        return str(error).splitlines()
    text = (SQL / name / "report.yaml").read_text(encoding="utf-8")
    return [
        f"{name}/report.yaml:{line_of(('questions', number, *place), text)}: {words}"
        for number, question in enumerate(questions)
        if SQL / question.sql not in faulty
        for place, words in _differences(question, tables)
    ]


def _differences(question: Question, tables: Tables) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield where an entry of report.yaml differs from its query's columns, and in words how."""
    file = SQL / question.sql
    given = columns_of_query(_render(file.read_text(encoding="utf-8"), _samples(file)[0]), tables)
    for number, column in enumerate(question.columns):
        place, kind = ("columns", number), given.get(column.name)
        if kind is None:
            yield (*place, "name"), f"{question.sql} gives no {column.name}; it gives {', '.join(given)}"
        elif kind.partition("(")[0] not in FITTING[column.format]:
            wanted = " or ".join(FITTING[column.format])
            yield (*place, "format"), f"{column.name} is {kind}, and {column.format} wants {wanted}"
    if forgotten := given.keys() - {column.name for column in question.columns}:
        yield ("columns",), f"{question.sql} gives {', '.join(sorted(forgotten))} too; name each column that it gives"


def main() -> int:
    """Run the command; return its exit status: 1 when there is a problem."""
    tables = contract_tables()
    problems = {file: problems_of_file(file, tables) for file in all_queries()}
    said = [
        f"{file.relative_to(SQL)}{f':{problem.line}' if problem.line else ''}: {problem.text}"
        for file, own in problems.items()
        for problem in own
    ]
    for folder in sorted({file.parent.name for file in problems} - FOLDERS):
        said.append(f"{folder}: no report has this folder; there are {', '.join(REPORT_NAMES)}")
    for name in REPORT_NAMES:
        said += problems_of_report(name, tables, [file for file, own in problems.items() if own])
    for line in said:
        say(f"include/sql/{line}")
    say(f"SQL for Athena: {len(problems)} files, {len(said)} problems")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
