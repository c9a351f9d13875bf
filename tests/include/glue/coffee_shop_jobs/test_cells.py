"""Each kind of cell: what is read, exactly, and what is refused, with its reason."""

from datetime import date
from decimal import Decimal

import pytest
from coffee_shop_jobs.cells import NOTHING, READERS, Limits, Memo, Unreadable, day_label
from coffee_shop_jobs.columns import Column

LIMITS = Limits.of_upload(date(2019, 4, 24), max_quantity=1000)


def read(kind, text):
    value = READERS[kind](text, LIMITS)
    return f"unreadable: {value.reason}" if isinstance(value, Unreadable) else value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "7", "7"),
        ("number", "0042", "42"),
        ("number", "000", "0"),
        ("number", "12345678901234567890123", "12345678901234567890123"),
        ("number", "0" * 9 + "9" * 40, "9" * 40),
        ("number", "9" * 41, "unreadable: has more than 40 digits"),
        ("number", "7a", "unreadable: is not made of digits only"),
        ("number", "-7", "unreadable: is not made of digits only"),
        ("number", "2622.0", "2622"),
        ("number", "007.000", "7"),
        ("number", "0.0", "0"),
        ("number", "7.5", "unreadable: is not made of digits only"),
        ("number", "7.", "unreadable: is not made of digits only"),
        ("number", "2.622E+03", "unreadable: is not made of digits only"),
        ("number", "\u0667", "unreadable: is not made of digits only"),
        ("quantity", "1", 1),
        ("quantity", "1000", 1000),
        ("quantity", "-1", -1),
        ("quantity", "-1000", -1000),
        ("quantity", "2.0", 2),
        ("quantity", "0", "unreadable: is zero; expected a number of items, below zero for a refund"),
        ("quantity", "-0", "unreadable: is zero; expected a number of items, below zero for a refund"),
        ("quantity", "1001", "unreadable: is not from -1,000 to 1,000"),
        ("quantity", "-1001", "unreadable: is not from -1,000 to 1,000"),
        ("quantity", "2.5", "unreadable: is not a whole number"),
        ("quantity", "2 x", "unreadable: is not a whole number"),
        ("integer", "-12", -12),
        ("integer", "007", 7),
        ("integer", "1988.0", 1988),
        ("birth_year", "1900", 1900),
        ("birth_year", "2019", 2019),
        ("birth_year", "1899", "unreadable: is not a year from 1900 to that of the upload"),
        ("birth_year", "2020", "unreadable: is not a year from 1900 to that of the upload"),
        ("birth_year", "-2147483647", "unreadable: is not a year from 1900 to that of the upload"),
        ("integer", "2147483647", 2147483647),
        ("integer", "2147483648", "unreadable: is beyond 2,147,483,647"),
        ("integer", "1e3", "unreadable: is not a whole number"),
        ("amount", "3", Decimal("3.00")),
        ("amount", "3.5", Decimal("3.50")),
        ("amount", "1234567890.12", Decimal("1234567890.12")),
        ("amount", ".50", Decimal("0.50")),
        ("amount", "0", Decimal("0.00")),
        ("amount", "3.505", "unreadable: has more than 2 decimals"),
        ("amount", "3.1000", Decimal("3.10")),
        ("amount", "3.500000000000000000", Decimal("3.50")),
        ("amount", "3.1001", "unreadable: has more than 2 decimals"),
        ("amount", "00000000000003.10", Decimal("3.10")),
        ("amount", "-3.50", "unreadable: is negative"),
        ("amount", "12345678901", "unreadable: has more than 10 digits before the point"),
        ("amount", "1,234.50", "unreadable: is not a number such as 1234.50"),
        ("amount", "$3.50", "unreadable: is not a number such as 1234.50"),
        ("amount", "3,50", "unreadable: is not a number such as 1234.50"),
        ("amount", "1e3", "unreadable: is not a number such as 1234.50"),
        ("amount", "NaN", "unreadable: is not a number such as 1234.50"),
        ("amount", "5.", "unreadable: is not a number such as 1234.50"),
        ("amount", "+5", "unreadable: is not a number such as 1234.50"),
        ("signed_amount", "-3.50", Decimal("-3.50")),
        ("signed_amount", "-.5", Decimal("-0.50")),
        ("signed_amount", "(3.50)", "unreadable: is not a number such as 1234.50"),
        ("signed_amount", "3.50-", "unreadable: is not a number such as 1234.50"),
        ("signed_amount", "-12345678901", "unreadable: has more than 10 digits before the point"),
        ("price", "-1", "unreadable: is negative"),
        ("price", "3.5005", Decimal("3.5005")),
        ("price", "3.50055", "unreadable: has more than 4 decimals"),
        ("price", "123456789", "unreadable: has more than 8 digits before the point"),
        ("double", "-73.924008", -73.924008),
        ("double", "12", 12.0),
        ("double", "12 oz", "unreadable: is not a number such as 12.5"),
        ("double", "inf", "unreadable: is not a number such as 12.5"),
        ("double", "9" * 400, "unreadable: is too large a number"),
        ("percent", "56", 56.0),
        ("percent", "56%", 56.0),
        ("percent", "56.5 %", 56.5),
        ("percent", "%", "unreadable: is not a number such as 56 or 56%"),
        ("day", "1985-02-28", date(1985, 2, 28)),
        ("day", "1985-02-29", "unreadable: is not a day of the calendar"),
        ("day", "85-02-28", "unreadable: is not a date such as 2019-04-24"),
        ("day", "1985-2-8", "unreadable: is not a date such as 2019-04-24"),
        ("day", "19850228", "unreadable: is not a date such as 2019-04-24"),
        ("day", "1985-W09-4", "unreadable: is not a date such as 2019-04-24"),
        ("day", "31 Feb", "unreadable: is not a date such as 2019-04-24"),
        ("day", "1900-01-01", date(1900, 1, 1)),
        ("day", "2019-04-25", date(2019, 4, 25)),
        ("day", "0001-01-01", "unreadable: is before 1900-01-01"),
        ("day", "1753-01-01", "unreadable: is before 1900-01-01"),
        ("day", "1899-12-30", "unreadable: is before 1900-01-01"),
        ("day", "9999-12-31", "unreadable: is in the future"),
        ("day", "0000-00-00", "unreadable: is not a day of the calendar"),
        ("day", "02/28/1985", "unreadable: is not a date such as 2019-04-24"),
        ("business_day", "2000-01-01", date(2000, 1, 1)),
        ("business_day", "1999-12-31", "unreadable: is before 2000-01-01"),
        ("business_day", "2019-04-25", date(2019, 4, 25)),
        ("business_day", "2019-04-26", "unreadable: is later than the day after the upload, 2019-04-25"),
        ("time", "00:00:00", "00:00:00"),
        ("time", "23:59:59", "23:59:59"),
        ("time", "24:00:00", "unreadable: is not a time from 00:00:00 to 23:59:59"),
        ("time", "7:05:00", "unreadable: is not a time from 00:00:00 to 23:59:59"),
        ("time", "07:05", "unreadable: is not a time from 00:00:00 to 23:59:59"),
        ("time", "07:60:00", "unreadable: is not a time from 00:00:00 to 23:59:59"),
        ("month", "April 2019", "April 2019"),
        ("month", "april 2019", "April 2019"),
        ("month", "Apr 2019", "unreadable: is not a month such as April 2019"),
        ("month", "2019-04", "unreadable: is not a month such as April 2019"),
        ("month", "April 19", "unreadable: is not a month such as April 2019"),
        ("month", "April 1999", "unreadable: is before 2000-01-01"),
        ("month", "April 2021", "April 2021"),
        ("month", "May 2021", "unreadable: is more than 2 years after the upload"),
        ("month", "January 9999", "unreadable: is more than 2 years after the upload"),
        ("flag", "Y", "Y"),
        ("flag", "n", "N"),
        ("flag", "Yes", "unreadable: is not Y or N"),
        ("text", "Café, am Platz", "Café, am Platz"),
        ("card", "908-424-2890", "908-424-2890"),
        ("card", "GOLD 07", "GOLD 07"),
        ("card", "0090842890", "0090842890"),
        ("card", "9084242890.0", "9084242890"),
        ("card", "9.01E+11", "unreadable: is in scientific notation, its digits are lost"),
        ("card", "9,01e11", "unreadable: is in scientific notation, its digits are lost"),
        ("card", "0", "unreadable: has no digit but zeros"),
        ("card", "000-000-0000", "unreadable: has no digit but zeros"),
        ("card", "0.0", "unreadable: has no digit but zeros"),
    ],
)
def test_a_cell_is_read_exactly_or_not_at_all(kind, text, value):
    assert read(kind, text) == value


def test_a_negative_zero_is_zero():
    assert str(READERS["amount"]("-0.00", LIMITS)) == "0.00"
    assert str(READERS["double"]("-0", LIMITS)) == "0.0"


def test_a_business_date_outside_the_limits_is_remembered():
    assert READERS["business_day"]("1999-12-31", LIMITS).day == date(1999, 12, 31)
    assert READERS["business_day"]("2031-01-01", LIMITS).day == date(2031, 1, 1)
    assert READERS["business_day"]("31 Feb", LIMITS).day is None


def test_the_same_number_has_one_value_whatever_its_zeros():
    assert repr(READERS["amount"]("7", LIMITS)) == repr(READERS["amount"]("07.00", LIMITS)) == "Decimal('7.00')"


@pytest.mark.parametrize("text", ["", " ", "\t", "NULL", " NULL "])
def test_null_empty_and_blank_are_nulls(text):
    assert Memo(Column("SaleAmount", "amount"), LIMITS)[text] is None


def test_blanks_and_nul_bytes_around_a_value_go():
    memo = Memo(Column("CustomerSurname", "text"), LIMITS)

    assert [memo[" Ng "], memo["de la Cruz  "], memo["Bo\0\0"], memo["\0\0"]] == ["Ng", "de la Cruz", "Bo", None]


@pytest.mark.parametrize(
    "text", ["null", "Null", "nan", "NaN", "None", "n/a", "N/A", "#N/A", "-", " - ", "\\N", "<NA>", "(null)", "#REF!"]
)
@pytest.mark.parametrize("kind", ["text", "card", "number", "day", "integer", "price", "flag", "double"])
def test_a_word_for_nothing_is_one_in_any_optional_column(kind, text):
    assert Memo(Column("Optional", kind), LIMITS)[text] == Unreadable(NOTHING)


@pytest.mark.parametrize("text", ["Nan Goldin", "Nonet", "NA", "Nil", "A-"])
def test_a_word_that_only_looks_like_nothing_stays(text):
    assert Memo(Column("CustomerSurname", "text"), LIMITS)[text] == text


def test_a_needed_column_has_no_words_for_nothing():
    assert Memo(Column("SaleAmount", "signed_amount", needed=True), LIMITS)["-"] == Unreadable(
        "is not a number such as 1234.50"
    )


def test_a_memo_never_outgrows_its_size(monkeypatch):
    monkeypatch.setattr(Memo, "SIZE", 3)
    memo = Memo(Column("TransactionNo", "number"), LIMITS)

    assert [memo[str(number)] for number in range(10)] == [str(number) for number in range(10)]
    assert len(memo) <= 3


def test_a_month_as_days_write_it():
    assert [day_label("April 2019"), day_label("December 2020")] == ["2019-04", "2020-12"]
