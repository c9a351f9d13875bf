"""How a workbook's sheets look: colours, fonts, number formats, cells, and how they print."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from coffee_shop.report.athena_results import Value

if TYPE_CHECKING:
    from openpyxl.cell import Cell

INK = "3B2A20"
COFFEE = "5A3A28"
CARAMEL = "B5763A"
CREAM = "F7F1EA"
LINE = "E3D8CC"
GREY = "7A6E66"
RED = "A83232"
FONT = "Calibri"

# Twelve colours that people with any colour vision tell apart: CARTO's palette "Safe", after Paul Tol's colour schemes
# (https://personal.sron.nl/~pault). The grey is kept for what is not a member: "Other", and a median.
PALETTE = (
    "332288", "CC6677", "44AA99", "DDCC77", "88CCEE", "882255", "117733", "AA4499", "999933", "661100", "6699CC",
)  # fmt: skip
OTHER_COLOUR = "888888"
# What a status says without its colour, and with it: the palette's green, sand and wine (fill and text).
STATUS_SIGNS = {"met": "\u25b2", "on course": "\u25b2", "close": "\u25a0", "missed": "\u25bc", "behind": "\u25bc"}
STATUS_LOOKS = {"\u25b2": ("117733", "FFFFFF"), "\u25a0": ("DDCC77", INK), "\u25bc": ("882255", "FFFFFF")}
HEAT = ("F4F6FB", "6699CC")  # of a heat map: least and most; black figures can be read on both

_BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAK = re.compile("\r+\n")
_LOOKS_ESCAPED = re.compile("(?<!_x005F)_(?=x(?!005F_)[0-9A-Fa-f]{4}_)")  # and is not the escape that we write

# Stands in a formula before the value that it had when the workbook was made; workbook_file puts that in its place.
CACHED = "\ue000"


@dataclass(frozen=True)
class Formula:
    """A formula, and the number that it gives: for programs that show a file without calculating it."""

    text: str
    value: Any


def number_formats(currency: str) -> dict[str, str]:
    """Excel's number format for each format of report.yaml."""
    return {
        "text": "@",
        "integer": "#,##0",
        "decimal": "#,##0.00",
        "money": f'"{currency}"#,##0.00;-"{currency}"#,##0.00',
        "percent": "0.0%",
        "date": "yyyy-mm-dd",
        "status": "@",
    }


def with_sign(status: str) -> str:
    """Return a status with the sign that tells it without its colour; other words stay as they are."""
    return f"{STATUS_SIGNS[status]} {status}" if status in STATUS_SIGNS else status


def clean_text(text: str) -> str:
    """Text that XML can hold and that Excel shows as it is; clean text stays as it is."""
    return _LOOKS_ESCAPED.sub("_x005F_", _BAD_CHARACTER.sub("\ufffd", _LINE_BREAK.sub("\n", text)))


def column_letter(place: int) -> str:
    """Return the letters of a column, counted from 0."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(place + 1)


def quoted_sheet(name: str) -> str:
    """Return a sheet's name as formulas want it."""
    return "'" + name.replace("'", "''") + "'"


class Pen:
    """Makes the cells of one write-only sheet."""

    def __init__(self, worksheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell

        self._worksheet = worksheet
        self._new = WriteOnlyCell
        self._styles: dict[tuple[Any, ...], Any] = {}

    def cell(
        self,
        value: Value | Formula = None,
        *,
        size: int = 11,
        bold: bool = False,
        italic: bool = False,
        colour: str = INK,
        fill: str | None = None,
        line: str | None = None,
        top: str | None = None,
        form: str | None = None,
        align: str | None = None,
        wrap: bool = False,
        shrink: bool = False,
        indent: int = 0,
        link: str | None = None,
    ) -> Cell:
        """Return a styled cell; a text stays a text, whatever it begins with."""
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
        from openpyxl.worksheet.hyperlink import Hyperlink

        cell: Any = self._new(self._worksheet)
        look = (size, bold, italic, colour, fill, line, top, form, align, wrap, shrink, indent, link is None)
        if look in self._styles:  # openpyxl takes longer to compare styles than to write cells
            cell._style = copy(self._styles[look])
        else:
            cell.font = Font(
                name=FONT, size=size, bold=bold, italic=italic, color=colour, underline="single" if link else None
            )
            cell.alignment = Alignment(
                horizontal=align, vertical="center", wrap_text=wrap, shrink_to_fit=shrink, indent=indent
            )
            if fill:
                cell.fill = PatternFill("solid", start_color=fill)
            if line or top:
                below, above = (Side("thin", color=each) if each else None for each in (line, top))
                cell.border = Border(bottom=below, top=above)
            if form:
                cell.number_format = form
            self._styles[look] = copy(cell._style)
        put(cell, value)
        if link:
            cell.hyperlink = Hyperlink(ref="A1", location=link)
        return cast("Cell", cell)


def put(cell: Cell, value: Value | Formula) -> None:
    """Set a cell's value. Text is marked as text: neither openpyxl nor a user's Enter makes a formula of it."""
    if isinstance(value, Formula):
        cell.value = f"={value.text}{CACHED}{value.value}"
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")


def print_set_up(worksheet: Any, left: str, centre: str) -> None:
    """Set how a sheet prints: landscape, as wide as the page, with a footer."""
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = 1  # Letter
    worksheet.page_setup.fitToWidth = 1
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.page_margins.left = worksheet.page_margins.right = 0.5
    worksheet.page_margins.header = worksheet.page_margins.footer = 0.3
    worksheet.page_margins.top = worksheet.page_margins.bottom = 0.7
    worksheet.oddFooter.left.text = _footer(left)
    worksheet.oddFooter.center.text = _footer(centre)
    worksheet.oddFooter.right.text = "Page &P of &N"


def _footer(text: str) -> str:
    """& begins a code in a footer, and a footer holds 255 characters in all."""
    return text[:100].replace("&", "&&")
