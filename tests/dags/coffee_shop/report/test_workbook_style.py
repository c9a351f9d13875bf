import pytest
from coffee_shop.report.workbook_style import clean_text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Latte", "Latte"),
        ("two\r\nlines", "two\nlines"),
        ("two\r\r\nlines", "two\nlines"),
        ("a\x00b", "a\ufffdb"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
    ],
)
def test_a_text_is_cleaned_once_however_often(text, clean):
    """A name is cleaned for its sheet, and again where a chart names it."""
    assert clean_text(text) == clean
    assert clean_text(clean) == clean
