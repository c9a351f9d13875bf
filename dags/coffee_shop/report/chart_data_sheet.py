"""The sheet `Chart data`: the figures behind the charts as formulas over the questions' tables, block under block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from coffee_shop.report.athena_results import Value
from coffee_shop.report.chart_data import MEDIAN, MEMBER, OTHER, SHARE, TOTAL, Block, Member
from coffee_shop.report.definition import CHART_DATA_SHEET, LAST, Column
from coffee_shop.report.sheet_rows import Sheet
from coffee_shop.report.workbook_style import COFFEE, GREY, LINE, Formula, Pen, clean_text, column_letter

if TYPE_CHECKING:
    from openpyxl.cell import Cell

TOP = 4  # rows above the first block
# Figures of a chart times rows of its table, beyond which formulas would keep a program busy for seconds.
MAX_WORK = 20_000_000
MAX_FORMULA = 8_000  # characters; Excel takes 8,192


@dataclass(frozen=True)
class PlacedBlock:
    """A block and where it stands on the sheet.

    Attributes:
        block: the figures.
        row: Excel's row of the block's title.
    """

    block: Block
    row: int

    @property
    def header_rows(self) -> int:
        """Rows of the series' keys and names."""
        return max((len(self._texts(member)) for member in self.block.series), default=1)

    @property
    def header_columns(self) -> int:
        """Columns of the categories' keys and names."""
        return max((len(self._texts(member)) for member in self.block.categories), default=1)

    @property
    def first_row(self) -> int:
        """The row of the first category."""
        return self.row + 1 + self.header_rows

    @property
    def end(self) -> int:
        """The row after the block and the empty one below it."""
        return self.first_row + len(self.block.categories) + 1

    @staticmethod
    def _texts(member: Member) -> list[Value]:
        """Return what is written of a member: its key, and its name where that is not the end of the key."""
        key = list(member.key)
        return key if key and key[-1] == member.label else [*key, member.label]

    def header(self, member: Member, room: int) -> list[Value]:
        """Return a member's key and name, to fill so many cells."""
        texts = self._texts(member)
        key, name = texts[: len(member.key)], texts[-1]
        if len(texts) > len(key):
            return [*key, *([None] * (room - len(texts))), name]
        return [*key, *([name] * (room - len(key)))]

    def cell(self, category: int, series: int) -> str:
        """Return the reference of a figure within the sheet, such as $C$7."""
        return f"${column_letter(self.header_columns + series)}${self.first_row + category}"

    def labels(self) -> str:
        """Return the reference of the drawn categories' names."""
        letter = column_letter(self.header_columns - 1)
        last = self.first_row + self.block.drawn_categories - 1
        return f"'{CHART_DATA_SHEET}'!${letter}${self.first_row}:${letter}${last}"

    def name(self, series: int) -> str:
        """Return the reference of a series' name."""
        return f"'{CHART_DATA_SHEET}'!${column_letter(self.header_columns + series)}${self.first_row - 1}"

    def figures(self, series: int) -> str:
        """Return the reference of the drawn figures of a series."""
        last = self.cell(self.block.drawn_categories - 1, series)
        return f"'{CHART_DATA_SHEET}'!{self.cell(0, series)}:{last}"

    def reference(self, category: int, series: int) -> str:
        """Return the reference of a figure from another sheet."""
        return f"'{CHART_DATA_SHEET}'!{self.cell(category, series)}"


def place_blocks(blocks: Sequence[Block]) -> list[PlacedBlock]:
    """Give each block that has something to draw its place on the sheet, one under the other."""
    placed, row = [], TOP + 1
    for block in blocks:
        placed.append(PlacedBlock(block, row))
        if not block.is_empty:
            row = placed[-1].end
    return placed


def write_chart_data(worksheet: Any, placed: Sequence[PlacedBlock], formats: dict[str, str]) -> None:
    """Write the sheet.

    Args:
        worksheet: a new sheet.
        placed: the blocks in their order; those without data are left out.
        formats: Excel's number format for each format of report.yaml.
    """
    worksheet.sheet_view.showGridLines = False
    worksheet.column_dimensions["A"].width = worksheet.column_dimensions["B"].width = 26
    for number in range(2, 40):
        worksheet.column_dimensions[column_letter(number)].width = 16
    pen = Pen(worksheet)
    worksheet.append([pen.cell(CHART_DATA_SHEET, size=16, bold=True, colour=COFFEE)])
    worksheet.append([pen.cell("What the charts draw, as formulas over the tables of the other sheets.", colour=GREY)])
    for _ in range(TOP - 2):
        worksheet.append([])
    for block in placed:
        if not block.block.is_empty:
            for row in _block_rows(pen, block, formats):
                worksheet.append(row)


def _block_rows(pen: Pen, placed: PlacedBlock, formats: dict[str, str]) -> list[list[Cell | None]]:
    block = placed.block
    rows: list[list[Cell | None]] = [[pen.cell(clean_text(f"{block.title} ({block.sheet.question.sheet})"), bold=True)]]
    headers = [placed.header(member, placed.header_rows) for member in block.series]
    for number in range(placed.header_rows):
        names: list[Cell | None] = [pen.cell(line=LINE) for _ in range(placed.header_columns)]
        if number == placed.header_rows - 1:
            for place, column in enumerate(block.chart.categories):
                names[place] = pen.cell(block.sheet.column(column).title, bold=True, line=LINE)
        rows.append([*names, *(_label(pen, header[number], formats, bold=True) for header in headers)])
    bound = len(block.sheet.rows) * len(block.categories) * len(block.series) <= MAX_WORK
    for number, member in enumerate(block.categories):
        cells = [_label(pen, text, formats) for text in placed.header(member, placed.header_columns)]
        rows.append([*cells, *(_figure(pen, placed, number, series, formats, bound) for series in range(len(headers)))])
    return [*rows, []]


def _label(pen: Pen, value: Value, formats: dict[str, str], *, bold: bool = False) -> Cell:
    if isinstance(value, date):
        return pen.cell(value, form=formats["date"], bold=bold, align="left")
    if isinstance(value, str):
        return pen.cell(clean_text(value), form=formats["text"], bold=bold)
    return pen.cell(value, bold=bold, align="left")


def _figure(
    pen: Pen, placed: PlacedBlock, category: int, series: int, formats: dict[str, str], bound: bool
) -> Cell | None:
    value = placed.block.values[category][series]
    if value is None:
        return None
    form = formats[placed.block.format(category, series)]
    formula = formula_of(placed, category, series) if bound else ""
    is_possible = 0 < len(formula) <= MAX_FORMULA
    return pen.cell(Formula(formula, value) if is_possible else value, form=form)


# --- the formulas


def formula_of(placed: PlacedBlock, category: int, series: int) -> str:
    """Return the formula of a figure, without its equals sign: over the question's table, or over the block itself."""
    block = placed.block
    row, column = block.categories[category], block.series[series]
    if column.role == SHARE:
        return f"{placed.cell(category, 0)}/SUM({placed.cell(0, 0)}:{placed.cell(len(block.categories) - 1, 0)})"
    if row.role == MEDIAN:
        return _median_of_column(placed, category, series)
    if column.role == MEDIAN:
        return f"MEDIAN({placed.cell(category, 0)}:{placed.cell(category, series - 1)})"
    conditions = [
        *_where(block),
        *_beside(block, row, column),
        *_of_category(placed, category),
        *_of_series(placed, series),
    ]
    return _sum(block.sheet, block.measure(category, series), conditions)


def _sum(sheet: Sheet, column: Column, conditions: list[str]) -> str:
    """Return the sum of a column's cells, or the ratio of two sums, where all conditions hold."""
    if column.ratio:
        above, below = (_sum(sheet, sheet.column(name), conditions) for name in column.ratio)
        return f"{above}/{below}"
    cells = sheet.cells(column.name)
    return f"SUMPRODUCT(1*{'*'.join(conditions)},{cells})" if conditions else f"SUM({cells})"


def _median_of_column(placed: PlacedBlock, category: int, series: int) -> str:
    last = len(placed.block.categories) - 1
    ranges = [f"{placed.cell(0, series)}:{placed.cell(category - 1, series)}"]
    if category < last:
        ranges.append(f"{placed.cell(category + 1, series)}:{placed.cell(last, series)}")
    return f"MEDIAN({','.join(ranges)})"


def _where(block: Block) -> list[str]:
    found = []
    for name, values in block.chart.where.items():
        cells = block.sheet.cells(name)
        if block.sheet.column(name).format == "date":
            found.append(f"({cells}=MAX({cells}))" if values == (LAST,) else "1")
        else:
            equal = "+".join(f"EXACT({cells},{_quoted(value)})" for value in values)
            found.append(f"({equal})")
    return found


def _beside(block: Block, row: Member, column: Member) -> list[str]:
    """Return the condition that leaves out what stands beside the chart, where no name does."""
    found = []
    for member, names in ((row, block.chart.categories), (column, block.chart.series)):
        if member.role in (OTHER, TOTAL) and names:
            cells = block.sheet.cells(names[0])
            found += [f"(1-EXACT({cells},{_quoted(name)}))" for name in block.chart.beside]
    return found


def _of_category(placed: PlacedBlock, category: int) -> list[str]:
    block = placed.block

    def key_cells(number: int) -> list[str]:
        row = placed.first_row + number
        return [f"${column_letter(place)}${row}" for place in range(len(block.categories[number].key))]

    return _equal_to(block.sheet, block.chart.categories, block.categories, category, key_cells)


def _of_series(placed: PlacedBlock, series: int) -> list[str]:
    block = placed.block

    def key_cells(number: int) -> list[str]:
        letter = column_letter(placed.header_columns + number)
        return [f"${letter}${placed.row + 1 + place}" for place in range(len(block.series[number].key))]

    return _equal_to(block.sheet, block.chart.series, block.series, series, key_cells)


def _equal_to(sheet: Sheet, names: Sequence[str], members: list[Member], number: int, key_cells: Any) -> list[str]:
    """Return the conditions under which a row of the table belongs to a member."""
    member = members[number]
    if member.role == MEMBER:
        return _same(sheet, names, member, key_cells(number))
    if member.role == OTHER:
        others = [place for place, other in enumerate(members) if other.role == MEMBER]
        return [f"(1-{'*'.join(_same(sheet, names, members[place], key_cells(place)))})" for place in others]
    return []


def _same(sheet: Sheet, names: Sequence[str], member: Member, cells: list[str]) -> list[str]:
    found = []
    for name, value, cell in zip(names, member.key, cells, strict=False):
        column = sheet.cells(name)
        if value is None:
            found.append(f'({column}="")')
        else:
            found.append(f"EXACT({column},{cell})" if isinstance(value, str) else f"({column}={cell})")
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
