"""Say what Athena would refuse in the SQL of the reports and checks, before a run finds out.

    make lint-sql
    python -m infrastructure.sql_lint [include/sql/sales/10_items_by_outlet.sql ...]

The Makefile says where Python finds the jobs' package and the DAGs'. Without files, or with one of macros among them,
it reads all of include/sql: a macro is SQL only where it is imported. Each file is rendered as the DAGs render it, for
several periods, and held against Trino's grammar and list of functions (trino-sql-validator) and against the tables
(`sql_rules`). Their columns are not written again here: conform has those of include/data_model.yaml, clean those of
the Glue jobs' contract, quarantine those of the CloudFormation template.
"""

import argparse
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import jinja2
import trino_sql_validator
import yaml
from coffee_shop_jobs.columns import CONTRACTS, TARGETS, TYPES

from infrastructure.console import say
from infrastructure.sql_rules import CLEAN, CONFORM, Problem, Tables, problems_of_query
from infrastructure.template import TEMPLATE, read_template

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "include" / "sql"
CHECKS, MACROS = "checks", "macros"
# what report.tasks.list_questions and load.checks.render_checks fill in: one day, a month with a leap day; for a check
# also what stands for a load that touched no date
PERIODS = [("2019-04-24", "2019-04-24"), ("2020-02-01", "2020-02-29")]
DATES = [*PERIODS, ("9999-12-31", "0001-01-01")]


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


def _samples(file: Path) -> list[dict[str, str]]:
    if file.parent.name == CHECKS:
        names, spans, others = ("first_date", "last_date"), DATES, {"clean_database": CLEAN}
    else:
        names, spans = ("period_start", "period_end"), PERIODS
        others = {"clean_database": CLEAN, "target_unit": "items"}
    return [dict(zip(names, span, strict=True)) | others for span in spans]


def _problems_of_template(text: str, params: Mapping[str, str], tables: Tables) -> Iterable[Problem]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SQL),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # SQL, not HTML
    )
    try:
        query = environment.from_string(text).render(params=params)
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


def main() -> int:
    """Run the command; return its exit status: 1 when Athena would refuse something."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.sql_lint", description="Check SQL for Athena.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files (default: all of include/sql)")
    files = parser.parse_args().files
    if not files or any(file.parent.name == MACROS for file in files):
        files = all_queries()
    tables, wrong = contract_tables(), 0
    for file in files:
        shown = file.resolve().relative_to(ROOT) if file.resolve().is_relative_to(ROOT) else file
        for problem in problems_of_file(file, tables):
            wrong += 1
            say(f"{shown}:{problem.line}: {problem.text}" if problem.line else f"{shown}: {problem.text}")
    say(f"SQL for Athena: {len(files)} files, {wrong} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
