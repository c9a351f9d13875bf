"""A list on a dashboard: a question's first rows as they stand on its sheet, words and statuses included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap
from typing import Any

from coffee_shop.report.athena_results import Value
from coffee_shop.report.chart_data import Block, rows_where
from coffee_shop.report.definition import Column
from coffee_shop.report.wording import shortened
from coffee_shop.report.workbook_style import COFFEE, GREY, INK, LINE, STATUS_LOOKS, clean_text

HEADER_LINES = 2
LETTERS = 3  # of a title or a name on one column of the fine grid
STATUS_WIDTH = 7  # columns of the fine grid, the gap before it included
LEAST_NAME = 8
THOUSAND = 1000


@dataclass(frozen=True)
class ListCell:
    """A cell of a list: row and column from the list's first cell, over how many columns it reaches, and its look."""

    row: int
    column: int
    over: int
    value: Value
    look: dict[str, Any]


def list_notes(block: Block, lines: int) -> list[str]:
    """Return what must be said when a list is longer than its panel.

    Args:
        block: the rows, and the chart of report.yaml.
        lines: how many rows the panel has, those of the header included.
    """
    rows = rows_where(block.sheet, block.chart)
    if block.chart.kind != "list" or len(rows) <= _shown(block, lines):
        return []
    return [f"The first {_shown(block, lines)} of {len(rows):,}; all on the sheet {block.sheet.question.sheet}"]


def list_cells(block: Block, lines: int, over: int, formats: dict[str, str]) -> Iterator[ListCell]:
    """Yield the cells of a list, header first: the name to the left, then a cell for each column of `values`.

    They hold values, no formulas: sorting the sheet would tear names and figures apart.

    Args:
        block: the rows, and the chart of report.yaml.
        lines: how many rows the panel has, those of the header included.
        over: how many columns of the fine grid it has.
        formats: Excel's number format for each format of report.yaml.
    """
    sheet, chart = block.sheet, block.chart
    rows = rows_where(sheet, chart)
    columns = [sheet.column(name) for name in chart.values]
    widths = _widths(columns, over)
    yield ListCell(HEADER_LINES - 1, 0, widths[0], None, {"line": COFFEE})
    for place, column in enumerate(columns):
        yield from _header(column, sum(widths[: place + 1]), widths[place + 1])
    forms = [_form(column, (row[sheet.place(column.name)] for row in rows), formats) for column in columns]
    names = [sheet.place(name) for name in chart.categories]
    telling = [place for place in names[:-1] if len({row[place] for row in rows}) > 1] + names[-1:]
    for number, row in enumerate(rows[: _shown(block, lines)], start=HEADER_LINES):
        name = " ".join(str(row[place]) for place in telling)
        yield ListCell(number, 0, widths[0], shortened(name, LETTERS * widths[0]), {"size": 9, "line": LINE})
        for place, column in enumerate(columns):
            value = row[sheet.place(column.name)]
            gap = 1 if column.format == "status" else 0  # so that its colour keeps away from the figure before it
            look = _look(column, value, forms[place])
            yield ListCell(number, sum(widths[: place + 1]) + gap, widths[place + 1] - gap, value, look)


def _header(column: Column, place: int, over: int) -> Iterator[ListCell]:
    """Yield a column's title on two lines, the last of them above the figures; its unit is said above the list."""
    words = wrap(clean_text(column.title.partition(", ")[0]), LETTERS * over)[:HEADER_LINES]
    for number, line in enumerate([""] * (HEADER_LINES - len(words)) + words):
        look = {"size": 8, "bold": True, "colour": GREY, "align": _align(column)}
        look |= {"indent": 1} if look["align"] == "right" else {}
        look |= {"line": COFFEE} if number == HEADER_LINES - 1 else {}
        yield ListCell(number, place, over, line or None, look)


def _shown(block: Block, lines: int) -> int:
    return min(block.chart.top or lines, lines - HEADER_LINES)


def _widths(columns: list[Column], over: int) -> list[int]:
    """Return how many columns of the fine grid name and figures get."""
    statuses = sum(column.format == "status" for column in columns)
    figures = len(columns) - statuses
    each = max(3, min(5, (over - LEAST_NAME - STATUS_WIDTH * statuses) // max(1, figures)))
    widths = [STATUS_WIDTH if column.format == "status" else each for column in columns]
    return [over - sum(widths), *widths]


def _form(column: Column, values: Iterable[Value], formats: dict[str, str]) -> str:
    """Return the number format of a column: amounts from a thousand on are shown without cents, as in a table."""
    largest = max((abs(float(value)) for value in values if isinstance(value, int | float | Decimal)), default=0)
    form = formats[column.format]
    return form.replace("0.00", "0") if column.format == "money" and largest >= THOUSAND else form


def _look(column: Column, value: Value, form: str) -> dict[str, Any]:
    look: dict[str, Any] = {"size": 9, "form": form, "align": _align(column), "line": LINE}
    look |= {"indent": 1} if look["align"] == "right" else {}
    if column.format == "status":
        fill, colour = STATUS_LOOKS.get(str(value)[:1], (None, INK))
        look |= {"fill": fill, "colour": colour, "bold": fill is not None}
    return look


def _align(column: Column) -> str:
    if column.format == "status":
        return "center"
    return "left" if column.format in ("text", "date") else "right"
