"""A report as an Excel workbook: dashboard, contents, a sheet for each question, and the figures behind the charts.

Rows in, bytes out: the same rows give the same bytes, so that a report made again can be told from a new one.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from coffee_shop.report.athena_results import Rows, Value
from coffee_shop.report.chart_data import chart_block
from coffee_shop.report.chart_data_sheet import PlacedBlock, place_blocks, write_chart_data
from coffee_shop.report.dashboard import DASHBOARD_CELLS, Figure, write_dashboard
from coffee_shop.report.definition import (
    CHART_DATA_SHEET,
    CONTENTS_SHEET,
    DASHBOARD_SHEET,
    NUMBERS,
    Column,
    Report,
)
from coffee_shop.report.native_charts import native_chart
from coffee_shop.report.restated_text import Restated
from coffee_shop.report.sheet_rows import FIRST_ROW, HEADER_ROW, Sheet, fit_for_excel, sum_of
from coffee_shop.report.status_colours import colour_statuses
from coffee_shop.report.workbook_file import finish_file
from coffee_shop.report.workbook_style import (
    CARAMEL,
    COFFEE,
    CREAM,
    GREY,
    LINE,
    RED,
    Formula,
    Pen,
    clean_text,
    column_letter,
    number_formats,
    print_set_up,
    put,
    quoted_sheet,
)

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

GAP = 3.0  # width of the column between table and chart
CHART_ROWS = 19  # of a chart beside a table, and the gap below it
# A sheet of up to so many rows prints on a page; a longer list prints only when its print area is taken away.
MAX_PRINTED_ROWS = 45
ASK_TO_PRINT = "This list is long: to print it, clear the print area first."


@dataclass(frozen=True)
class Page:
    """What every sheet of a workbook says: shop, period, state of the data, currency.

    `days` are the period's first and last day; `figures` are the big figures of the dashboard by name.
    """

    shop: str
    period: str
    state: str
    made: datetime
    currency: str = "$"
    days: tuple[date, date] | None = None
    facts: Sequence[Figure] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    restated: Restated | None = None


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
    blocks = [
        chart_block(sheet, chart, page.days, page.currency) for sheet in sheets for chart in sheet.question.charts
    ]
    placed = place_blocks(blocks)
    book = Workbook(write_only=True)
    book.properties.creator = page.shop
    book.properties.title = f"{report.title}: {page.period}"
    book.properties.created = page.made.replace(tzinfo=None, microsecond=0)
    formats = number_formats(page.currency)
    _write_dashboard(book, report, sheets, placed, page, formats)
    _write_contents(book, report, sheets, page, formats)
    for sheet in sheets:
        _write_question(book, report, sheet, [item for item in placed if item.block.sheet is sheet], page, formats)
    _write_chart_data(book, report, placed, page, formats)
    raw = io.BytesIO()
    book.save(raw)
    return finish_file(raw.getvalue(), page.made, _numbers_as_text(book, sheets, placed))


def _numbers_as_text(book: Workbook, sheets: list[Sheet], placed: list[PlacedBlock]) -> dict[str, str]:
    """Return the cells of text columns by the sheet's part: numbers of things stand there as text on purpose."""
    parts = {name: f"xl/worksheets/sheet{number}.xml" for number, name in enumerate(book.sheetnames, start=1)}
    found = {parts[DASHBOARD_SHEET]: DASHBOARD_CELLS} if DASHBOARD_SHEET in parts else {}
    if CHART_DATA_SHEET in parts:
        widest = max(item.header_columns + len(item.block.series) for item in placed)
        found[parts[CHART_DATA_SHEET]] = f"A1:{column_letter(widest)}{placed[-1].end}"
    for sheet in sheets:
        letters = [column_letter(n) for n, column in enumerate(sheet.question.columns) if column.format == "text"]
        if letters and sheet.rows:
            ranges = [f"{letter}{FIRST_ROW}:{letter}{sheet.last_row}" for letter in letters]
            found[parts[sheet.question.sheet]] = " ".join(ranges)
    return found


def totals(sheet: Sheet) -> list[Value | Formula] | None:
    """Return the totals of the columns that add up, as formulas that follow a filter; None when no column does."""
    columns = sheet.question.columns
    if not sheet.rows or not any(column.total for column in columns):
        return None
    sums: list[Value | Formula] = [
        _total(sheet, place) if column.total else None for place, column in enumerate(columns)
    ]
    label = next((place for place, column in enumerate(columns) if not column.total), None)
    if label is not None:
        sums[label] = "Total"
    return sums


def _total(sheet: Sheet, place: int) -> Formula:
    letter = column_letter(place)
    whole = sum_of(row[place] for row in sheet.rows)
    return Formula(f"SUBTOTAL(109,{letter}{FIRST_ROW}:{letter}{sheet.last_row})", 0 if whole is None else whole)


# --- the sheets


def _write_dashboard(
    book: Workbook, report: Report, sheets: list[Sheet], placed: list[PlacedBlock], page: Page, formats: dict[str, str]
) -> None:
    if not report.tiles and not any(item.block.chart.dashboard for item in placed):
        return
    worksheet: Any = book.create_sheet(DASHBOARD_SHEET)
    _print_set_up(worksheet, report, page)
    write_dashboard(
        worksheet,
        report,
        sheets,
        placed,
        heading=(f"{page.shop}: {report.title}", page.period, page.state),
        warnings=page.warnings,
        figures=page.figures,
        formats=formats,
        currency=page.currency,
    )


def _write_chart_data(
    book: Workbook, report: Report, placed: list[PlacedBlock], page: Page, formats: dict[str, str]
) -> None:
    if all(item.block.is_empty for item in placed):
        return
    worksheet: Any = book.create_sheet(CHART_DATA_SHEET)
    _print_set_up(worksheet, report, page)
    worksheet.print_area = _nothing_to_print(40)
    write_chart_data(worksheet, placed, formats)


def _print_set_up(worksheet: Any, report: Report, page: Page) -> None:
    print_set_up(worksheet, f"{page.shop}: {report.title}", page.period)


def _nothing_to_print(column: int) -> str:
    """Return the print area of a sheet that prints only when asked: an empty cell beside all others."""
    letter = column_letter(column)
    return f"{letter}1:{letter}1"


def _write_contents(book: Workbook, report: Report, sheets: list[Sheet], page: Page, formats: dict[str, str]) -> None:
    worksheet: Any = book.create_sheet(CONTENTS_SHEET)
    worksheet.sheet_properties.tabColor = CARAMEL
    worksheet.sheet_view.showGridLines = False
    for letter, width in (("A", 30), ("B", 22), ("C", 76)):
        worksheet.column_dimensions[letter].width = width
    _print_set_up(worksheet, report, page)
    worksheet.row_dimensions[1].height = 30
    pen = Pen(worksheet)
    worksheet.append([pen.cell(clean_text(f"{page.shop}: {report.title}"), size=20, bold=True, colour=COFFEE)])
    worksheet.append([pen.cell(clean_text(page.period), size=12)])
    worksheet.append([pen.cell(clean_text(page.state), size=10, colour=GREY)])
    for warning in page.warnings:
        worksheet.append([pen.cell(clean_text(warning), bold=True, colour=RED)])
    worksheet.append([])
    _write_restated(worksheet, pen, page.restated, formats)
    _write_facts(worksheet, pen, page.facts, formats)
    worksheet.append(_section(pen, "Sheet", "Rows", "What it shows"))
    for sheet in sheets:
        target = f"{quoted_sheet(sheet.question.sheet)}!A1"
        worksheet.append(
            [
                pen.cell(sheet.question.sheet, colour=CARAMEL, line=LINE, link=target),
                pen.cell(len(sheet.rows), form=formats["integer"], line=LINE, align="left"),
                pen.cell(clean_text(sheet.question.title), line=LINE),
            ]
        )
    _write_notes(worksheet, pen, [*page.notes, *_remarks(sheets)])


def _section(pen: Pen, *titles: str) -> list[Cell]:
    return [pen.cell(title, bold=True, colour="FFFFFF", fill=COFFEE) for title in titles]


def _write_facts(worksheet: Any, pen: Pen, facts: Sequence[Figure], formats: dict[str, str]) -> None:
    if not facts:
        return
    worksheet.append(_section(pen, "Headline figures", "", ""))
    for fact in facts:
        value = clean_text(fact.value) if isinstance(fact.value, str) else fact.value
        worksheet.append(
            [
                pen.cell(fact.label, line=LINE),
                pen.cell(value, bold=True, form=formats[fact.format], line=LINE, align="left"),
                pen.cell(clean_text(fact.remark), colour=GREY, line=LINE),
            ]
        )
    worksheet.append([])


def _write_restated(worksheet: Any, pen: Pen, restated: Restated | None, formats: dict[str, str]) -> None:
    """Write what a restated report replaces: each figure before and now, and which files changed them."""
    if restated is None:
        return
    worksheet.append(_section(pen, "Restated", clean_text(f"Report of {restated.made}"), "This report"))
    for change in restated.changes:
        before, after = (
            pen.cell("no data" if value is None else value, form=formats[change.format], line=LINE, align="left")
            for value in (change.before, change.after)
        )
        worksheet.append([pen.cell(clean_text(change.label), line=LINE), before, after])
    for cause in restated.causes:
        worksheet.append([pen.cell(clean_text(cause))])
    worksheet.append([])


def _write_notes(worksheet: Any, pen: Pen, notes: Sequence[str]) -> None:
    if not notes:
        return
    worksheet.append([])
    worksheet.append(_section(pen, "About the data", "", ""))
    for note in notes:
        worksheet.append([pen.cell(clean_text(note))])


def _remarks(sheets: list[Sheet]) -> list[str]:
    return [f"{sheet.question.sheet}: {remark}" for sheet in sheets for remark in sheet.remarks]


def _write_question(
    book: Workbook, report: Report, sheet: Sheet, placed: list[PlacedBlock], page: Page, formats: dict[str, str]
) -> None:
    question = sheet.question
    worksheet: Any = book.create_sheet(question.sheet)
    worksheet.sheet_view.showGridLines = False
    worksheet.row_dimensions[1].height = 26
    _print_set_up(worksheet, report, page)
    charts = [item for item in placed if item.block.chart.dashboard is None and not item.block.is_empty]
    sums = totals(sheet)
    widths = [*_widths(sheet, sums), GAP] if charts else _widths(sheet, sums)
    for place, width in enumerate(widths):
        worksheet.column_dimensions[column_letter(place)].width = width
    if sheet.rows:
        worksheet.freeze_panes = f"A{FIRST_ROW}"
        worksheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
        worksheet.row_dimensions[HEADER_ROW].height = 32
    is_long = len(sheet.rows) > MAX_PRINTED_ROWS
    if is_long:
        worksheet.print_area = _nothing_to_print(len(question.columns) + 30)
    else:
        worksheet.page_setup.fitToHeight = 1
    pen = Pen(worksheet)
    worksheet.append([pen.cell(clean_text(question.title), size=16, bold=True, colour=COFFEE)])
    worksheet.append([pen.cell(clean_text(f"{page.shop}  \u00b7  {page.period}"), colour=GREY)])
    back = pen.cell("Back to contents", size=10, colour=CARAMEL, link=f"{quoted_sheet(CONTENTS_SHEET)}!A1")
    worksheet.append([back, pen.cell(ASK_TO_PRINT, size=9, italic=True, colour=GREY)] if is_long else [back])
    worksheet.append([pen.cell(clean_text(" ".join([*page.warnings, *sheet.remarks])), size=10, colour=RED)])
    if not sheet.rows:
        worksheet.append([pen.cell(clean_text(question.empty), italic=True)])
        return
    _write_table(worksheet, pen, sheet, formats)
    colour_statuses(worksheet, sheet)
    if sums:
        worksheet.append(list(_total_cells(pen, sheet, sums, formats)))
    for number, item in enumerate(charts):
        chart = native_chart(item, page.currency, titled=True)
        chart.height, chart.width = 9.5, 18
        # below the header: what touches that row is printed again on every page
        worksheet.add_chart(chart, f"{column_letter(len(question.columns) + 1)}{FIRST_ROW + number * CHART_ROWS}")


def _total_cells(pen: Pen, sheet: Sheet, sums: list[Value | Formula], formats: dict[str, str]) -> Iterator[Cell]:
    for value, column in zip(sums, sheet.question.columns, strict=True):
        look: dict[str, Any] = {"fill": CREAM, "top": COFFEE, "align": _align(column), "indent": 1}
        yield pen.cell(value, bold=True, form=formats[column.format], **look)


def _write_table(worksheet: Any, pen: Pen, sheet: Sheet, formats: dict[str, str]) -> None:
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
    last = f"{column_letter(len(columns) - 1)}{HEADER_ROW + len(sheet.rows)}"
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


def _widths(sheet: Sheet, sums: list[Value | Formula] | None) -> list[float]:
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


def _shown(value: Value | Formula, form: str) -> str:
    """About what Excel shows for a value: long enough to measure a column by."""
    if isinstance(value, Formula):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, str | date):
        return str(value)
    if form == "integer":
        return f"{value:,.0f}"
    return f"${value:,.2f}" if form == "money" else f"{value:,.2f}"
