"""The colours of the pages can be told apart, in light and in dark."""

import re
from pathlib import Path

import pytest

STYLE = Path(__file__).resolve().parents[3] / "plugins" / "coffee_shop_reports_app" / "static" / "style.css"
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#\w+)", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE.read_text(), re.DOTALL)
)
TEXT_ON_GROUND = [
    *((text, ground) for text in ("ink", "soft") for ground in ("ground", "paper", "head")),
    *((text, ground) for text in ("link", "good", "bad") for ground in ("ground", "paper")),
    ("good", "good-ground"),
    ("bad", "bad-ground"),
    ("calm", "calm-ground"),
    ("on-top", "top"),
    ("on-button", "button"),
]


def luminance(colour):
    """WCAG 2.2, "relative luminance"."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_has_the_contrast_that_wcag_asks_for(scheme, text, ground):
    darker, lighter = sorted(luminance(scheme[name]) for name in (text, ground))

    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
