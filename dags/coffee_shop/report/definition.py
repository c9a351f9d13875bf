"""What a workbook holds: `report.yaml` read and checked, one entry for each SQL file beside it."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

# `goal` is money or integer, as the setting target_unit says; `status` a word with its sign and colour.
Format = Literal["text", "integer", "decimal", "money", "percent", "date", "goal", "status"]
SUMS: tuple[Format, ...] = ("integer", "decimal", "money", "goal")
NUMBERS: tuple[Format, ...] = (*SUMS, "percent")
ChartKind = Literal["bar", "column", "line", "share", "heat map", "table", "list"]
# what a tile may show by name: the figures of dashboard_figures, targets and stock
_SalesFigure = Literal["income", "net_income", "margin", "transactions", "items", "average_receipt", "refunds"]
_GoalFigure = Literal["target_outlets", "target_goal", "target_sold", "target_reached", "target_forecast"]
_StockFigure = Literal["stock", "stock_sold", "waste", "waste_share", "waste_cost", "inventory_agreement"]
HeadlineFigure = Literal[_SalesFigure, _GoalFigure, _StockFigure]
DASHBOARD_SHEET = "Dashboard"
CONTENTS_SHEET = "Contents"
CHART_DATA_SHEET = "Chart data"
DASHBOARD_COLUMNS = 12
LAST = "last"
# Sales to nobody registered are half of all sales: they would flatten every other bar.
BESIDE = ("NOT REGISTERED",)


class ReportDefinitionError(ValueError):
    """A `report.yaml` that no workbook can be made from: a line for each fault, with file, line, key and remedy."""


def _like(pattern: str, expected: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


def _with_folder(name: str, info: ValidationInfo) -> str:
    """Return the path of a question's SQL below `include/sql`; the context is the report's folder, a Path."""
    if info.context is None:
        return name
    if not (info.context / name).is_file():
        raise ValueError(f"there is no file {info.context.name}/{name}")
    return f"{info.context.name}/{name}"


def _names(entry: Any) -> tuple[str, ...]:
    """Return the entries of a list as texts; a single one may be written without a list."""
    return tuple(map(str, entry if isinstance(entry, list | tuple) else [entry]))


# what Excel takes
_SHEET = r"(?!'|(?i:history)$)[^\[\]:*?/\\\x00-\x1f]{1,31}(?<!')"
_TABLE = r"(?![A-Za-z]{1,3}[0-9]+$|[Rr][0-9]*[Cc][0-9]*$)[A-Za-z_][A-Za-z0-9_]{0,254}"
_SHEET_WORDS = "Excel wants 1 to 31 letters without [ ] : * ? / \\, no apostrophe at an end, and not History"
SheetName = Annotated[str, _like(_SHEET, _SHEET_WORDS)]
TableName = Annotated[str, _like(_TABLE, "Excel wants letters, digits and _ that do not look like a cell")]
ColumnTitle = Annotated[str, _like(r"(?=.*\S)[^\x00-\x1f]{1,255}", "Excel wants 1 to 255 letters on one line")]
WorkbookName = Annotated[str, _like(r".+\.xlsx", "it must end in .xlsx")]
Sql = Annotated[str, AfterValidator(_with_folder)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]

_CHECKED = ConfigDict(extra="forbid", strict=True, defer_build=True)  # as the settings'


def _wrong(words: str, *place: str | int) -> PydanticCustomError:
    """Return a fault at a place below the entry that is checked."""
    return PydanticCustomError("wrong", "{words}", {"words": words, "place": place})


@dataclass(frozen=True, config=_CHECKED)
class Column:
    """A column of a sheet: its name in the query's result, its title, its format, and whether it adds up.

    `ratio` names two columns of the same sheet whose sums, divided, give this one for several rows together.
    """

    name: str
    title: ColumnTitle
    format: Format
    total: bool = False
    ratio: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.total and self.format not in SUMS:
            raise _wrong(f"a {self.format} cannot have a total", "total")
        return self


@dataclass(frozen=True, config=_CHECKED)
class Place:
    """Where a chart stands on the dashboard: a row of panels, a column from 1 to 12, and how many of each it takes."""

    row: PositiveInt
    column: PositiveInt
    width: PositiveInt
    height: PositiveInt = 1

    @model_validator(mode="after")
    def _is_on_the_dashboard(self) -> Self:
        if self.column + self.width - 1 > DASHBOARD_COLUMNS:
            raise _wrong(f"the dashboard has {DASHBOARD_COLUMNS} columns; the chart goes beyond", "width")
        return self

    @property
    def cells(self) -> set[tuple[int, int]]:
        """The cells of the grid that it covers."""
        rows, columns = range(self.row, self.row + self.height), range(self.column, self.column + self.width)
        return set(product(rows, columns))


@dataclass(frozen=True, config=_CHECKED)
class Chart:
    """What is drawn of a question's rows.

    Attributes:
        kind: bar, column, line, share, heat map, table or list.
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
        dashboard: its place there; without one the chart stands beside the question's table.
    """

    kind: ChartKind
    categories: Names = ()
    values: Names = ()
    series: Names = ()
    title: str | None = None
    where: dict[str, Names] = Field(default_factory=dict)
    top: PositiveInt | None = None
    stacked: bool = False
    median: bool = False
    beside: Names = BESIDE
    note: str | None = None
    dashboard: Place | None = None


@dataclass(frozen=True, config=_CHECKED)
class Question:
    """One SQL file and the sheet that shows its rows. `sql` is the path below `include/sql`."""

    sql: Sql
    sheet: SheetName
    table: TableName
    title: str
    empty: str
    columns: tuple[Column, ...]
    charts: tuple[Chart, ...] = ()

    @property
    def name(self) -> str:
        """The SQL file's name without its ending."""
        return Path(self.sql).stem

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_unique("columns", "name", (column.name for column in self.columns))
        _check_unique("columns", "title", (column.title for column in self.columns))
        formats = {column.name: column.format for column in self.columns}
        for number, column in enumerate(self.columns):
            if not all(formats.get(name) in NUMBERS for name in column.ratio or ()):
                words = "expected two columns with numbers, what is divided and by what"
                raise _wrong(words, "columns", number, "ratio")
        for number, chart in enumerate(self.charts):
            for key, words in _faults_of_chart(chart, formats):
                raise _wrong(words, "charts", number, key)
        return self


def _faults_of_chart(chart: Chart, formats: dict[str, Format]) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with a chart of a question: the key and the words."""
    named = {"categories": chart.categories, "values": chart.values, "series": chart.series, "where": chart.where}
    for key, names in named.items():
        if unknown := [name for name in names if name not in formats]:
            yield key, f"the chart names {', '.join(unknown)}, which is no column"
            return
    if not chart.values:
        yield "values", "values is missing: the columns that are drawn"
    if chart.kind != "list" and (wrong := [name for name in chart.values if formats[name] not in NUMBERS]):
        yield "values", f"the chart draws {', '.join(wrong)}, which is not a number"
    if (chart.series or chart.kind == "share") and len(chart.values) != 1:
        yield "values", "a share, and a chart with series, draws one column of values"
    for name, values in chart.where.items():
        if formats[name] != "text" and not (formats[name] == "date" and values == (LAST,)):
            yield "where", f"where can restrict a text column, or a date column to {LAST}"
    if chart.kind in ("heat map", "table", "list") and chart.dashboard is None:
        yield "kind", f"a {chart.kind} wants a place on the dashboard; the sheet has the rows"
    if chart.kind == "heat map" and not (chart.categories and chart.series):
        yield "kind", "a heat map wants categories, its columns, and series, its rows"


@dataclass(frozen=True, config=_CHECKED)
class Tile:
    """A big figure on the dashboard: a headline figure by name, or a title for a question's column, added up."""

    figure: HeadlineFigure | None = None
    title: str | None = None
    sql: Sql | None = None
    column: str | None = None

    @property
    def question(self) -> str | None:
        """The question's name."""
        return self.sql and Path(self.sql).stem

    @property
    def name(self) -> str:
        """The headline figure's name, or the question's and the column's."""
        return self.figure or f"{self.question}.{self.column}"

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, entry: Any) -> Any:
        return {"figure": entry} if isinstance(entry, str) else entry

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if (self.figure is None) == (None in (self.title, self.sql, self.column)):
            raise _wrong("expected the name of a headline figure, or title, sql and column")
        return self


@dataclass(frozen=True, config=_CHECKED)
class Report:
    """A workbook: its file, title, questions in the order of the sheets, and the dashboard's tiles."""

    file: WorkbookName
    title: str
    questions: tuple[Question, ...]
    tiles: tuple[Tile, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        sheets = (DASHBOARD_SHEET, CONTENTS_SHEET, CHART_DATA_SHEET)
        _check_unique("questions", "sheet", (question.sheet for question in self.questions), sheets)
        _check_unique("questions", "table", (question.table for question in self.questions))
        _check_unique("questions", "sql", (question.sql for question in self.questions))
        self._check_places()
        files = {Path(question.sql).name for question in self.questions}
        if info.context and (forgotten := {path.name for path in info.context.glob("*.sql")} - files):
            raise _wrong(f"no entry for {', '.join(sorted(forgotten))}; add one, or take the file away", "questions")
        formats = {(item.sql, column.name): column.format for item in self.questions for column in item.columns}
        for number, tile in enumerate(self.tiles):
            if tile.column and formats.get((str(tile.sql), tile.column)) not in NUMBERS:
                raise _wrong(f"{tile.sql} has no column {tile.column} that is a number", "tiles", number, "column")
        return self

    def _check_places(self) -> None:
        taken: dict[tuple[int, int], str] = {}
        for place, question in enumerate(self.questions):
            for number, chart in enumerate(question.charts):
                cells = chart.dashboard.cells if chart.dashboard else set()
                for row, column in sorted(cells & taken.keys()):
                    words = f"row {row}, column {column} is taken already, by {taken[row, column]}"
                    raise _wrong(words, "questions", place, "charts", number, "dashboard")
                taken |= dict.fromkeys(cells, question.name)


def _check_unique(entries: str, key: str, names: Iterable[str], taken: Iterable[str] = ()) -> None:
    """Refuse a name that an entry of the list has and an earlier one too, in whatever case, as Excel counts it."""
    before = {name.casefold() for name in taken}
    for number, name in enumerate(names):
        if name.casefold() in before:
            raise _wrong(f"{name!r} stands there twice", entries, number, key)
        before.add(name.casefold())


def load_report(folder: Path) -> Report:
    """Read `report.yaml` of a folder below `include/sql`.

    Args:
        folder: holds report.yaml and the SQL files that it names.

    Raises:
        ReportDefinitionError: whatever Excel, the queries or a reader would stumble over.
    """
    import yaml

    text = (folder / "report.yaml").read_text(encoding="utf-8")
    try:
        return TypeAdapter(Report).validate_json(json.dumps(yaml.safe_load(text), default=str), context=folder)
    except yaml.YAMLError as error:
        raise ReportDefinitionError(f"{folder.name}/report.yaml: {error}") from error
    except ValidationError as error:
        faults = (_fault(each, text) for each in error.errors(include_url=False))
        raise ReportDefinitionError("\n".join(f"{folder.name}/report.yaml:{fault}" for fault in faults)) from error


def line_of(place: Iterable[int | str], text: str) -> str:
    """Return where something stands in a report.yaml, for a message: `12: question 1, chart 2, top`.

    Args:
        place: the way to it, such as ("questions", 0, "charts", 1, "top"); what is missing has the line of its entry.
        text: of report.yaml.
    """
    import yaml

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line, words = 1, list[str]()
    for part in place:
        key, node = _below(node, part)
        line = key.start_mark.line + 1
        words = [*words[:-1], f"{words[-1].removesuffix('s')} {part + 1}"] if isinstance(part, int) else [*words, part]
    return f"{line}: {', '.join(words) or 'all'}"


def _below(node: Any, part: int | str) -> tuple[Any, Any]:
    """Return the nodes of a key and its value, of an entry of a list twice, or the node itself where that lacks it."""
    if node.id == "sequence":
        return node.value[part], node.value[part]
    pairs = node.value if node.id == "mapping" else []
    return next(((key, value) for key, value in pairs if key.value == part), (node, node))


def _fault(error: ErrorDetails, text: str) -> str:
    """Return what pydantic says in words; `place` in its context goes on where its own place ends."""
    place = (*error["loc"], *error.get("ctx", {}).get("place", ()))
    lists: Any = {"questions": Question, "columns": Column, "charts": Chart, "dashboard": Place, "tiles": Tile}
    keys = fields([Report, *(lists[part] for part in place if part in lists)][-1])
    said = {
        "missing": " is missing",
        "unexpected_keyword_argument": f" is unknown; it can be {', '.join(key.name for key in keys)}",
        "wrong": f": {error['msg']}",
    }
    expected = error["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    return line_of(place, text) + said.get(error["type"], f" is {error['input']!r}; {expected}")
