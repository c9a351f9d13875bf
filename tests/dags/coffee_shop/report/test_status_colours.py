"""The colours of a status on its question's sheet."""

from coffee_shop.report.athena_results import Rows
from coffee_shop.report.definition import Column, Question
from coffee_shop.report.sheet_rows import fit_for_excel
from coffee_shop.report.status_colours import colour_statuses
from openpyxl import Workbook


def test_a_rule_for_each_sign_over_the_rows_of_the_table():
    columns = (Column("outlet", "Outlet", "text"), Column("status", "Status", "status"))
    question = Question("target/q.sql", "By outlet", "q", "Title", "Empty.", columns)
    sheet = fit_for_excel(question, Rows(("outlet", "status"), [("3", "met"), ("8", "missed"), ("9", "n/a")]))
    worksheet = Workbook().active

    colour_statuses(worksheet, sheet)

    rules = {
        rule.formula[0]: (str(cells.sqref), rule.dxf.fill.bgColor.rgb, rule.dxf.font.color.rgb)
        for cells in worksheet.conditional_formatting
        for rule in cells.rules
    }
    assert rules == {
        'LEFT($B6,1)="\u25b2"': ("B6:B8", "00117733", "00FFFFFF"),
        'LEFT($B6,1)="\u25a0"': ("B6:B8", "00DDCC77", "003B2A20"),
        'LEFT($B6,1)="\u25bc"': ("B6:B8", "00882255", "00FFFFFF"),
    }
    assert [row[1] for row in sheet.rows] == ["\u25b2 met", "\u25bc missed", "n/a"]
