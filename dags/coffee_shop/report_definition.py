"""What a workbook holds: `report.yaml` read and checked, one entry for each SQL file beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMATS = ("text", "integer", "decimal", "money", "percent", "date")
NUMBERS = ("integer", "decimal", "money", "percent")
CHART_KINDS = ("bar", "column", "line")
CONTENTS_SHEET = "Contents"
REPORT_NAMES = ("customer", "employee", "sales")

_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_CELL_REFERENCE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x1f]")


class ReportDefinitionError(ValueError):
    """A `report.yaml` that no workbook can be made from; the text names the file, the entry and the remedy."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its name in the query's result, its title, its format, and whether it adds up."""

    name: str
    title: str
    format: str
    total: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart beside the table. `series` splits a column of values by another column's members."""

    kind: str
    categories: str
    values: tuple[str, ...]
    series: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Question:
    """One SQL file and the sheet that shows its rows. `sql` is the path below `include/sql`."""

    name: str
    sql: str
    sheet: str
    table: str
    title: str
    empty: str
    columns: tuple[Column, ...]
    chart: Chart | None = None


@dataclass(frozen=True)
class Report:
    """A workbook: its folder's name, file, title and questions in the order of the sheets."""

    name: str
    file: str
    title: str
    questions: tuple[Question, ...]


def load_report(folder: Path) -> Report:
    """Read `report.yaml` of a folder below `include/sql`.

    Args:
        folder: holds report.yaml and the SQL files that it names.

    Raises:
        ReportDefinitionError: whatever Excel, the queries or a reader would stumble over.
    """
    import yaml

    source = folder / "report.yaml"
    entry = yaml.safe_load(source.read_text(encoding="utf-8"))
    where = f"{folder.name}/report.yaml"
    _check_keys(where, entry, {"file", "title", "questions"}, set())
    questions = tuple(
        _question(folder, f"{where}, question {number}", item)
        for number, item in enumerate(entry["questions"], start=1)
    )
    if not str(entry["file"]).endswith(".xlsx"):
        raise ReportDefinitionError(f"{where}: file is {entry['file']!r}; it must end in .xlsx")
    _check_unique(where, "sheet", (CONTENTS_SHEET, *(question.sheet for question in questions)))
    _check_unique(where, "table", (question.table for question in questions))
    _check_unique(where, "sql", (question.sql for question in questions))
    forgotten = {path.name for path in folder.glob("*.sql")} - {Path(item.sql).name for item in questions}
    if forgotten:
        raise ReportDefinitionError(
            f"{where}: no entry for {', '.join(sorted(forgotten))}; add one, or take the file away"
        )
    return Report(folder.name, str(entry["file"]), str(entry["title"]), questions)


def load_reports(sql_folder: Path) -> dict[str, Report]:
    """Return all three workbooks by name, in the order in which people see them."""
    return {name: load_report(sql_folder / name) for name in REPORT_NAMES}


def _question(folder: Path, where: str, entry: Any) -> Question:
    _check_keys(where, entry, {"sql", "sheet", "table", "title", "empty", "columns"}, {"chart"})
    if not (folder / entry["sql"]).is_file():
        raise ReportDefinitionError(f"{where}: there is no file {folder.name}/{entry['sql']}")
    _check_sheet_name(where, entry["sheet"])
    if not _TABLE_NAME.fullmatch(entry["table"]) or _CELL_REFERENCE.fullmatch(entry["table"]):
        raise ReportDefinitionError(
            f"{where}: table is {entry['table']!r}; Excel wants letters, digits and _ that do not look like a cell"
        )
    columns = tuple(_column(where, item) for item in entry["columns"])
    _check_unique(where, "column name", (column.name for column in columns))
    _check_unique(where, "column title", (column.title for column in columns))
    chart = _chart(where, entry["chart"], columns) if entry.get("chart") else None
    return Question(
        name=Path(entry["sql"]).stem,
        sql=f"{folder.name}/{entry['sql']}",
        sheet=entry["sheet"],
        table=entry["table"],
        title=entry["title"],
        empty=entry["empty"],
        columns=columns,
        chart=chart,
    )


def _column(where: str, entry: Any) -> Column:
    _check_keys(where, entry, {"name", "title", "format"}, {"total"})
    column = Column(str(entry["name"]), str(entry["title"]), entry["format"], bool(entry.get("total", False)))
    if column.format not in FORMATS:
        raise ReportDefinitionError(
            f"{where}: column {column.name} has format {column.format!r}; it can be {', '.join(FORMATS)}"
        )
    if column.total and column.format not in ("integer", "decimal", "money"):
        raise ReportDefinitionError(f"{where}: column {column.name} is a {column.format} and cannot have a total")
    if not column.title.strip() or len(column.title) > 255 or _CONTROL.search(column.title):
        raise ReportDefinitionError(f"{where}: column {column.name} needs a title of 1 to 255 letters on one line")
    return column


def _chart(where: str, entry: Any, columns: tuple[Column, ...]) -> Chart:
    _check_keys(where, entry, {"kind", "categories", "values"}, {"series", "title"})
    values = entry["values"]
    chart = Chart(
        entry["kind"],
        entry["categories"],
        tuple(values) if isinstance(values, list) else (values,),
        entry.get("series"),
        entry.get("title"),
    )
    if chart.kind not in CHART_KINDS:
        raise ReportDefinitionError(f"{where}: chart kind is {chart.kind!r}; it can be {', '.join(CHART_KINDS)}")
    formats = {column.name: column.format for column in columns}
    named = {chart.categories, *chart.values} | ({chart.series} if chart.series else set())
    if unknown := named - formats.keys():
        raise ReportDefinitionError(f"{where}: the chart names {', '.join(sorted(unknown))}, which is no column")
    if wrong := [name for name in chart.values if formats[name] not in NUMBERS]:
        raise ReportDefinitionError(f"{where}: the chart draws {', '.join(wrong)}, which is not a number")
    if chart.series and len(chart.values) != 1:
        raise ReportDefinitionError(f"{where}: a chart with series draws one column of values")
    return chart


def _check_keys(where: str, entry: Any, needed: set[str], possible: set[str]) -> None:
    if not isinstance(entry, Mapping):
        raise ReportDefinitionError(f"{where}: expected {', '.join(sorted(needed))}, found {entry!r}")
    if missing := needed - entry.keys():
        raise ReportDefinitionError(f"{where}: {', '.join(sorted(missing))} is missing")
    if unknown := entry.keys() - needed - possible:
        raise ReportDefinitionError(
            f"{where}: {', '.join(sorted(map(str, unknown)))} is unknown; "
            f"it can hold {', '.join(sorted(needed | possible))}"
        )


def _check_sheet_name(where: str, sheet: str) -> None:
    bad = _NOT_IN_SHEET_NAMES.search(sheet) or sheet.startswith("'") or sheet.endswith("'")
    if bad or not 1 <= len(sheet) <= 31 or sheet.casefold() == "history":
        raise ReportDefinitionError(
            f"{where}: sheet is {sheet!r}; Excel wants 1 to 31 letters without [ ] : * ? / \\, "
            "no apostrophe at an end, and not History"
        )


def _check_unique(where: str, what: str, names: Iterator[str] | tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ReportDefinitionError(f"{where}: {what} {name!r} stands there twice")
        seen.add(name.casefold())
