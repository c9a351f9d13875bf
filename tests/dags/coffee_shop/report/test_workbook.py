import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from coffee_shop.report.athena_results import Rows
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.definition import Chart, Column, Question, Report
from coffee_shop.report.sheet_rows import fit_for_excel
from coffee_shop.report.workbook import Page, build_workbook, totals
from coffee_shop.report.workbook_style import Formula

from tests.workbook_schema import schema_errors

AGES = Question(
    sql="customer/01_ages.sql",
    sheet="By age group",
    table="by_age_group",
    title="Customers by age group",
    empty="No customer bought anything in this period.",
    columns=(
        Column("age_group", "Age group", "text"),
        Column("customers", "Customers", "integer", total=True),
        Column("income", "Income", "money", total=True),
        Column("cost", "Cost", "decimal", total=True),
        Column("share", "Share", "percent"),
        Column("since", "Since", "date"),
    ),
    charts=(Chart("column", ("age_group",), ("customers",)),),
)
CARDS = Question(
    sql="customer/02_cards.sql",
    sheet="Jo's cards",
    table="cards",
    title="Transactions per card",
    empty="No loyalty card was used in this period.",
    columns=(Column("card", "=Card", "text"),),
)
REPORT = Report("customers.xlsx", "Customers", (AGES, CARDS))
PAGE = Page(
    shop="Coffee & Co",
    period="Week 17 of 2019: Monday 2019-04-22 to Sunday 2019-04-28",
    state="Data as published on 2019-04-29 05:03 EDT (load 7)",
    made=datetime(2019, 4, 29, 9, 3, tzinfo=UTC),
    currency="$",
    facts=[
        Figure("Income", Decimal("40123.50"), "money", "+5.6% on 2019-W16"),
        Figure("Best outlet", "=8 Hell's", "text"),
    ],
    warnings=["Incomplete: 2019-04-24 lacks outlet 8."],
    notes=["12 lines without a wholesale price."],
)
NAMES = ("age_group", "customers", "income", "cost", "share", "since")
ROWS: list[tuple] = [
    ("20-29", 3, Decimal("10.10"), Decimal("0.3333"), 0.25, date(2019, 4, 1)),
    ("30-39", 4, Decimal("20.20"), Decimal("0.3333"), 0.75, date(1850, 1, 1)),
    ("NO INFO", None, None, None, None, None),
]


def build(ages=ROWS, cards=((),)) -> bytes:
    return build_workbook(
        REPORT,
        {"01_ages": Rows(NAMES, list(ages)), "02_cards": Rows(("card",), [row for row in cards if row])},
        PAGE,
    )


def opened(body: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(body))


def values(sheet, first: int, last: int) -> list[list]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_row=last)]


def test_sheets_have_the_names_of_report_yaml():
    assert opened(build()).sheetnames == ["Contents", "By age group", "Jo's cards", "Chart data"]


def test_a_question_sheet_holds_title_period_table_and_totals():
    sheet = opened(build())["By age group"]

    assert sheet["A1"].value == "Customers by age group"
    assert sheet["A2"].value == "Coffee & Co  ·  Week 17 of 2019: Monday 2019-04-22 to Sunday 2019-04-28"
    assert sheet["A3"].hyperlink.location == "'Contents'!A1"
    assert sheet["A4"].value == "Incomplete: 2019-04-24 lacks outlet 8."
    assert values(sheet, 5, 9) == [
        ["Age group", "Customers", "Income", "Cost", "Share", "Since"],
        ["20-29", 3, 10.1, 0.3333, 0.25, datetime(2019, 4, 1)],
        ["30-39", 4, 20.2, 0.3333, 0.75, "1850-01-01"],  # Excel knows no day before 1900
        ["NO INFO", None, None, None, None, None],
        ["Total", "=SUBTOTAL(109,B6:B8)", "=SUBTOTAL(109,C6:C8)", "=SUBTOTAL(109,D6:D8)", None, None],
    ]


def test_cells_have_the_formats_of_their_columns_and_numbers_are_numbers():
    sheet = opened(build())["By age group"]

    money = '"$"#,##0.00;-"$"#,##0.00'
    assert [cell.number_format for cell in sheet[6]] == ["@", "#,##0", money, "#,##0.00", "0.0%", "yyyy-mm-dd"]
    assert [cell.data_type for cell in sheet[6]] == ["s", "n", "n", "n", "n", "d"]
    assert [cell.number_format for cell in sheet[9]][:4] == ["@", "#,##0", money, "#,##0.00"]
    assert all(cell.font.bold for cell in sheet[5])


def test_the_table_covers_the_rows_without_the_total():
    sheet = opened(build())["By age group"]
    table = sheet.tables["by_age_group"]

    assert table.ref == "A5:F8"
    assert table.autoFilter.ref == "A5:F8"
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[5]]
    assert table.tableStyleInfo.name == "TableStyleLight1"


def test_header_is_frozen_and_printed_on_each_page():
    sheet = opened(build())["By age group"]

    assert sheet.freeze_panes == "A6"
    assert sheet.print_title_rows == "$5:$5"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter.right.text == "Page &P of &N"
    assert sheet.oddFooter.left.text == "Coffee && Co: Customers"


def test_columns_are_wide_enough_for_what_they_show():
    long = [("A rather long age group", 1_234_567, Decimal("1234567.89"), None, None, None)]
    sheet = opened(build(long))["By age group"]

    assert sheet.column_dimensions["A"].width >= len("A rather long age group")
    assert sheet.column_dimensions["C"].width >= len("$1,234,567.89")
    assert sheet.column_dimensions["A"].width < 50


def test_the_contents_sheet_links_to_each_sheet_and_holds_the_figures():
    sheet = opened(build())["Contents"]

    assert values(sheet, 1, 15) == [
        ["Coffee & Co: Customers", None, None],
        ["Week 17 of 2019: Monday 2019-04-22 to Sunday 2019-04-28", None, None],
        ["Data as published on 2019-04-29 05:03 EDT (load 7)", None, None],
        ["Incomplete: 2019-04-24 lacks outlet 8.", None, None],
        [None, None, None],
        ["Headline figures", None, None],
        ["Income", 40123.5, "+5.6% on 2019-W16"],
        ["Best outlet", "=8 Hell's", None],
        [None, None, None],
        ["Sheet", "Rows", "What it shows"],
        ["By age group", 3, "Customers by age group"],
        ["Jo's cards", 0, "Transactions per card"],
        [None, None, None],
        ["About the data", None, None],
        ["12 lines without a wholesale price.", None, None],
    ]
    assert sheet.max_row == 15
    assert sheet["A11"].hyperlink.location == "'By age group'!A1"
    assert sheet["A12"].hyperlink.location == "'Jo''s cards'!A1"
    assert sheet["B7"].number_format == '"$"#,##0.00;-"$"#,##0.00'


def test_an_empty_sheet_says_why_and_has_no_table():
    sheet = opened(build())["Jo's cards"]

    assert sheet["A5"].value == "No loyalty card was used in this period."
    assert not sheet.tables
    assert sheet.freeze_panes is None


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "{=1}", "'=1"])
def test_text_never_becomes_a_formula(text):
    body = build(cards=[(text,)])
    sheet = opened(body)["Jo's cards"]

    assert sheet["A6"].value == text
    assert sheet["A6"].data_type == "s"
    assert sheet["A5"].value == "=Card"  # a column's title neither
    assert sheet["A5"].data_type == "s"
    assert "<f>" not in part_of(body, "Jo's cards")
    if text[0] in "=+-@":
        assert sheet["A6"].quotePrefix  # a user's Enter makes none of it either


def test_characters_that_xml_cannot_hold_are_replaced():
    sheet = opened(build(cards=[("a\x00b\x0b\ud800\uffffc",), ("two\r\nlines",), ("_x0041_",)]))["Jo's cards"]

    assert sheet["A6"].value == "a\ufffdb\ufffd\ufffd\ufffdc"
    assert sheet["A7"].value == "two\nlines"
    assert sheet["A8"].value == "_x005F_x0041_"  # which Excel shows as _x0041_


def test_a_text_too_long_for_excel_is_cut_and_said():
    sheet = fit_for_excel(CARDS, Rows(("card",), [("x" * 40_000,), ("😀" * 20_000,), ("x" * 32_767,)]))

    assert [len(str(row[0])) for row in sheet.rows] == [32_767, 16_383, 32_767]
    assert sheet.remarks == ["2 texts are cut at 32,767 characters, all that Excel holds."]


def test_more_rows_than_excel_holds_are_left_out_and_said():
    rows = [("20-29", 1, None, None, None, None)] * 20
    sheet = fit_for_excel(AGES, Rows(NAMES, rows), max_rows=16)

    assert len(sheet.rows) == 10  # 5 above, 1 total below
    assert sheet.remarks[0].startswith("Excel holds 16 rows on a sheet: the first 10 of 20 are shown")


def test_remarks_stand_on_their_sheet_and_on_the_contents():
    book = opened(build(cards=[("x" * 40_000,)]))

    assert "1 text is cut at 32,767 characters" in book["Jo's cards"]["A4"].value
    assert any(
        row[0] == "Jo's cards: 1 text is cut at 32,767 characters, all that Excel holds."
        for row in book["Contents"].iter_rows(values_only=True)
    )


def test_totals_are_exact():
    sheet = fit_for_excel(AGES, Rows(NAMES, [("a", 1, Decimal("0.10"), Decimal("0.0001"), 0.1, None)] * 3))
    assert totals(sheet) == [
        "Total",
        Formula("SUBTOTAL(109,B6:B8)", 3),
        Formula("SUBTOTAL(109,C6:C8)", Decimal("0.30")),
        Formula("SUBTOTAL(109,D6:D8)", Decimal("0.0003")),
        None,
        None,
    ]


def test_not_a_number_leaves_the_cell_empty():
    sheet = fit_for_excel(AGES, Rows(NAMES, [("a", 1, None, None, float("nan"), None)]))
    assert sheet.rows == [["a", 1, None, None, None, None]]


def test_columns_come_in_the_order_of_report_yaml():
    turned = Rows(tuple(reversed(NAMES)), [tuple(reversed(ROWS[0]))])
    assert fit_for_excel(AGES, turned).rows == [list(ROWS[0])]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (Rows(("age_group",), []), "gives the columns age_group; report.yaml expects age_group, customers"),
        (Rows((*NAMES, "more"), []), "since, more; report.yaml expects"),
        (Rows(NAMES, [("a", "3", None, None, None, None)]), "column customers gave '3', and report.yaml says"),
        (Rows(NAMES, [("a", None, None, None, None, 5)]), "column since gave 5"),
        (Rows(NAMES, [("a", True, None, None, None, None)]), "column customers gave True"),
    ],
)
def test_a_result_that_is_not_what_report_yaml_says(rows, says):
    with pytest.raises(ValueError, match=r"customer/01_ages\.sql") as error:
        fit_for_excel(AGES, rows)
    assert says in str(error.value)


def test_the_same_rows_give_the_same_bytes():
    first = build()
    assert build() == first
    assert build(ROWS[:1]) != first


def part_of(body: bytes, sheet: str) -> str:
    """Return the XML of a sheet."""
    number = opened(body).sheetnames.index(sheet) + 1
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return parts.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_a_total_is_kept_beside_its_formula_for_programs_that_do_not_calculate():
    assert "<f>SUBTOTAL(109,C6:C8)</f><v>30.30</v>" in part_of(build(), "By age group")


def test_numbers_of_things_are_text_without_a_warning():
    assert '<ignoredErrors><ignoredError sqref="A6:A7" numberStoredAsText="1"/></ignoredErrors><tableParts' in part_of(
        build(cards=[("4711",), ("4712",)]), "Jo's cards"
    )


def test_a_long_list_prints_only_when_asked():
    sheet = opened(build(cards=[(str(number),) for number in range(46)]))["Jo's cards"]

    assert sheet.print_area == "'Jo''s cards'!$AF$1"
    assert sheet["AF1"].value is None
    assert sheet["B3"].value == "This list is long: to print it, clear the print area first."
    assert not opened(build(cards=[("4711",)]))["Jo's cards"].print_area


def test_a_chart_beside_the_table_draws_the_chart_data():
    with zipfile.ZipFile(io.BytesIO(build())) as parts:
        xml = parts.read("xl/charts/chart1.xml").decode()

    assert re.findall(r"<(?:c:)?f>([^<]*)", xml) == [
        "'Chart data'!$B$6",
        "'Chart data'!$A$7:$A$9",
        "'Chart data'!$B$7:$B$9",
    ]
    assert re.findall(r"<(?:c:)?v>([^<]*)", xml) == ["Customers", "20-29", "30-39", "NO INFO", "3", "4"]


def test_it_keeps_to_the_schemas_of_iso_29500(tmp_path: Path):
    (tmp_path / "customers.xlsx").write_bytes(build(cards=[("=1/0",), ("a" * 32_767,)]))
    assert schema_errors(tmp_path / "customers.xlsx") == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_recalculates_and_saves_it_without_an_error(tmp_path: Path):
    (tmp_path / "customers.xlsx").write_bytes(build(cards=[("=1/0",), ("+A1",)]))

    resaved = recalculated(tmp_path / "customers.xlsx", tmp_path / "out")

    assert values(resaved["By age group"], 6, 9)[0][:5] == ["20-29", 3, 10.1, 0.3333, 0.25]
    assert values(resaved["By age group"], 9, 9)[0][:4] == ["Total", 7, 30.3, 0.6666]
    assert [cell.value for cell in resaved["Jo's cards"]["A"]][5:7] == ["=1/0", "+A1"]
    assert [
        cell.coordinate for sheet in resaved for row in sheet.iter_rows() for cell in row if cell.data_type == "e"
    ] == []


def recalculated(file: Path, out: Path) -> openpyxl.Workbook:
    """Open a workbook in LibreOffice, which calculates it, save it as a new one, and open that."""
    done = subprocess.run(
        [
            "soffice",
            "--headless",
            f"-env:UserInstallation=file://{out}/profile",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(out),
            str(file),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (out / file.name).exists(), done.stdout + done.stderr
    return openpyxl.load_workbook(out / file.name, data_only=True)
