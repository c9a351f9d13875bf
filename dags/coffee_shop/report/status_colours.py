"""Colours of the statuses on a question's sheet: a rule looks at the sign, so that a sorted table keeps them."""

from __future__ import annotations

from typing import Any

from coffee_shop.report.sheet_rows import FIRST_ROW, Sheet
from coffee_shop.report.workbook_style import STATUS_LOOKS, column_letter


def colour_statuses(worksheet: Any, sheet: Sheet) -> None:
    """Colour the cells of the columns of the format `status` by the sign that they begin with."""
    from openpyxl.formatting import rule
    from openpyxl.styles import Font, PatternFill

    formula_rule: Any = rule.FormulaRule
    for place, column in enumerate(sheet.question.columns):
        letter = column_letter(place)
        for sign, (fill, colour) in STATUS_LOOKS.items() if column.format == "status" else ():
            worksheet.conditional_formatting.add(
                f"{letter}{FIRST_ROW}:{letter}{sheet.last_row}",
                formula_rule(
                    formula=[f'LEFT(${letter}{FIRST_ROW},1)="{sign}"'],
                    fill=PatternFill("solid", bgColor=fill),
                    font=Font(color=colour),
                ),
            )
