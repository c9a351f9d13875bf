"""Native Excel charts of the blocks on the sheet `Chart data`, to be read in Excel, in LibreOffice and in a preview."""

from __future__ import annotations

from datetime import date
from typing import Any

from coffee_shop.report.athena_results import Value
from coffee_shop.report.chart_data import MEDIAN, OTHER, Block
from coffee_shop.report.chart_data_sheet import PlacedBlock
from coffee_shop.report.workbook_style import COFFEE, GREY, INK, LINE, OTHER_COLOUR, PALETTE, clean_text

MAX_LABELS = 12  # with more bars their figures would run into each other
SMALL = 800  # of the text in a chart, in hundredths of a point


def native_chart(placed: PlacedBlock, currency: str, *, titled: bool) -> Any:
    """Return the chart of a block, bound to its cells.

    Args:
        placed: the block and where it stands.
        currency: stands before amounts.
        titled: whether the chart says its own title; on the dashboard the panel does.
    """
    from openpyxl.chart import BarChart, LineChart

    block = placed.block
    chart: Any = LineChart() if block.chart.kind == "line" else BarChart()
    chart.series = [_series(placed, series) for series in block.drawn_series]
    chart.display_blanks = "gap"
    chart.roundedCorners = False
    if titled:
        chart.title = _title(block.title, block.notes)
    _style_axes(chart, block, currency)
    if block.chart.kind == "line":
        _style_lines(chart, block)
    else:
        _style_bars(chart, block, currency)
    if len(chart.series) == 1:
        chart.legend = None
    else:
        chart.legend.position = "b"
        chart.legend.txPr = _text_look()
    return chart


def _series(placed: PlacedBlock, number: int) -> Any:
    """Return a series that points at its cells and holds their figures, for what shows a file without opening it."""
    from openpyxl.chart.data_source import NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
    from openpyxl.chart.series import Series, SeriesLabel

    block = placed.block
    values = [row[number] for row in block.values[: block.drawn_categories]]
    name = clean_text(_text(block.series[number].label))
    points = [NumVal(idx=place, v=str(value)) for place, value in enumerate(values) if value is not None]
    return Series(
        tx=SeriesLabel(
            strRef=StrRef(placed.name(number), strCache=StrData(ptCount=1, pt=[StrVal(idx=0, v=name)])),
        ),
        cat=_labels(placed),
        val=NumDataSource(
            numRef=NumRef(
                placed.figures(number), numCache=NumData(formatCode="General", ptCount=len(values), pt=points)
            )
        ),
    )


def _labels(placed: PlacedBlock) -> Any:
    from openpyxl.chart.data_source import AxDataSource, NumData, NumRef, NumVal, StrData, StrRef, StrVal
    from openpyxl.utils import datetime as excel_dates

    to_excel: Any = excel_dates.to_excel
    labels = [member.label for member in placed.block.categories[: placed.block.drawn_categories]]
    if labels and all(isinstance(label, date) for label in labels):
        days = [NumVal(idx=place, v=f"{to_excel(label):.0f}") for place, label in enumerate(labels)]
        cache = NumData(formatCode="mmm\\ d", ptCount=len(days), pt=days)
        return AxDataSource(numRef=NumRef(placed.labels(), numCache=cache))
    texts = [StrVal(idx=place, v=clean_text(_text(label))) for place, label in enumerate(labels)]
    return AxDataSource(strRef=StrRef(placed.labels(), strCache=StrData(ptCount=len(texts), pt=texts)))


def _text(label: Value) -> str:
    return "" if label is None else str(label)


# --- looks


def _style_axes(chart: Any, block: Block, currency: str) -> None:
    category, value = chart.x_axis, chart.y_axis
    category.delete = value.delete = False  # newer Excel hides axes that do not say so
    category.txPr, value.txPr = _text_look(), _text_look()
    category.graphicalProperties, value.graphicalProperties = _line(LINE), _line(None)
    category.majorTickMark = value.majorTickMark = "none"
    category.number_format = "mmm\\ d" if _are_days(block) else "General"
    category.tickLblPos = "low"  # below the bars of negative figures
    value.number_format = _short_format(block, currency, axis=True)
    value.majorGridlines.spPr = _line(LINE)
    value.numFmt.sourceLinked = category.numFmt.sourceLinked = False
    if block.chart.kind in ("bar", "share"):
        category.scaling.orientation = "maxMin"  # the first row on top
    if block.chart.kind == "line" and block.drawn_categories > 10:
        category.tickLblSkip = category.tickMarkSkip = 7 if block.drawn_categories > 20 else 2


def _are_days(block: Block) -> bool:
    return any(isinstance(member.label, date) for member in block.categories)


def _short_format(block: Block, currency: str, *, axis: bool) -> str:
    """Return a number format that fits an axis or a bar's end."""
    form = block.format(0, block.drawn_series[0])
    largest = max((abs(float(value)) for value in _drawn(block) if value is not None), default=0.0)
    if form == "percent":
        return "0%" if largest >= 0.1 else "0.0%"
    digits = "#,##0" if form == "integer" or largest >= 100 else "#,##0.00"
    if form == "money" and largest >= 10_000:
        digits = '#,##0,"k"' if axis else '0.0,"k"'
    return f'"{currency}"{digits}' if form == "money" else digits


def _drawn(block: Block) -> list[Any]:
    return [row[series] for row in block.values[: block.drawn_categories] for series in block.drawn_series]


def _style_bars(chart: Any, block: Block, currency: str) -> None:
    from openpyxl.chart.label import DataLabelList
    from openpyxl.chart.marker import DataPoint
    from openpyxl.chart.shapes import GraphicalProperties

    chart.type = "bar" if block.chart.kind in ("bar", "share") else "col"
    chart.gapWidth = 45
    if block.chart.stacked:
        chart.grouping, chart.overlap = "stacked", 100
    for place, (series, number) in enumerate(zip(chart.series, block.drawn_series, strict=True)):
        series.graphicalProperties.solidFill = _colour(block, number, place)
        series.invertIfNegative = False
        for category, member in enumerate(block.categories[: block.drawn_categories]):
            if member.role in (OTHER, MEDIAN):
                grey = GraphicalProperties(solidFill=OTHER_COLOUR)
                series.dPt.append(DataPoint(idx=category, invertIfNegative=False, spPr=grey))
    if len(chart.series) == 1 and block.drawn_categories <= (2 * MAX_LABELS if chart.type == "bar" else MAX_LABELS):
        chart.dataLabels = DataLabelList(
            showVal=True, numFmt=_short_format(block, currency, axis=False), txPr=_text_look(INK)
        )
        for name in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
            setattr(chart.dataLabels, name, False)
        if chart.type == "bar":
            is_narrow = block.chart.dashboard is not None and block.chart.dashboard.width <= 2
            chart.layout = _room_at_the_end(0.78 if is_narrow else 0.85)
        chart.y_axis.delete = True  # each bar says its figure
        chart.y_axis.majorGridlines = None
    if all(value is None or value >= 0 for value in _drawn(block)):
        chart.y_axis.scaling.min = 0


def _room_at_the_end(width: float) -> Any:
    """Return a layout that leaves room for the figure of the longest bar; LibreOffice leaves none of its own accord."""
    from openpyxl.chart.layout import Layout, ManualLayout

    return Layout(
        manualLayout=ManualLayout(layoutTarget="outer", xMode="edge", yMode="edge", x=0.02, y=0.03, w=width, h=0.94)
    )


def _style_lines(chart: Any, block: Block) -> None:
    for place, (series, number) in enumerate(zip(chart.series, block.drawn_series, strict=True)):
        is_median = block.series[number].role == MEDIAN
        line = series.graphicalProperties.line
        line.solidFill = INK if is_median else _colour(block, number, place)
        line.width = 28_000 if is_median else 19_000
        if place >= len(PALETTE) // 2 and not is_median:
            line.dashStyle = "sysDash"  # told apart without colour as well
        series.smooth = False
        series.marker.symbol = "circle" if len(block.categories) <= 8 else "none"
        series.marker.size = 4
        series.marker.graphicalProperties = _filled(INK if is_median else _colour(block, number, place))


def _colour(block: Block, number: int, place: int) -> str:
    return OTHER_COLOUR if block.series[number].role in (OTHER, MEDIAN) else PALETTE[place % len(PALETTE)]


def _filled(colour: str) -> Any:
    from openpyxl.chart.shapes import GraphicalProperties

    properties = GraphicalProperties(solidFill=colour)
    properties.line.solidFill = colour
    return properties


def _line(colour: str | None) -> Any:
    from openpyxl.chart.shapes import GraphicalProperties

    properties = GraphicalProperties()
    if colour is None:
        properties.line.noFill = True
    else:
        properties.line.solidFill = colour
    return properties


def _text_look(colour: str = GREY) -> Any:
    from openpyxl.chart.text import RichText
    from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties

    look = CharacterProperties(sz=SMALL, solidFill=colour)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def _title(title: str, notes: list[str]) -> Any:
    from openpyxl.chart.text import RichText, Text
    from openpyxl.chart.title import Title
    from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

    looks = [(title, CharacterProperties(sz=1200, b=True, solidFill=COFFEE))]
    looks += [(note, CharacterProperties(sz=900, b=False, solidFill=GREY)) for note in notes]
    lines = [
        Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=clean_text(text))])
        for text, look in looks
    ]
    return Title(tx=Text(rich=RichText(p=lines)), overlay=False)
