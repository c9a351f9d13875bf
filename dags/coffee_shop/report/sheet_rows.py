"""A question's rows as its sheet holds them: in the order of its columns, and within Excel's limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from coffee_shop.report.athena_results import Rows, Value
from coffee_shop.report.definition import Column, Question
from coffee_shop.report.workbook_style import clean_text, column_letter, quoted_sheet, with_sign

# https://support.microsoft.com: "Excel specifications and limits"
MAX_ROWS = 1_048_576
MAX_TEXT = 32_767

HEADER_ROW = 5
FIRST_ROW = HEADER_ROW + 1

_SINCE_EXCEL = date(1900, 3, 1)


@dataclass
class Sheet:
    """A question's rows in the order of its columns, fit for Excel, and what had to be said about them."""

    question: Question
    rows: list[list[Value]]
    remarks: list[str] = field(default_factory=list)

    @property
    def last_row(self) -> int:
        """The row of Excel's that holds the last row of the table."""
        return HEADER_ROW + len(self.rows)

    def place(self, column: str) -> int:
        """Return where a column stands, from 0."""
        return [each.name for each in self.question.columns].index(column)

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return self.question.columns[self.place(name)]

    def cells(self, column: str) -> str:
        """Return the reference of a column's cells from any sheet, such as 'By age'!$A$6:$A$90."""
        letter = column_letter(self.place(column))
        return f"{quoted_sheet(self.question.sheet)}!${letter}${FIRST_ROW}:${letter}${self.last_row}"


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
        return clean_text(value if isinstance(value, str) else str(value))
    if column.format == "status":
        return with_sign(clean_text(str(value)))
    if column.format == "date":
        day = date.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(day, date):
            return day if day >= _SINCE_EXCEL else day.isoformat()
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return None if isinstance(value, float) and not math.isfinite(value) else value
    raise ValueError(
        f"{question.sql}: column {column.name} gave {value!r}, and report.yaml says it is a {column.format}"
    )


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


def sum_of(values: Iterable[Value]) -> Value:
    """Return the sum of numbers, exact for decimals; None where there is none."""
    numbers: list[Any] = [value for value in values if value is not None and not isinstance(value, str)]
    return _sum(numbers) if numbers else None
