"""A report as an Excel workbook: a contents sheet, then one sheet for each question.

Rows in, bytes out: the same rows give the same bytes, so that a report made again can be told from a new one.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from coffee_shop.athena_results import Rows, Value
from coffee_shop.report_definition import CONTENTS_SHEET, NUMBERS, Chart, Column, Question, Report

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

# https://support.microsoft.com: "Excel specifications and limits"
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767

HEADER_ROW = 5
FIRST_ROW = HEADER_ROW + 1
GAP = 3.0  # width of the column between table and chart

INK = "3B2A20"
COFFEE = "5A3A28"
CARAMEL = "B5763A"
CREAM = "F7F1EA"
LINE = "E3D8CC"
GREY = "7A6E66"
RED = "A83232"
FONT = "Calibri"

_BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SINCE_EXCEL = date(1900, 3, 1)


@dataclass(frozen=True)
class Fact:
    """A headline figure on the contents sheet: its label, value, format and, if useful, a remark."""

    label: str
    value: Value
    format: str
    remark: str = ""


@dataclass(frozen=True)
class Page:
    """What every sheet of a workbook says: shop, period, state of the data, currency."""

    shop: str
    period: str
    state: str
    made: datetime
    currency: str = "$"
    facts: Sequence[Fact] = ()
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass
class Sheet:
    """A question's rows in the order of its columns, fit for Excel, and what had to be said about them."""

    question: Question
    rows: list[list[Value]]
    remarks: list[str] = field(default_factory=list)


def build_workbook(report: Report, answers: dict[str, Rows], page: Page) -> bytes:
    """Make the file.

    Args:
        report: the definition, from report.yaml.
        answers: the rows of each of its questions, by the question's name.
        page: what stands on every sheet.

    Raises:
        ValueError: a query's columns are not those of report.yaml, or a value has not its column's format.
    """
    from openpyxl import Workbook

    sheets = [fit_for_excel(question, answers[question.name]) for question in report.questions]
    book = Workbook(write_only=True)
    book.properties.creator = page.shop
    book.properties.title = f"{report.title}: {page.period}"
    book.properties.created = page.made.replace(tzinfo=None, microsecond=0)
    formats = number_formats(page.currency)
    _write_contents(book, report, sheets, page, formats)
    for sheet in sheets:
        _write_question(book, report, sheet, page, formats)
    raw = io.BytesIO()
    book.save(raw)
    return _same_bytes(raw.getvalue(), page.made)


def number_formats(currency: str) -> dict[str, str]:
    """Excel's number format for each format of report.yaml."""
    return {
        "text": "@",
        "integer": "#,##0",
        "decimal": "#,##0.00",
        "money": f'"{currency}"#,##0.00;-"{currency}"#,##0.00',
        "percent": "0.0%",
        "date": "yyyy-mm-dd",
    }


def fit_for_excel(question: Question, answer: Rows, max_rows: int = MAX_ROWS) -> Sheet:
    """Bring a query's rows into the sheet's columns and Excel's limits, and say what was left out.

    Raises:
        ValueError: the columns or a value do not fit report.yaml.
    """
    expected = {column.name for column in question.columns}
    if expected != set(answer.columns):
        raise ValueError(
            f"{question.sql} gives the columns {', '.join(answer.columns)}; report.yaml expects "
            f"{', '.join(column.name for column in question.columns)}. Make the two agree."
        )
    places = [answer.columns.index(column.name) for column in question.columns]
    room = max_rows - HEADER_ROW - (1 if any(column.total for column in question.columns) else 0)
    rows = [
        [_value(question, column, row[place]) for column, place in zip(question.columns, places, strict=True)]
        for row in answer.rows[:room]
    ]
    sheet = Sheet(question, rows)
    if len(answer.rows) > room:
        sheet.remarks.append(
            f"Excel holds {max_rows:,} rows on a sheet: the first {room:,} of {len(answer.rows):,} are shown, "
            "and the total is of these. Choose a shorter period for all of them."
        )
    cut = sum(_shorten(row) for row in rows)
    if cut:
        sheet.remarks.append(
            f"{cut:,} {'text is' if cut == 1 else 'texts are'} cut at {MAX_TEXT:,} characters, all that Excel holds."
        )
    return sheet


def _value(question: Question, column: Column, value: Value) -> Value:
    """Return a value in its column's format; a date column takes ISO text as well, a text column anything."""
    if value is None:
        return None
    if column.format == "text":
        return _text(value if isinstance(value, str) else str(value))
    if column.format == "date":
        day = date.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(day, date):
            return day if day >= _SINCE_EXCEL else day.isoformat()
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return None if isinstance(value, float) and not math.isfinite(value) else value
    raise ValueError(
        f"{question.sql}: column {column.name} gave {value!r}, and report.yaml says it is a {column.format}"
    )


def _text(text: str) -> str:
    """Text that XML can hold and that Excel shows as it is."""
    return _LOOKS_ESCAPED.sub("_x005F_", _BAD_CHARACTER.sub("\ufffd", text.replace("\r\n", "\n")))


def _shorten(row: list[Value]) -> int:
    """Cut texts that are too long, in place; Excel counts as UTF-16 does. Returns how many."""
    cut = 0
    for place, value in enumerate(row):
        if isinstance(value, str) and len(value) * 2 > MAX_TEXT:
            units = value.encode("utf-16-le")
            if len(units) > 2 * MAX_TEXT:
                row[place] = units[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")
                cut += 1
    return cut


def totals(sheet: Sheet) -> list[Value] | None:
    """Return the sums of the columns that add up, exact for decimals; None when no column does."""
    columns = sheet.question.columns
    if not sheet.rows or not any(column.total for column in columns):
        return None
    sums: list[Value] = [
        _sum(row[place] for row in sheet.rows) if column.total else None for place, column in enumerate(columns)
    ]
    label = next((place for place, column in enumerate(columns) if not column.total), None)
    if label is not None:
        sums[label] = "Total"
    return sums


def _sum(values: Iterable[Value]) -> Value:
    numbers: list[Any] = [value for value in values if value is not None]
    if any(isinstance(number, float) for number in numbers):
        return math.fsum(numbers)
    added: int | Decimal = sum(numbers)
    return added


# --- the sheets


class _Pen:
    """Makes the cells of one write-only sheet."""

    def __init__(self, worksheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell

        self._worksheet = worksheet
        self._new = WriteOnlyCell

    def cell(
        self,
        value: Value = None,
        *,
        size: int = 11,
        bold: bool = False,
        italic: bool = False,
        colour: str = INK,
        fill: str | None = None,
        line: str | None = None,
        top: str | None = None,
        form: str | None = None,
        align: str | None = None,
        wrap: bool = False,
        indent: int = 0,
        link: str | None = None,
    ) -> Cell:
        """Return a styled cell; a text stays a text, whatever it begins with."""
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
        from openpyxl.worksheet.hyperlink import Hyperlink

        cell = self._new(self._worksheet)
        put(cell, value)
        cell.font = Font(
            name=FONT, size=size, bold=bold, italic=italic, color=colour, underline="single" if link else None
        )
        cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=wrap, indent=indent)
        if fill:
            cell.fill = PatternFill("solid", start_color=fill)
        if line or top:
            cell.border = Border(
                bottom=Side("thin", color=line) if line else None, top=Side("thin", color=top) if top else None
            )
        if form:
            cell.number_format = form
        if link:
            cell.hyperlink = Hyperlink(ref="A1", location=link)
        return cell


def put(cell: Cell, value: Value) -> None:
    """Set a cell's value. Text is marked as text: neither openpyxl nor a user's Enter makes a formula of it."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")


def _write_contents(book: Workbook, report: Report, sheets: list[Sheet], page: Page, formats: dict[str, str]) -> None:
    worksheet: Any = book.create_sheet(CONTENTS_SHEET)
    worksheet.sheet_properties.tabColor = CARAMEL
    worksheet.sheet_view.showGridLines = False
    for letter, width in (("A", 30), ("B", 22), ("C", 76)):
        worksheet.column_dimensions[letter].width = width
    _print_set_up(worksheet, report, page)
    worksheet.row_dimensions[1].height = 30
    pen = _Pen(worksheet)
    worksheet.append([pen.cell(_text(f"{page.shop}: {report.title}"), size=20, bold=True, colour=COFFEE)])
    worksheet.append([pen.cell(_text(page.period), size=12)])
    worksheet.append([pen.cell(_text(page.state), size=10, colour=GREY)])
    for warning in page.warnings:
        worksheet.append([pen.cell(_text(warning), bold=True, colour=RED)])
    worksheet.append([])
    _write_facts(worksheet, pen, page.facts, formats)
    worksheet.append(_section(pen, "Sheet", "Rows", "What it shows"))
    for sheet in sheets:
        target = f"'{sheet.question.sheet.replace(chr(39), chr(39) * 2)}'!A1"
        worksheet.append(
            [
                pen.cell(sheet.question.sheet, colour=CARAMEL, line=LINE, link=target),
                pen.cell(len(sheet.rows), form=formats["integer"], line=LINE, align="left"),
                pen.cell(_text(sheet.question.title), line=LINE),
            ]
        )
    _write_notes(worksheet, pen, [*page.notes, *_remarks(sheets)])


def _section(pen: _Pen, *titles: str) -> list[Cell]:
    return [pen.cell(title, bold=True, colour="FFFFFF", fill=COFFEE) for title in titles]


def _write_facts(worksheet: Any, pen: _Pen, facts: Sequence[Fact], formats: dict[str, str]) -> None:
    if not facts:
        return
    worksheet.append(_section(pen, "Headline figures", "", ""))
    for fact in facts:
        value = _text(fact.value) if isinstance(fact.value, str) else fact.value
        worksheet.append(
            [
                pen.cell(fact.label, line=LINE),
                pen.cell(value, bold=True, form=formats[fact.format], line=LINE, align="left"),
                pen.cell(_text(fact.remark), colour=GREY, line=LINE),
            ]
        )
    worksheet.append([])


def _write_notes(worksheet: Any, pen: _Pen, notes: Sequence[str]) -> None:
    if not notes:
        return
    worksheet.append([])
    worksheet.append(_section(pen, "About the data", "", ""))
    for note in notes:
        worksheet.append([pen.cell(_text(note))])


def _remarks(sheets: list[Sheet]) -> list[str]:
    return [f"{sheet.question.sheet}: {remark}" for sheet in sheets for remark in sheet.remarks]


def _write_question(book: Workbook, report: Report, sheet: Sheet, page: Page, formats: dict[str, str]) -> None:
    question = sheet.question
    worksheet: Any = book.create_sheet(question.sheet)
    worksheet.sheet_view.showGridLines = False
    worksheet.row_dimensions[1].height = 26
    _print_set_up(worksheet, report, page)
    sums = totals(sheet)
    widths = [*_widths(sheet, sums), GAP] if question.chart else _widths(sheet, sums)
    for place, width in enumerate(widths):
        worksheet.column_dimensions[_letter(place)].width = width
    if sheet.rows:
        worksheet.freeze_panes = f"A{FIRST_ROW}"
        worksheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
        worksheet.row_dimensions[HEADER_ROW].height = 32
    pen = _Pen(worksheet)
    worksheet.append([pen.cell(_text(question.title), size=16, bold=True, colour=COFFEE)])
    worksheet.append([pen.cell(_text(f"{page.shop}  \u00b7  {page.period}"), colour=GREY)])
    worksheet.append([pen.cell("Back to contents", size=10, colour=CARAMEL, link=f"'{CONTENTS_SHEET}'!A1")])
    worksheet.append([pen.cell(_text(" ".join([*page.warnings, *sheet.remarks])), size=10, colour=RED)])
    if not sheet.rows:
        worksheet.append([pen.cell(_text(question.empty), italic=True)])
        return
    _write_table(worksheet, pen, sheet, formats)
    if sums:
        worksheet.append(
            [
                pen.cell(
                    value,
                    bold=True,
                    fill=CREAM,
                    top=COFFEE,
                    form=formats[column.format],
                    align=_align(column),
                    indent=1,
                )
                for value, column in zip(sums, question.columns, strict=True)
            ]
        )
    if question.chart:
        _add_chart(worksheet, sheet, question.chart)


def _write_table(worksheet: Any, pen: _Pen, sheet: Sheet, formats: dict[str, str]) -> None:
    from openpyxl.worksheet.filters import AutoFilter
    from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

    columns = sheet.question.columns
    worksheet.append(
        [
            pen.cell(
                column.title,
                bold=True,
                colour="FFFFFF",
                fill=COFFEE,
                wrap=True,
                align=_align(column),
                indent=1,
            )
            for column in columns
        ]
    )
    cells = [pen.cell(line=LINE, form=formats[column.format], align=_align(column), indent=1) for column in columns]
    blank = [pen.cell(line=LINE) for _ in columns]
    for row in sheet.rows:
        worksheet.append(list(_filled(cells, blank, row)))
    last = f"{_letter(len(columns) - 1)}{HEADER_ROW + len(sheet.rows)}"
    table = Table(displayName=sheet.question.table, ref=f"A{HEADER_ROW}:{last}")
    table.autoFilter = AutoFilter(ref=table.ref)
    table.tableColumns = [TableColumn(id=n, name=column.title) for n, column in enumerate(columns, start=1)]
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    worksheet.tables.add(table)


def _filled(cells: list[Cell], blank: list[Cell], row: list[Value]) -> Iterator[Cell]:
    """Yield a row's cells. Each column has one that is written again and again: styles are set once."""
    for cell, empty, value in zip(cells, blank, row, strict=True):
        if value is None:
            yield empty
        else:
            put(cell, value)
            yield cell


def _align(column: Column) -> str:
    return "right" if column.format in NUMBERS else "left"


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place + 1)


def _print_set_up(worksheet: Any, report: Report, page: Page) -> None:
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = 1  # Letter
    worksheet.page_setup.fitToWidth = 1
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.page_margins.left = worksheet.page_margins.right = 0.5
    worksheet.page_margins.top = worksheet.page_margins.bottom = 0.7
    worksheet.oddFooter.left.text = _footer(f"{page.shop}: {report.title}")
    worksheet.oddFooter.center.text = _footer(page.period)
    worksheet.oddFooter.right.text = "Page &P of &N"


def _footer(text: str) -> str:
    """& begins a code in a footer, and a footer holds 255 characters in all."""
    return text[:100].replace("&", "&&")


def _widths(sheet: Sheet, sums: list[Value] | None) -> list[float]:
    """Column widths in characters: the widest of what is shown, the title wrapped to two lines, at most 48."""
    widths = []
    for place, column in enumerate(sheet.question.columns):
        shown = [row[place] for row in sheet.rows[:2000]] + ([sums[place]] if sums else [])
        widest = max((len(_shown(value, column.format)) for value in shown), default=0)
        words = column.title.split()
        title = max([len(word) for word in words] + [math.ceil(len(column.title) / 2) + 2]) + 5
        widths.append(float(min(50, max(11, widest + 4, title))))
    if not sheet.rows:
        widths[0] = max(widths[0], 24.0)
    return widths


def _shown(value: Value, form: str) -> str:
    """About what Excel shows for a value: long enough to measure a column by."""
    if value is None:
        return ""
    if isinstance(value, str | date):
        return str(value)
    if form == "integer":
        return f"{value:,.0f}"
    return f"${value:,.2f}" if form == "money" else f"{value:,.2f}"


# --- charts


def _add_chart(worksheet: Any, sheet: Sheet, chart: Chart) -> None:
    """Put the chart that report.yaml asks for to the right of the table."""
    from openpyxl.chart import BarChart, LineChart

    drawing: Any = LineChart() if chart.kind == "line" else BarChart()
    if chart.kind != "line":
        drawing.type = "bar" if chart.kind == "bar" else "col"
        drawing.gapWidth = 60
    blocks = _blocks(sheet, chart)
    drawing.series = _linked_series(worksheet, sheet, chart, blocks) if blocks else _pivoted_series(sheet, chart)
    _style_chart(drawing, chart, sheet)
    # below the header: what touches that row is printed again on every page
    worksheet.add_chart(drawing, f"{_letter(len(sheet.question.columns) + 1)}{FIRST_ROW}")


def _place(sheet: Sheet, name: str) -> int:
    return [column.name for column in sheet.question.columns].index(name)


def _blocks(sheet: Sheet, chart: Chart) -> list[tuple[str | None, int, int]] | None:
    """Return name, first and last row of each series; None when they do not stand in blocks of the same categories."""
    if chart.series is None:
        return [(None, FIRST_ROW, HEADER_ROW + len(sheet.rows))]
    series, category = _place(sheet, chart.series), _place(sheet, chart.categories)
    runs = [(str(name), list(rows)) for name, rows in groupby(sheet.rows, key=lambda row: row[series])]
    shapes = {tuple(row[category] for row in rows) for _, rows in runs}
    if len(shapes) > 1 or len({name for name, _ in runs}) < len(runs):
        return None
    height = len(runs[0][1])
    return [
        (name, FIRST_ROW + number * height, FIRST_ROW + (number + 1) * height - 1)
        for number, (name, _) in enumerate(runs)
    ]


def _linked_series(worksheet: Any, sheet: Sheet, chart: Chart, blocks: list[tuple[str | None, int, int]]) -> list[Any]:
    """Return series that point at the table's cells."""
    from openpyxl.chart import Reference
    from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
    from openpyxl.chart.series import Series, SeriesLabel

    columns = sheet.question.columns

    def cells(place: int, first: int, last: int) -> str:
        return str(Reference(worksheet, min_col=place + 1, max_col=place + 1, min_row=first, max_row=last))

    category = _place(sheet, chart.categories)
    words = columns[category].format == "text"
    found = []
    for place in (_place(sheet, value) for value in chart.values):
        for name, first, last in blocks:
            labels = cells(category, first, last)
            found.append(
                Series(
                    tx=SeriesLabel(v=name or columns[place].title),
                    cat=AxDataSource(strRef=StrRef(labels)) if words else AxDataSource(numRef=NumRef(labels)),
                    val=NumDataSource(numRef=NumRef(cells(place, first, last))),
                )
            )
    return found


def _pivoted_series(sheet: Sheet, chart: Chart) -> list[Any]:
    """Return series that hold their values themselves, 0 where a series has no row for a category.

    For results whose series do not all have the same categories: pointing at cells would put bars under wrong names.
    """
    from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumVal, StrData, StrVal
    from openpyxl.chart.series import Series, SeriesLabel

    column, value = _place(sheet, chart.series or ""), _place(sheet, chart.values[0])
    category = _place(sheet, chart.categories)
    table = {(str(row[column]), _label(row[category])): row[value] for row in sheet.rows}
    labels = sorted({label for _, label in table})
    names = StrData(ptCount=len(labels), pt=[StrVal(idx=n, v=label) for n, label in enumerate(labels)])
    found = []
    for name in dict.fromkeys(name for name, _ in table):
        numbers = [NumVal(idx=n, v=str(table.get((name, label)) or 0)) for n, label in enumerate(labels)]
        found.append(
            Series(
                tx=SeriesLabel(v=name),
                cat=AxDataSource(strLit=names),
                val=NumDataSource(numLit=NumData(ptCount=len(labels), pt=numbers)),
            )
        )
    return found


def _label(value: Value) -> str:
    return "" if value is None else str(value)


PALETTE = ("5A3A28", "B5763A", "7C9082", "D9B382", "8C4A3C", "4F6D7A", "C9A227", "9C8AA5", "6B8E23", "A9A29B")


def _style_chart(drawing: Any, chart: Chart, sheet: Sheet) -> None:
    drawing.title = _chart_title(chart.title or sheet.question.title)
    drawing.height, drawing.width = 9.5, 18
    if len(drawing.series) == 1:
        drawing.legend = None
    else:
        drawing.legend.position = "b"
    for place, series in enumerate(drawing.series):
        colour = PALETTE[place % len(PALETTE)]
        if chart.kind == "line":
            series.graphicalProperties.line.solidFill = colour
            series.graphicalProperties.line.width = 22_000
            series.smooth = False
        else:
            series.graphicalProperties.solidFill = colour
    drawing.x_axis.delete = drawing.y_axis.delete = False  # newer Excel hides axes that do not say so
    form = next(column.format for column in sheet.question.columns if column.name == chart.values[0])
    drawing.y_axis.number_format = "0%" if form == "percent" else "#,##0"
    drawing.y_axis.majorGridlines.spPr = _light_line()
    if sheet.question.columns[_place(sheet, chart.categories)].format == "date":
        drawing.x_axis.number_format = number_formats("")["date"]
    if chart.kind == "bar":
        drawing.x_axis.scaling.orientation = "maxMin"  # the table's first row on top


def _chart_title(text: str) -> Any:
    from openpyxl.chart.text import RichText, Text
    from openpyxl.chart.title import Title
    from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

    look = CharacterProperties(sz=1200, b=True, solidFill=COFFEE)
    paragraph = Paragraph(
        pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=_text(text))], endParaRPr=None
    )
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)


def _light_line() -> Any:
    from openpyxl.chart.shapes import GraphicalProperties

    properties = GraphicalProperties()
    properties.line.solidFill = LINE
    return properties


def _same_bytes(raw: bytes, made: datetime) -> bytes:
    """Write the zip again without the clock: entry times and the modification date are the data's."""
    stamp = made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    steady = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, body)
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, body)
    return steady.getvalue()
