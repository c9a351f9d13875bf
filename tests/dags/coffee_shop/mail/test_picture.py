import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from coffee_shop.mail.picture import CREAM, HEIGHT, WIDTH, draw_chart, words_of_chart
from PIL import Image

from tests.dags.coffee_shop.report.report_samples import COMPARED, WORDS

WEEK = COMPARED["chart"]
HOURS = {
    "by": "hour",
    "before": "2019-04-17",
    "bars": [
        {"at": "7", "income": "10.00", "before": "20.00"},
        {"at": "8", "income": None, "before": None},
        {"at": "9", "income": "-2.50", "before": None},  # a refund
    ],
}


def picture(chart):
    return Image.open(io.BytesIO(draw_chart(chart, WORDS))).convert("RGB")


def test_words_have_every_figure():
    assert words_of_chart(HOURS, WORDS) == (
        "Income by hour, beside 2019-04-17. 07:00 $10.00 (before $20.00); 08:00 no sales; 09:00 -$2.50."
    )
    assert words_of_chart(WEEK | {"before": None}, WORDS).startswith("Income by day. Mon 2019-04-22 $100.00")


def test_equal_figures_give_equal_bytes():
    assert draw_chart(WEEK, WORDS) == draw_chart(WEEK, WORDS)
    assert draw_chart(WEEK, WORDS) != draw_chart(HOURS, WORDS)


@pytest.mark.parametrize("sign", ["\u20ac", "CHF "])
def test_a_sign_that_the_font_lacks_or_that_is_too_long_stands_in_the_words_alone(sign):
    """The font would draw a box for it, or the edge cut it off."""
    shop, bare = replace(WORDS, currency=sign), replace(WORDS, currency="")
    assert draw_chart(WEEK, shop) == draw_chart(WEEK, bare) != draw_chart(WEEK, WORDS)
    assert f"{sign}100.00" in words_of_chart(WEEK, shop)


def test_the_picture_has_a_ground_of_its_own_and_bars_that_are_as_high_as_their_figures():
    """In dark mail programs too, that is: nothing of it is transparent."""
    shown = picture(WEEK | {"before": None})
    assert shown.size == (WIDTH, HEIGHT)
    assert shown.getpixel((2, 2)) == tuple(bytes.fromhex(CREAM))

    def height(place: int) -> int:
        middle = 150 + round((WIDTH - 150 - 24) / 3 * (place + 0.5))
        return sum(1 for y in range(90, HEIGHT - 66) if shown.getpixel((middle, y))[0] < 110)  # type: ignore[index]

    low, high, none = (height(place) for place in range(3))
    assert high == pytest.approx(2 * low, abs=6)  # $100 and $200, but for what is cut off at both ends
    assert none == 0


def test_two_months_and_large_amounts_fit():
    days = [date(2019, 3, 1) + timedelta(days=number) for number in range(62)]
    bars = [{"at": day.isoformat(), "income": f"{number}999999.99", "before": None} for number, day in enumerate(days)]
    assert len(draw_chart({"by": "day", "before": None, "bars": bars}, WORDS)) < 20_000
