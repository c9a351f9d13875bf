"""The dashboard of a small workbook: what stands where, and that its charts follow the questions' tables."""

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
from coffee_shop.report import chart_data_sheet
from coffee_shop.report.athena_results import Rows
from coffee_shop.report.dashboard import Figure
from coffee_shop.report.definition import Chart, Column, Place, Question, Report, Tile
from coffee_shop.report.workbook import Page, build_workbook

from tests.dags.coffee_shop.report.test_workbook import recalculated

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

COLUMNS = (
    Column("day", "Date", "date"),
    Column("number", "Number", "text"),
    Column("name", "Product", "text"),
    Column("buyer", "Buyer", "text"),
    Column("items", "Items", "integer", total=True),
    Column("income", "Income", "money", total=True),
    Column("price", "Price", "money", ratio=("income", "items")),
)
# Names that a criterion of Excel's would take for something else, and two that differ in case alone.
NAMES = ("Latte*", "=1+1", 'The "best" tea', "tea", "Tea", "007", "7", "~?")
ROWS = [
    (date(2019, 4, day), str(number), name, buyer, number * day, Decimal(number * day) / 2, 0.5)
    for day in (1, 2, 4)
    for number, name in enumerate(NAMES, start=1)
    for buyer in ("F", "M", "NOT REGISTERED")
]
PRODUCT = ("number", "name")


def panel(kind: str, column: int, row: int = 1, **more) -> Chart:
    place = Place(row=row, column=column, width=more.pop("width", 3))
    settings = {"categories": PRODUCT, "values": ("items",), "title": f"{kind} {column}"} | more
    return Chart(kind, dashboard=place, **settings)


EVERY_KIND = (
    panel("bar", 1, top=3, median=True),
    panel("share", 4),
    panel("column", 7, series=("buyer",)),
    panel("line", 10, categories=("day",), series=PRODUCT, median=True),
    panel("heat map", 1, 2, width=6, categories=("day",), series=("buyer",), values=("income",)),
    panel("table", 7, 2, width=6, values=("items", "income", "price"), top=2),
    panel("column", 1, 3, values=("price",), where={"buyer": ("F", "M"), "day": ("last",)}),
    panel("line", 4, 3, categories=("day",), series=("buyer",), beside=()),
)


def build(charts: tuple[Chart, ...], rows: list[tuple] = ROWS, tiles: tuple[Tile, ...] = ()) -> bytes:
    question = Question("sales/01_sales.sql", "Sold", "sold", "What was sold", "Nothing.", COLUMNS, charts)
    page = Page(
        shop="Coffee & Co",
        period="2019-04-01 to 2019-04-05",
        state="Data as published on 2019-04-06",
        made=datetime(2019, 4, 6, 9, 3, tzinfo=UTC),
        days=(date(2019, 4, 1), date(2019, 4, 5)),
        figures={"income": Figure("Income", Decimal("1234.50"), "money", "+5.6% on 2019-W16")},
    )
    names = tuple(column.name for column in COLUMNS)
    report = Report("sales.xlsx", "Sales", (question,), tiles)
    return build_workbook(report, {"01_sales": Rows(names, rows)}, page)


def dashboard(body: bytes):
    return openpyxl.load_workbook(io.BytesIO(body), data_only=True)["Dashboard"]


def texts(body: bytes) -> list:
    return [cell for row in dashboard(body).iter_rows(values_only=True) for cell in row if cell is not None]


def charts_of(body: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return [parts.read(name).decode() for name in sorted(parts.namelist()) if name.startswith("xl/charts/chart")]


def test_it_is_the_first_sheet_and_prints_on_one_landscape_page():
    book = openpyxl.load_workbook(io.BytesIO(build(EVERY_KIND)))
    sheet = book["Dashboard"]

    assert book.sheetnames == ["Dashboard", "Contents", "Sold", "Chart data"]
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    assert sheet.print_area == "'Dashboard'!$A$1:$BH$56"


def test_big_figures_say_how_they_changed():
    tiles = (
        Tile("income"),
        Tile(title="Average price", sql="sales/01_sales.sql", column="price"),
        Tile("refunds"),
    )
    found = texts(build((), tiles=tiles))

    assert found[:3] == ["Coffee & Co: Sales", "2019-04-01 to 2019-04-05", "Data as published on 2019-04-06"]
    assert found[3:6] == ["Income", "Average price", "refunds"]
    assert found[6:9] == [1234.5, 0.5, "n/a"]
    assert found[9:] == [
        "+5.6% on 2019-W16",
        "n/a: no figure of the period before",
        "n/a: no figure of the period before",
    ]


def test_a_chart_points_at_the_chart_data_and_holds_its_figures_for_a_preview():
    body = build((panel("bar", 1, top=2),))
    (xml,) = charts_of(body)

    assert re.findall(r"<(?:c:)?f>([^<]*)", xml) == [
        "'Chart data'!$C$6",
        "'Chart data'!$B$7:$B$8",
        "'Chart data'!$C$7:$C$8",
    ]
    assert re.findall(r"<(?:c:)?v>([^<]*)", xml) == ["Items", "~?", "7", "168", "147"]
    sheet = openpyxl.load_workbook(io.BytesIO(body))["Chart data"]
    assert sheet["C7"].value == (
        "=SUMPRODUCT(1*EXACT('Sold'!$B$6:$B$77,$A$7)*EXACT('Sold'!$C$6:$C$77,$B$7),'Sold'!$E$6:$E$77)"
    )


def test_panels_show_tables_and_heat_maps_as_cells():
    found = texts(build((panel("table", 1, width=6, values=("items", "price"), top=2),)))
    assert found[3:] == [
        "table 1", "Items", "Price", "~?", 168, 0.5, "7", 147, 0.5, "Other (6)", 441, 0.5, "Total", 756, 0.5,
    ]  # fmt: skip

    sheet = dashboard(build((panel("heat map", 1, width=6, categories=("day",), series=("buyer",)),)))
    (ranges,) = sheet.conditional_formatting
    assert ranges.rules[0].type == "colorScale"


def test_a_chart_without_data_is_a_sentence():
    body = build(EVERY_KIND, rows=[])
    assert charts_of(body) == []
    assert texts(body).count("Nothing.") == len(EVERY_KIND)
    assert "Chart data" not in openpyxl.load_workbook(io.BytesIO(body)).sheetnames

    body = build((panel("bar", 1, where={"buyer": ("N",)}),))
    assert charts_of(body) == []
    assert "No data for this chart in this period." in texts(body)


def test_a_chart_of_zeros_is_a_sentence():
    body = build((panel("bar", 1),), rows=[(date(2019, 4, 1), "1", "Tea", "F", 0, Decimal(0), None)])
    assert charts_of(body) == []
    assert "All figures of this chart are 0 in this period." in texts(body)


def test_one_day_has_bars():
    body = build((EVERY_KIND[3],), rows=[row for row in ROWS if row[0] == date(2019, 4, 1)])
    (xml,) = charts_of(body)
    assert "barChart>" in xml
    assert "lineChart>" not in xml


def test_a_missing_day_is_a_gap_in_the_line():
    (xml,) = charts_of(build((EVERY_KIND[7],)))
    assert "lineChart>" in xml
    assert re.search(r'dispBlanksAs val="gap"', xml)
    assert re.findall(r'<(?:c:)?pt idx="(\d)"><(?:c:)?v>\d+</', xml.split("val>")[1]) == ["0", "1", "3"]


def test_no_chart_has_more_than_twelve_series():
    rows = [(date(2019, 4, day), str(n), f"Name {n}", "F", n, Decimal(n), 1.0) for day in (1, 2) for n in range(1, 31)]
    (xml,) = charts_of(build((panel("line", 1, categories=("day",), series=PRODUCT),), rows=rows))
    assert len(re.findall("<(?:c:)?ser>", xml)) == 12
    assert "Other (19)" in xml


def test_the_same_rows_give_the_same_bytes():
    assert build(EVERY_KIND) == build(EVERY_KIND)


def test_a_table_too_long_for_formulas_gives_figures(monkeypatch):
    """A formula looks at every row: over a million rows a few hundred of them would keep a program busy for minutes."""
    monkeypatch.setattr(chart_data_sheet, "MAX_WORK", 10)
    sheet = openpyxl.load_workbook(io.BytesIO(build((panel("bar", 1, top=2),))))["Chart data"]
    assert (sheet["C7"].value, sheet["C8"].value) == (168, 147)


@pytest.mark.slow
@needs_libreoffice
def test_every_formula_gives_the_figure_that_was_counted(tmp_path: Path):
    """LibreOffice calculates a copy without the kept figures; the names are such that a criterion would miss them."""
    body = build(EVERY_KIND, tiles=(Tile(title="Price", sql="sales/01_sales.sql", column="price"),))
    copy = openpyxl.load_workbook(io.BytesIO(body))  # formulas alone: openpyxl keeps no figures
    copy.save(tmp_path / "sales.xlsx")
    calculated = recalculated(tmp_path / "sales.xlsx", tmp_path / "out")

    kept = openpyxl.load_workbook(io.BytesIO(body), data_only=True)
    checked = 0
    for sheet in copy:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            figure = calculated[sheet.title][cell.coordinate].value
            assert figure == pytest.approx(kept[sheet.title][cell.coordinate].value), (sheet.title, cell.value)
            checked += 1
    assert checked > 100


@pytest.mark.slow
@needs_libreoffice
def test_a_changed_cell_changes_the_picture_of_the_chart(tmp_path: Path):
    chart = panel("bar", 1, width=12, top=3)
    (tmp_path / "sales.xlsx").write_bytes(build((chart,)))
    book = openpyxl.load_workbook(tmp_path / "sales.xlsx")

    def picture(name: str) -> bytes:
        """Save the workbook, have LibreOffice calculate it and write it as HTML, and return the chart's picture there."""
        book.save(tmp_path / f"{name}.xlsx")
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = ["soffice", "--headless", profile, "--convert-to", "html", "--outdir", tmp_path / name]
        subprocess.run([*command, tmp_path / f"{name}.xlsx"], capture_output=True, timeout=120, check=True)
        (found,) = (tmp_path / name).glob("*.png")
        return found.read_bytes()

    before = picture("before")
    assert picture("again") == before
    place = next(cell for cell in book["Sold"]["C"] if cell.value == "~?")
    book["Sold"][f"E{place.row}"].value = 900
    assert picture("after") != before
