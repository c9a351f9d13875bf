"""The first sheet of a workbook: big figures, and panels with charts, heat maps and tables on one landscape page.

Each panel is a question's chart whose entry in report.yaml has a place on the dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from coffee_shop.report.athena_results import Value
from coffee_shop.report.chart_data import TOTAL, Block, amount, shown
from coffee_shop.report.chart_data_sheet import PlacedBlock
from coffee_shop.report.dashboard_list import list_cells, list_notes
from coffee_shop.report.definition import DASHBOARD_COLUMNS, Place, Report, Tile
from coffee_shop.report.native_charts import native_chart
from coffee_shop.report.sheet_rows import Sheet
from coffee_shop.report.workbook_style import (
    CARAMEL,
    COFFEE,
    CREAM,
    GREY,
    HEAT,
    LINE,
    RED,
    Formula,
    Pen,
    clean_text,
    column_letter,
)

if TYPE_CHECKING:
    from openpyxl.cell import Cell

# Narrow columns, so that the cells of a heat map, of a table and the edges of charts all stand on one grid.
FINE = 5
COLUMNS = FINE * DASHBOARD_COLUMNS
FINE_WIDTH = 20 / 7  # 20 pixels, in the width of a digit
DASHBOARD_CELLS = "A1:BH500"  # all there can be
HEAD_ROWS = 8
BODY_ROWS = 13
PANEL_ROWS = BODY_ROWS + 3  # title, note, body, and a gap
POINTS = {"title": 15.0, "note": 11.0, "body": 13.0, "gap": 7.0}

NO_DATA = "No data for this chart in this period."
NOTHING_BUT_ZEROS = "All figures of this chart are 0 in this period."
NO_CHANGE = "n/a: no figure of the period before"
THOUSAND = 1000


@dataclass(frozen=True)
class Figure:
    """A headline figure: its label, value and format, a remark such as its change, and the value as the mail has it."""

    label: str
    value: Value
    format: str
    remark: str = ""
    text: str = ""


@dataclass
class Grid:
    """Cells of a sheet before they are written from top to bottom, and the ranges that are merged."""

    pen: Pen
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)

    def put(self, row: int, column: int, value: Value | Formula = None, *, over: int = 1, **look: Any) -> None:
        """Put a value into a cell that reaches over so many columns; rows from 1, columns from 0."""
        for place in range(column, column + over):
            content = value if place == column else None
            self.cells.setdefault(row, {})[place] = self.pen.cell(content, **look)
        if over > 1:
            self.merged.append(f"{column_letter(column)}{row}:{column_letter(column + over - 1)}{row}")


def write_dashboard(
    worksheet: Any,
    report: Report,
    sheets: Sequence[Sheet],
    placed: Sequence[PlacedBlock],
    *,
    heading: Sequence[str],
    warnings: Sequence[str],
    figures: Mapping[str, Figure],
    formats: dict[str, str],
    currency: str,
) -> None:
    """Write the sheet.

    Args:
        worksheet: a new sheet.
        report: its tiles and charts.
        sheets: the questions' rows.
        placed: the blocks of the charts; those with a place on the dashboard are drawn here.
        heading: title, period, and which data.
        warnings: what a reader must know before any figure.
        figures: headline figures by name; for a tile of a question, its figure of the period before in words, by the
            tile's `name`.
        formats: Excel's number format for each format of report.yaml.
        currency: stands before amounts.
    """
    panels = [(item.block.chart.dashboard, item) for item in placed if item.block.chart.dashboard]
    depth = max((place.row + place.height - 1 for place, _ in panels), default=0)
    grid = Grid(Pen(worksheet))
    _put_heading(grid, heading, warnings)
    _put_tiles(grid, report.tiles, {sheet.question.name: sheet for sheet in sheets}, figures, formats)
    for place, item in panels:
        _put_panel(worksheet, grid, place, item, formats, currency)
    _set_up(worksheet, depth)
    for reference in grid.merged:
        worksheet.merged_cells.add(reference)
    for row in range(1, HEAD_ROWS + depth * PANEL_ROWS + 1):
        cells = grid.cells.get(row, {})
        worksheet.append([cells.get(column) for column in range(COLUMNS)])


def _set_up(worksheet: Any, depth: int) -> None:
    worksheet.sheet_properties.tabColor = COFFEE
    worksheet.sheet_view.showGridLines = False
    worksheet.page_setup.fitToHeight = 1
    worksheet.page_margins.left = worksheet.page_margins.right = 0.4
    worksheet.page_margins.top, worksheet.page_margins.bottom = 0.4, 0.6
    worksheet.print_options.horizontalCentered = True
    worksheet.print_area = f"A1:{column_letter(COLUMNS - 1)}{HEAD_ROWS + max(depth, 1) * PANEL_ROWS}"
    for column in range(COLUMNS):
        worksheet.column_dimensions[column_letter(column)].width = FINE_WIDTH
    heights = {1: 26.0, 2: 14.0, 3: 13.0, 4: 6.0, 5: 14.0, 6: 26.0, 7: 14.0, 8: 10.0}
    for panel in range(depth):
        first = HEAD_ROWS + panel * PANEL_ROWS + 1
        rows = [POINTS["title"], POINTS["note"], *([POINTS["body"]] * BODY_ROWS), POINTS["gap"]]
        heights |= {first + number: height for number, height in enumerate(rows)}
    for row, height in heights.items():
        worksheet.row_dimensions[row].height = height


def _put_heading(grid: Grid, heading: Sequence[str], warnings: Sequence[str]) -> None:
    title, period, state = heading
    grid.put(1, 0, clean_text(title), over=COLUMNS, size=20, bold=True, colour=COFFEE)
    grid.put(2, 0, clean_text(period), over=COLUMNS, size=11)
    if warnings:
        grid.put(3, 0, clean_text(" ".join(warnings)), over=COLUMNS, size=10, bold=True, colour=RED)
    else:
        grid.put(3, 0, clean_text(state), over=COLUMNS, size=9, colour=GREY)


# --- tiles


def _put_tiles(
    grid: Grid,
    tiles: Sequence[Tile],
    sheets: Mapping[str, Sheet],
    figures: Mapping[str, Figure],
    formats: dict[str, str],
) -> None:
    if not tiles:
        return
    width, wider = divmod(COLUMNS, len(tiles))
    for number, tile in enumerate(tiles):
        first, over = number * width + min(number, wider), width - 1 + (number < wider)
        label, value, form, change = _tile(tile, sheets, figures)
        look: dict[str, Any] = {"fill": CREAM, "align": "left", "indent": 1}
        grid.put(5, first, clean_text(label), over=over, size=9, colour=GREY, **look)
        grid.put(6, first, value, over=over, size=16, bold=True, colour=COFFEE, form=_big(formats[form], value), **look)
        grid.put(7, first, clean_text(change or NO_CHANGE), over=over, size=9, colour=GREY, line=CARAMEL, **look)


def _big(form: str, value: Value | Formula) -> str:
    """Return a number format that fits a tile: amounts from a thousand on are shown without cents."""
    number = value.value if isinstance(value, Formula) else value
    is_large = not isinstance(number, str | date | None) and abs(number) >= THOUSAND
    return form.replace("0.00", "0") if is_large else form


def _tile(
    tile: Tile, sheets: Mapping[str, Sheet], figures: Mapping[str, Figure]
) -> tuple[str, Value | Formula, str, str]:
    figure = figures.get(tile.name)
    if tile.question is None or tile.column is None:
        if figure is None:
            return tile.name, "n/a", "text", ""
        value = clean_text(figure.value) if isinstance(figure.value, str) else figure.value
        return figure.label, "n/a" if value is None else value, figure.format, figure.remark
    sheet = sheets[tile.question]
    column = sheet.column(tile.column)
    whole = amount(sheet, column, sheet.rows)
    change = figure.remark if figure else ""
    if whole is None:
        return tile.title or column.title, "n/a", "text", change
    if column.ratio:
        above, below = (sheet.cells(name) for name in column.ratio)
        return tile.title or column.title, Formula(f"SUM({above})/SUM({below})", whole), column.format, change
    return tile.title or column.title, Formula(f"SUM({sheet.cells(tile.column)})", whole), column.format, change


# --- panels


def _put_panel(
    worksheet: Any, grid: Grid, place: Place, placed: PlacedBlock, formats: dict[str, str], currency: str
) -> None:
    block = placed.block
    row = HEAD_ROWS + (place.row - 1) * PANEL_ROWS + 1
    column, over = (place.column - 1) * FINE, place.width * FINE - 1
    grid.put(row, column, clean_text(block.title), over=over, size=10, bold=True, colour=COFFEE, line=LINE)
    lines = place.height * PANEL_ROWS - 3
    note = "; ".join([*block.notes, *list_notes(block, lines)])
    grid.put(row + 1, column, clean_text(note) if note else None, over=over, size=8, colour=GREY)
    if block.chart.kind == "list" and block.sheet.rows:
        for cell in list_cells(block, lines, over, formats):
            grid.put(row + 2 + cell.row, column + cell.column, cell.value, over=cell.over, **cell.look)
    elif block.is_empty:
        words = block.sheet.question.empty
        if block.sheet.rows:
            words = NOTHING_BUT_ZEROS if any(value is not None for row in block.values for value in row) else NO_DATA
        grid.put(row + 3, column, clean_text(words), over=over, size=10, italic=True, colour=GREY, align="center")
    elif block.chart.kind == "table":
        _put_table(grid, row + 2, column, over, placed, formats)
    elif block.chart.kind == "heat map":
        _put_heat_map(worksheet, grid, row + 2, column, over, placed, currency)
    else:
        rows = place.height * PANEL_ROWS - 3
        chart = native_chart(placed, currency, titled=False)
        chart.anchor = _anchor(row + 2, column, rows, over)
        worksheet.add_chart(chart)


def _anchor(row: int, column: int, rows: int, columns: int) -> Any:
    from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor

    return TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=column, row=row - 1),
        to=AnchorMarker(col=column + columns, row=row - 1 + rows),
    )


def _put_table(grid: Grid, row: int, column: int, over: int, placed: PlacedBlock, formats: dict[str, str]) -> None:
    """Put a block as a table: the names to the left, as many rows as the panel has room for."""
    block = placed.block
    each = max(4, min(6, (over - 8) // max(1, len(block.series))))
    name = over - each * len(block.series)
    grid.put(row, column, over=name, line=COFFEE)
    for number, member in enumerate(block.series):
        place = column + name + number * each
        grid.put(
            row,
            place,
            clean_text(str(member.label)),
            over=each,
            size=8,
            bold=True,
            colour=GREY,
            align="right",
            line=COFFEE,
        )
    for number, member in enumerate(block.categories[: BODY_ROWS - 1]):
        bold = member.role == TOTAL
        look: dict[str, Any] = {"size": 9, "bold": bold, "line": LINE}
        grid.put(row + 1 + number, column, _name(member.label), over=name, **look)
        for series, _ in enumerate(block.series):
            value = _linked(placed, number, series)
            place = column + name + series * each
            form = _whole(formats, block.format(number, series), block)
            grid.put(row + 1 + number, place, value, over=each, form=form, align="right", **look)


def _whole(formats: dict[str, str], form: str, block: Block) -> str:
    """Return a number format that fits a table's cell: amounts from a thousand on are shown without cents."""
    largest = _largest(block)
    return formats[form].replace("0.00", "0") if form == "money" and largest >= THOUSAND else formats[form]


def _put_heat_map(
    worksheet: Any,
    grid: Grid,
    row: int,
    column: int,
    over: int,
    placed: PlacedBlock,
    currency: str,
) -> None:
    """Put a block as coloured cells: the series are the rows; a place without data stays empty and without colour."""
    from openpyxl.formatting import rule

    scale: Any = rule.ColorScaleRule
    block = placed.block
    count = min(len(block.categories), over - 4)
    each = max(1, min(4, (over - 4) // count))
    name = over - count * each
    for number, member in enumerate(block.categories[:count]):
        place = column + name + number * each
        grid.put(row, place, member.label, over=each, size=8, colour=GREY, align="center")
    most = _largest(block)
    lines = list(enumerate(block.series))[: BODY_ROWS - 2]
    for line, member in lines:
        grid.put(row + 1 + line, column, _name(member.label), over=name, size=9)
        for number in range(count):
            value, place = _linked(placed, number, line), column + name + number * each
            form = "0.0," if most >= THOUSAND else "0.0" if most < 10 else "0"
            grid.put(row + 1 + line, place, value, over=each, size=8, form=form, align="center", shrink=True)
    first, last = column_letter(column + name), column_letter(column + name + count * each - 1)
    worksheet.conditional_formatting.add(
        f"{first}{row + 1}:{last}{row + len(lines)}",
        scale(start_type="min", start_color=HEAT[0], end_type="max", end_color=HEAT[1]),
    )
    least, largest = (shown(value, block.format(0, 0), currency) for value in (_least(block), _most(block)))
    words = f"From {least} to {largest}"
    in_thousands = ", shown in thousands" if most >= THOUSAND else ""
    grid.put(
        row + 2 + len(lines), column, f"{words}{in_thousands}; empty: nothing sold", over=over, size=8, colour=GREY
    )


def _largest(block: Block) -> float:
    return max((abs(float(value)) for row in block.values for value in row if value is not None), default=0.0)


def _least(block: Block) -> Any:
    return min(value for row in block.values for value in row if value is not None)


def _most(block: Block) -> Any:
    return max(value for row in block.values for value in row if value is not None)


def _linked(placed: PlacedBlock, category: int, series: int) -> Formula | None:
    value = placed.block.values[category][series]
    return None if value is None else Formula(placed.reference(category, series), value)


def _name(label: Value) -> Value:
    return clean_text(label) if isinstance(label, str) else label
