import io
import zipfile
from datetime import UTC, datetime

from coffee_shop.report import workbook_file
from coffee_shop.report.workbook_file import finish_file

MADE = datetime(2019, 4, 29, 9, 3, tzinfo=UTC)
SHEET = "xl/worksheets/sheet1.xml"


def zipped(**parts: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return body.getvalue()


def finished(name: str, text: str, numbers_as_text: str = "") -> str:
    done = finish_file(zipped(**{name: text}), MADE, {name: numbers_as_text} if numbers_as_text else {})
    with zipfile.ZipFile(io.BytesIO(done)) as file:
        assert file.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
        return file.read(name).decode()


def test_the_clock_s_time_becomes_the_data_s():
    core = '<dcterms:modified xsi:type="dcterms:W3CDTF">2026-11-28T18:00:00Z</dcterms:modified>'
    assert finished("docProps/core.xml", core) == core.replace("2026-11-28T18:00:00Z", "2019-04-29T09:03:00Z")


def test_a_formula_s_figure_becomes_the_cell_s():
    text = '<sheetData><c r="A1"><f>SUM(B1:B2)&#57344;7.5</f><v></v></c><c r="A2"><f>B1\ue0003</f><v/></c></sheetData>'
    assert finished(SHEET, text) == (
        '<sheetData><c r="A1"><f>SUM(B1:B2)</f><v>7.5</v></c><c r="A2"><f>B1</f><v>3</v></c></sheetData>'
    )


def test_a_sheet_of_many_pieces_stays_whole(monkeypatch):
    monkeypatch.setattr(workbook_file, "CHUNK", 7)
    cells = "".join(f'<c r="A{row}"><f>B{row}&#57344;{row}</f><v></v></c>' for row in range(1, 50))
    text = f"<worksheet><sheetData>{cells}</sheetData><tableParts count='1'/></worksheet>"
    kept = "".join(f'<c r="A{row}"><f>B{row}</f><v>{row}</v></c>' for row in range(1, 50))
    errors = '<ignoredErrors><ignoredError sqref="A1:A49" numberStoredAsText="1"/></ignoredErrors>'

    assert finished(SHEET, text, "A1:A49") == (
        f"<worksheet><sheetData>{kept}</sheetData>{errors}<tableParts count='1'/></worksheet>"
    )
