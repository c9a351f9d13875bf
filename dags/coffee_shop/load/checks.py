"""Data checks: every query in ``include/sql/checks/`` returns the rows that are wrong.

The first line of a file says what a row means: ``-- #fail`` (the load must not be published) or ``-- #warn``.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

LEVELS = ("fail", "warn")
ROWS_SHOWN = 20

# no date was touched: a span that holds none
_NO_DATES = ("9999-12-31", "0001-01-01")


class CheckError(ValueError):
    """A check file does not say whether it fails or warns."""


@dataclass(frozen=True)
class Check:
    """One check: its name, ``fail`` or ``warn``, and the query to run."""

    name: str
    level: str
    query: str


@dataclass(frozen=True)
class Finding:
    """The offending rows of one check: at most ``ROWS_SHOWN`` of them, as text."""

    check: Check
    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


def render_checks(folder: Path, dates: Sequence[str], clean_database: str, absent: Collection[str] = ()) -> list[Check]:
    """Return the checks of a folder, ready to run for the dates (ISO) that a load touched.

    They run in the conform database; ``clean_database`` is what they compare it with. ``absent`` names the facts that
    have no table yet, because no file has delivered a row: checks of several facts do not read these.

    Raises:
        CheckError: a file's first line is neither ``-- #fail`` nor ``-- #warn``.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder.parent),  # for macros/, as with the report DAGs' search path
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # SQL, not HTML
    )
    first, last = (min(dates), max(dates)) if dates else _NO_DATES
    checks = []
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        level = text.partition("\n")[0].removeprefix("-- #").strip()
        if level not in LEVELS or not text.startswith("-- #"):
            raise CheckError(f"{file.name}, line 1: expected '-- #fail' or '-- #warn'.")
        params = {"first_date": first, "last_date": last, "clean_database": clean_database, "absent": absent}
        query = environment.from_string(text).render(params=params)
        # the first line of the query names it: in Airflow's list of mapped tasks and in Athena's history
        checks.append(Check(file.stem, level, f"-- {file.stem} #{level}\n{query.partition(chr(10))[2]}"))
    return checks


def reads_table(check: Check, table: str) -> bool:
    """Return whether a check's query mentions a table."""
    return re.search(rf"\b{re.escape(table)}\b", check.query) is not None


def check_of(query: str) -> Check:
    """Return the check that a rendered query belongs to, by its first line."""
    name, _, level = query.partition("\n")[0].removeprefix("-- ").partition(" #")
    return Check(name, level, query)


def read_finding(athena: "AthenaClient", check: Check, query_execution_id: str) -> Finding:
    """Return the offending rows that a check's query found."""
    answer: Any = athena.get_query_results(QueryExecutionId=query_execution_id, MaxResults=ROWS_SHOWN + 1)
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]]
    columns = [column["Name"] for column in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    # the first row of a select's results is the header
    return Finding(check, columns, rows[1:])


def describe(finding: Finding) -> str:
    """Return a finding as lines of text: the check's name, the columns, the rows."""
    head = f"{finding.check.name}: {len(finding.rows)}{'+' if len(finding.rows) >= ROWS_SHOWN else ''} rows"
    lines = [" | ".join("NULL" if cell is None else cell for cell in row) for row in finding.rows]
    return "\n  ".join([head, " | ".join(finding.columns), *lines])


def verdict(findings: Iterable[Finding]) -> tuple[list[str], list[str]]:
    """Return what fails the load and what only warns, each finding described; checks without rows are left out."""
    wrong = [finding for finding in findings if finding.rows]
    return (
        [describe(finding) for finding in wrong if finding.check.level == "fail"],
        [describe(finding) for finding in wrong if finding.check.level == "warn"],
    )
