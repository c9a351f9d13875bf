"""The last step of making a workbook: what openpyxl wrote, without the clock and with what it cannot write."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO

from coffee_shop.report.workbook_style import CACHED

CHUNK = 1 << 20

# <f>SUM(A1:A2)[mark]7</f><v/>: the mark, itself or as a reference to it, keeps the formula's value until here
_MARK = b"(?:" + CACHED.encode() + b"|&#%d;)" % ord(CACHED)
_CACHED = re.compile(b"<f>([^<]*)" + _MARK + rb"([^<]*)</f><v ?(?:/>|></v>)")
# ISO 29500-1, 18.8.22: the parts of a font in the order in which Excel writes them, and strict readers expect them
_FONT = b"b i strike condense extend outline shadow u vertAlign sz color name family charset scheme".split()
_AFTER_IGNORED_ERRORS = re.compile(rb"<drawing |<legacyDrawing |<tableParts|</worksheet>")


def finish_file(raw: bytes, made: datetime, numbers_as_text: Mapping[str, str]) -> bytes:
    """Write the file again: the same rows give the same bytes.

    Args:
        raw: what openpyxl saved.
        made: when the data were published; it takes the place of the clock's time.
        numbers_as_text: for a sheet's part, such as xl/worksheets/sheet2.xml, the cells that hold numbers of things as
            text: Excel is told not to warn of them.
    """
    steady = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with old.open(name) as part, new.open(entry, "w", force_zip64=True) as out:
                for chunk in _chunks(part) if name.startswith("xl/worksheets/sheet") else [part.read()]:
                    out.write(_finished(name, chunk, made, numbers_as_text.get(name)))
    return steady.getvalue()


def _finished(name: str, body: bytes, made: datetime, numbers_as_text: str | None) -> bytes:
    if name == "docProps/core.xml":
        stamp = made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, body)
    if name == "xl/styles.xml":
        return re.sub(rb"(?<=<font>).*?(?=</font>)", _in_order, body)
    if name.startswith("xl/charts/chart"):  # else the labels' own number format does not count
        return re.sub(rb'(<(?:c:)?numFmt formatCode="[^"]*") ?/>', rb'\1 sourceLinked="0"/>', body)
    if not name.startswith("xl/worksheets/sheet"):
        return body
    body = _CACHED.sub(rb"<f>\1</f><v>\2</v>", body)
    if numbers_as_text and b"</sheetData>" in body:
        head, end, tail = body.partition(b"</sheetData>")
        place = _AFTER_IGNORED_ERRORS.search(tail)
        errors = f'<ignoredErrors><ignoredError sqref="{numbers_as_text}" numberStoredAsText="1"/></ignoredErrors>'
        at = place.start() if place else len(tail)
        body = head + end + tail[:at] + errors.encode() + tail[at:]
    return body


def _in_order(font: re.Match[bytes]) -> bytes:
    parts = {kind: part for part, kind in re.findall(rb"(<(\w+)[^>]*/>)", font[0])}
    return b"".join(parts[kind] for kind in _FONT if kind in parts)


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    """Yield a sheet's XML in pieces that end where a cell does; all that follows the cells is one piece."""
    rest = b""
    while piece := part.read(CHUNK):
        rest += piece
        if b"</sheetData>" in rest:
            yield rest + part.read()
            return
        cut = rest.rfind(b"</c>") + len(b"</c>")
        if cut >= len(b"</c>"):
            yield rest[:cut]
            rest = rest[cut:]
    yield rest
