"""What a workbook holds: `report.yaml` read and checked, one entry for each SQL file beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# `goal` is money or integer, as the setting target_unit says; `status` a word with its sign and colour.
FORMATS = ("text", "integer", "decimal", "money", "percent", "date", "goal", "status")
NUMBERS = ("integer", "decimal", "money", "percent", "goal")
CHART_KINDS = ("bar", "column", "line", "share", "heat map", "table", "list")
DASHBOARD_SHEET = "Dashboard"
CONTENTS_SHEET = "Contents"
CHART_DATA_SHEET = "Chart data"
DASHBOARD_COLUMNS = 12
LAST = "last"
# Sales to nobody registered are half of all sales: they would flatten every other bar.
BESIDE = ("NOT REGISTERED",)

_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_CELL_REFERENCE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x1f]")


class ReportDefinitionError(ValueError):
    """A `report.yaml` that no workbook can be made from; the text names the file, the entry and the remedy."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its name in the query's result, its title, its format, and whether it adds up.

    `ratio` names two columns of the same sheet whose sums, divided, give this one for several rows together.
    """

    name: str
    title: str
    format: str
    total: bool = False
    ratio: tuple[str, str] | None = None


@dataclass(frozen=True)
class Place:
    """Where a chart stands on the dashboard: a row of panels, a column from 1 to 12, and how many of each it takes."""

    row: int
    column: int
    width: int
    height: int = 1

    @property
    def cells(self) -> set[tuple[int, int]]:
        """The cells of the grid that it covers."""
        return {
            (row, column)
            for row in range(self.row, self.row + self.height)
            for column in range(self.column, self.column + self.width)
        }


@dataclass(frozen=True)
class Chart:
    """What is drawn of a question's rows.

    Attributes:
        kind: one of CHART_KINDS.
        categories: the columns that tell the categories apart, the last of them names them; without one the columns
            of values are the categories.
        values: the columns that are drawn.
        series: the columns that tell the series of a single column of values apart, the last of them names them.
        title: stands above it; without one the question's title does.
        where: only rows with one of these values in this column; LAST stands for the newest date there is.
        top: draw only so many categories, the largest first.
        stacked: put the series of a bar on top of each other.
        median: add the median of all members.
        beside: members that stand beside the chart as a figure, where they would flatten the others.
        note: small print below the title.
        place: on the dashboard; without one the chart stands beside the question's table.
    """

    kind: str
    categories: tuple[str, ...]
    values: tuple[str, ...]
    series: tuple[str, ...] = ()
    title: str | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    top: int | None = None
    stacked: bool = False
    median: bool = False
    beside: tuple[str, ...] = BESIDE
    note: str | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Tile:
    """A big figure on the dashboard: a headline figure by name, or a column of a question, added up."""

    figure: str
    title: str | None = None
    question: str | None = None
    column: str | None = None


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
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Report:
    """A workbook: its folder's name, file, title, questions in the order of the sheets, and the dashboard's tiles."""

    name: str
    file: str
    title: str
    questions: tuple[Question, ...]
    tiles: tuple[Tile, ...] = ()


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
    _check_keys(where, entry, {"file", "title", "questions"}, {"tiles"})
    questions = tuple(
        _question(folder, f"{where}, question {number}", item)
        for number, item in enumerate(entry["questions"], start=1)
    )
    if not str(entry["file"]).endswith(".xlsx"):
        raise ReportDefinitionError(f"{where}: file is {entry['file']!r}; it must end in .xlsx")
    own = (DASHBOARD_SHEET, CONTENTS_SHEET, CHART_DATA_SHEET)
    _check_unique(where, "sheet", (*own, *(question.sheet for question in questions)))
    _check_unique(where, "table", (question.table for question in questions))
    _check_unique(where, "sql", (question.sql for question in questions))
    forgotten = {path.name for path in folder.glob("*.sql")} - {Path(item.sql).name for item in questions}
    if forgotten:
        raise ReportDefinitionError(
            f"{where}: no entry for {', '.join(sorted(forgotten))}; add one, or take the file away"
        )
    _check_places(where, questions)
    tiles = tuple(_tile(where, item, questions) for item in entry.get("tiles") or [])
    return Report(folder.name, str(entry["file"]), str(entry["title"]), questions, tiles)


def _question(folder: Path, where: str, entry: Any) -> Question:
    _check_keys(where, entry, {"sql", "sheet", "table", "title", "empty", "columns"}, {"charts"})
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
    _check_ratios(where, columns)
    charts = tuple(
        _chart(f"{where}, chart {number}", item, columns)
        for number, item in enumerate(entry.get("charts") or [], start=1)
    )
    return Question(
        name=Path(entry["sql"]).stem,
        sql=f"{folder.name}/{entry['sql']}",
        sheet=entry["sheet"],
        table=entry["table"],
        title=entry["title"],
        empty=entry["empty"],
        columns=columns,
        charts=charts,
    )


def _column(where: str, entry: Any) -> Column:
    _check_keys(where, entry, {"name", "title", "format"}, {"total", "ratio"})
    column = Column(
        name=str(entry["name"]),
        title=str(entry["title"]),
        format=entry["format"],
        total=bool(entry.get("total", False)),
        ratio=tuple(entry["ratio"]) if entry.get("ratio") else None,
    )
    if column.format not in FORMATS:
        raise ReportDefinitionError(
            f"{where}: column {column.name} has format {column.format!r}; it can be {', '.join(FORMATS)}"
        )
    if column.total and column.format not in ("integer", "decimal", "money", "goal"):
        raise ReportDefinitionError(f"{where}: column {column.name} is a {column.format} and cannot have a total")
    if not column.title.strip() or len(column.title) > 255 or _CONTROL.search(column.title):
        raise ReportDefinitionError(f"{where}: column {column.name} needs a title of 1 to 255 letters on one line")
    return column


def _check_ratios(where: str, columns: tuple[Column, ...]) -> None:
    numbers = {column.name for column in columns if column.format in NUMBERS}
    for column in columns:
        if column.ratio and (len(column.ratio) != 2 or not set(column.ratio) <= numbers):
            raise ReportDefinitionError(
                f"{where}: the ratio of column {column.name} is {list(column.ratio)}; "
                "it wants two columns with numbers, what is divided and by what"
            )


def _chart(where: str, entry: Any, columns: tuple[Column, ...]) -> Chart:
    possible = {"categories", "series", "title", "where", "top", "stacked", "median", "beside", "note", "dashboard"}
    _check_keys(where, entry, {"kind", "values"}, possible)
    chart = Chart(
        kind=entry["kind"],
        categories=_names(entry.get("categories")),
        values=_names(entry["values"]),
        series=_names(entry.get("series")),
        title=entry.get("title"),
        where=tuple((column, _names(values)) for column, values in (entry.get("where") or {}).items()),
        top=entry.get("top"),
        stacked=bool(entry.get("stacked", False)),
        median=bool(entry.get("median", False)),
        beside=_names(entry["beside"]) if "beside" in entry else BESIDE,
        note=entry.get("note"),
        place=_place(where, entry["dashboard"]) if entry.get("dashboard") else None,
    )
    if chart.kind not in CHART_KINDS:
        raise ReportDefinitionError(f"{where}: chart kind is {chart.kind!r}; it can be {', '.join(CHART_KINDS)}")
    _check_chart_columns(where, chart, columns)
    if chart.top is not None and (not isinstance(chart.top, int) or chart.top < 1):
        raise ReportDefinitionError(f"{where}: top is {chart.top!r}; it can be a number from 1 on")
    if chart.kind in ("heat map", "table", "list") and chart.place is None:
        raise ReportDefinitionError(f"{where}: a {chart.kind} wants a place on the dashboard; the sheet has the rows")
    if chart.kind == "heat map" and not (chart.categories and chart.series):
        raise ReportDefinitionError(f"{where}: a heat map wants categories, its columns, and series, its rows")
    return chart


def _check_chart_columns(where: str, chart: Chart, columns: tuple[Column, ...]) -> None:
    formats = {column.name: column.format for column in columns}
    restricted = tuple(column for column, _ in chart.where)
    if unknown := {*chart.categories, *chart.values, *chart.series, *restricted} - formats.keys():
        raise ReportDefinitionError(f"{where}: the chart names {', '.join(sorted(unknown))}, which is no column")
    if chart.kind != "list" and (wrong := [name for name in chart.values if formats[name] not in NUMBERS]):
        raise ReportDefinitionError(f"{where}: the chart draws {', '.join(wrong)}, which is not a number")
    if (chart.series or chart.kind == "share") and len(chart.values) != 1:
        raise ReportDefinitionError(f"{where}: a share, and a chart with series, draws one column of values")
    for name, values in chart.where:
        if formats[name] != "text" and not (formats[name] == "date" and values == (LAST,)):
            raise ReportDefinitionError(f"{where}: where can restrict a text column, or a date column to {LAST}")


def _names(entry: Any) -> tuple[str, ...]:
    if entry is None:
        return ()
    return tuple(map(str, entry)) if isinstance(entry, list) else (str(entry),)


def _place(where: str, entry: Any) -> Place:
    _check_keys(where, entry, {"row", "column", "width"}, {"height"})
    numbers = {name: entry.get(name, 1) for name in ("row", "column", "width", "height")}
    if not all(isinstance(number, int) and number >= 1 for number in numbers.values()):
        raise ReportDefinitionError(f"{where}: row, column, width and height of dashboard are numbers from 1 on")
    place = Place(**numbers)
    if place.column + place.width - 1 > DASHBOARD_COLUMNS:
        raise ReportDefinitionError(f"{where}: the dashboard has {DASHBOARD_COLUMNS} columns; the chart goes beyond")
    return place


def _check_places(where: str, questions: tuple[Question, ...]) -> None:
    taken: dict[tuple[int, int], str] = {}
    for question in questions:
        for chart in question.charts:
            for cell in sorted(chart.place.cells) if chart.place else ():
                if cell in taken:
                    raise ReportDefinitionError(
                        f"{where}: row {cell[0]}, column {cell[1]} of the dashboard is taken twice, "
                        f"by {taken[cell]} and {question.name}"
                    )
                taken[cell] = question.name


def _tile(where: str, entry: Any, questions: tuple[Question, ...]) -> Tile:
    """Read a tile: the name of a headline figure, or a title with a question and one of its columns."""
    if isinstance(entry, str):
        return Tile(entry)
    _check_keys(f"{where}, tiles", entry, {"title", "sql", "column"}, set())
    question = next((item for item in questions if Path(item.sql).name == entry["sql"]), None)
    column = next((item for item in question.columns if item.name == entry["column"]), None) if question else None
    if question is None or column is None or column.format not in NUMBERS:
        raise ReportDefinitionError(f"{where}, tiles: {entry['sql']} has no column {entry['column']} that is a number")
    return Tile(f"{question.name}.{column.name}", str(entry["title"]), question.name, column.name)


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
