"""Say what Athena would refuse in the SQL of the reports and checks, before a run finds out.

    python -m infrastructure.sql_lint [include/sql/sales/10_items_by_outlet.sql ...]

Without files it reads all of include/sql. Each file is rendered as the DAGs render it, for several periods, and held
against Trino's grammar and list of functions (trino-sql-validator) and against the tables (`sql_rules`). Their columns
are not written again here: conform has those of include/data_model.yaml, clean those of the Glue jobs' contract,
quarantine those of the CloudFormation template.
"""

import argparse
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import jinja2
import trino_sql_validator
import yaml

from infrastructure.console import say
from infrastructure.sql_rules import CLEAN, CONFORM, Problem, Tables, problems_of_query
from infrastructure.template import TEMPLATE, read_template

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "include" / "glue"))  # as in Glue, whose jobs import their package from there

from coffee_shop_jobs.columns import CONTRACTS, TARGETS, TYPES  # noqa: E402  # only found with the line above

SQL = ROOT / "include" / "sql"
CHECKS = "checks"
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
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701  # SQL, not HTML
    try:
        query = environment.from_string(text).render(params=params)
    except jinja2.TemplateSyntaxError as error:
        return [Problem(error.lineno, f"the template cannot be read: {error.message}")]
    except jinja2.UndefinedError as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
        return [Problem(lines[-1], f"{error.message}; params has {', '.join(params)}")]
    found = list(_grammar_problems(query)) or list(problems_of_query(query, tables))
    # Jinja takes the last line's end away; with a loop or the like a line of the query is no line of the file
    if query.count("\n") != text.removesuffix("\n").count("\n"):
        return [Problem(None, f"line {each.line} of the rendered SQL: {each.text}") for each in found]
    return found


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
    files = parser.parse_args().files or sorted(SQL.rglob("*.sql"))
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
