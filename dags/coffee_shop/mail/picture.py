"""The chart of a mail as a picture, and the same in words for whoever does not see it.

Drawn for a phone: letters that can be read when the picture is shown a third as wide, and a ground of its own, so that
a dark mail program shows it as it is. The same chart gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from coffee_shop.report.documents import Bar, IncomeChart
from coffee_shop.report.income_chart import HOUR
from coffee_shop.report.wording import Wording
from coffee_shop.report.workbook_style import COFFEE, CREAM, GREY, INK, LINE

WIDTH, HEIGHT = 1104, 480  # twice as wide as the mail is on a screen
LEFT, RIGHT, TOP, BOTTOM = 150, 24, 84, 64
LETTERS = 32
MOST_LETTERS_OF_SIGN = 2
BEFORE = "D9C3A8"  # CARAMEL, mixed with the ground
STEPS = (1, 2, 2.5, 5, 10)


def words_of_chart(chart: IncomeChart, words: Wording) -> str:
    """Return the chart's figures in words: its alternative text."""
    start = f"{title_of_chart(chart)}."
    bars = [f"{_name(bar, chart, words)} {_amount(bar['income'], words)}{_then(bar, words)}" for bar in chart["bars"]]
    return f"{start} {'; '.join(bars)}."


def title_of_chart(chart: IncomeChart) -> str:
    """Return what the chart shows."""
    beside = f", beside {chart['before'].replace('_', ' to ')}" if chart["before"] else ""
    return f"Income by {chart['by']}{beside}"


def _name(bar: Bar, chart: IncomeChart, words: Wording) -> str:
    if chart["by"] == HOUR:
        return f"{int(bar['at']):02d}:00"
    return f"{date.fromisoformat(bar['at']):%a} {words.day(bar['at'])}"


def _amount(value: str | None, words: Wording) -> str:
    return "no sales" if value is None else words.money(value)


def _then(bar: Bar, words: Wording) -> str:
    return "" if bar["before"] is None else f" (before {words.money(bar['before'])})"


def draw_chart(chart: IncomeChart, words: Wording) -> bytes:
    """Draw the chart.

    Args:
        chart: what ``income_chart`` returns.
        words: how the shop writes money.

    Returns:
        A PNG.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), f"#{CREAM}")
    pen: Any = ImageDraw.Draw(image)
    font = ImageFont.load_default(LETTERS)
    top = _top(chart["bars"])
    _draw_key(pen, font, chart)
    for value in (Decimal(0), top / 2, top):
        height = _height(value, top)
        pen.line((LEFT, height, WIDTH - RIGHT, height), fill=f"#{GREY if value == 0 else LINE}", width=2)
        pen.text((LEFT - 14, height), _short(value, words), fill=f"#{INK}", font=font, anchor="rm")
    _draw_bars(pen, chart["bars"], top)
    _draw_names(pen, font, chart)
    png = io.BytesIO()
    image.quantize(32).save(png, "PNG", optimize=True)
    return png.getvalue()


def _draw_key(pen: Any, font: Any, chart: IncomeChart) -> None:
    place = LEFT
    names = [(COFFEE, "this " + ("day" if chart["by"] == HOUR else "report"))]
    names += [(BEFORE, chart["before"].replace("_", " to "))] if chart["before"] else []
    for colour, name in names:
        pen.rectangle((place, 28, place + 26, 54), fill=f"#{colour}")
        pen.text((place + 40, 41), name, fill=f"#{INK}", font=font, anchor="lm")
        place += 80 + int(pen.textlength(name, font=font))


def _draw_bars(pen: Any, bars: Sequence[Bar], top: Decimal) -> None:
    """Draw each bar with a broader, pale one behind it for the period before."""
    slot = (WIDTH - LEFT - RIGHT) / len(bars)
    for number, bar in enumerate(bars):
        middle = LEFT + slot * (number + 0.5)
        for value, half, colour in ((bar["before"], slot * 0.44, BEFORE), (bar["income"], slot * 0.27, COFFEE)):
            if value is not None and Decimal(value) > 0:
                box = (middle - half, _height(Decimal(value), top), middle + half, _height(Decimal(0), top))
                pen.rectangle(tuple(map(round, box)), fill=f"#{colour}")


def _draw_names(pen: Any, font: Any, chart: IncomeChart) -> None:
    """Name so many bars as there is room for."""
    bars = chart["bars"]
    slot = (WIDTH - LEFT - RIGHT) / len(bars)
    names = [_short_name(bar, chart) for bar in bars]
    widest = max(pen.textlength(name, font=font) for name in names) + 18
    every = max(1, -(-int(widest) // int(slot)))
    for number in range(0, len(bars), every):
        middle = LEFT + slot * (number + 0.5)
        pen.text((middle, HEIGHT - BOTTOM + 12), names[number], fill=f"#{INK}", font=font, anchor="ma")


def _short_name(bar: Bar, chart: IncomeChart) -> str:
    if chart["by"] == HOUR:
        return f"{int(bar['at']):02d}"
    day = date.fromisoformat(bar["at"])
    return f"{day:%a} {day.day}" if len(chart["bars"]) <= 7 else str(day.day)


def _height(value: Decimal, top: Decimal) -> int:
    return HEIGHT - BOTTOM - round((HEIGHT - BOTTOM - TOP) * value / top)


def _top(bars: Sequence[Bar]) -> Decimal:
    """Return the round amount at the top of the scale."""
    values = [Decimal(value) for bar in bars for value in (bar["income"], bar["before"]) if value is not None]
    largest = max([*values, Decimal(1)])
    power = Decimal(10) ** largest.adjusted()
    return next(Decimal(str(step)) * power for step in STEPS if Decimal(str(step)) * power >= largest)


def _short(value: Decimal, words: Wording) -> str:
    """Return an amount of the scale, with a sign that Pillow's font has (plain letters only) and there is room for."""
    is_plain = words.currency.isascii() and len(words.currency.strip()) <= MOST_LETTERS_OF_SIGN
    sign = words.currency if is_plain else ""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if value >= size:
            return f"{sign}{(value / size).normalize():f}{letter}"
    return f"{sign}{value.normalize():f}"
