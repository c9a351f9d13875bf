"""Each kind of cell: what is read, exactly, and what is refused, with its reason."""

from datetime import date
from decimal import Decimal

import pytest
from coffee_shop_jobs.cells import READERS, Limits, Memo, Unreadable, month_of
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
        ("number", "7a", "unreadable: is not made of digits only"),
        ("number", "-7", "unreadable: is not made of digits only"),
        ("number", "7.0", "unreadable: is not made of digits only"),
        ("number", "\u0667", "unreadable: is not made of digits only"),
        ("quantity", "1", 1),
        ("quantity", "1000", 1000),
        ("quantity", "0", "unreadable: is not from 1 to 1,000"),
        ("quantity", "1001", "unreadable: is not from 1 to 1,000"),
        ("quantity", "-2", "unreadable: is not from 1 to 1,000"),
        ("quantity", "2.0", "unreadable: is not a whole number"),
        ("quantity", "2 x", "unreadable: is not a whole number"),
        ("integer", "-12", -12),
        ("integer", "007", 7),
        ("integer", "2147483647", 2147483647),
        ("integer", "2147483648", "unreadable: is beyond 2,147,483,647"),
        ("integer", "1e3", "unreadable: is not a whole number"),
        ("amount", "3", Decimal("3.00")),
        ("amount", "3.5", Decimal("3.50")),
        ("amount", "1234567890.12", Decimal("1234567890.12")),
        ("amount", ".50", Decimal("0.50")),
        ("amount", "0", Decimal("0.00")),
        ("amount", "3.505", "unreadable: has more than 2 decimals"),
        ("amount", "3.500", "unreadable: has more than 2 decimals"),
        ("amount", "-3.50", "unreadable: is negative"),
        ("amount", "12345678901", "unreadable: has more than 10 digits before the point"),
        ("amount", "1,234.50", "unreadable: is not a number such as 1234.50"),
        ("amount", "$3.50", "unreadable: is not a number such as 1234.50"),
        ("amount", "3,50", "unreadable: is not a number such as 1234.50"),
        ("amount", "1e3", "unreadable: is not a number such as 1234.50"),
        ("amount", "NaN", "unreadable: is not a number such as 1234.50"),
        ("amount", "5.", "unreadable: is not a number such as 1234.50"),
        ("amount", "+5", "unreadable: is not a number such as 1234.50"),
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
        ("flag", "Y", "Y"),
        ("flag", "n", "N"),
        ("flag", "Yes", "unreadable: is not Y or N"),
        ("text", "Café, am Platz", "Café, am Platz"),
    ],
)
def test_a_cell_is_read_exactly_or_not_at_all(kind, text, value):
    assert read(kind, text) == value


def test_a_negative_zero_is_zero():
    assert str(READERS["amount"]("-0.00", LIMITS)) == "0.00"
    assert str(READERS["double"]("-0", LIMITS)) == "0.0"


@pytest.mark.parametrize(("kind", "text"), [("quantity", "-2"), ("amount", "-3.50"), ("price", "-1.2500")])
def test_a_negative_number_is_remembered_as_one(kind, text):
    assert READERS[kind](text, LIMITS).negative == Decimal(text)


def test_the_same_number_has_one_value_whatever_its_zeros():
    assert repr(READERS["amount"]("7", LIMITS)) == repr(READERS["amount"]("07.00", LIMITS)) == "Decimal('7.00')"


@pytest.mark.parametrize("text", ["", " ", "\t", "NULL", " NULL "])
def test_null_empty_and_blank_are_nulls(text):
    memo = Memo(Column("SaleAmount", "amount"), LIMITS)

    assert memo[text] is None
    assert memo.blank
    assert not memo.unreadable


def test_blanks_around_a_value_go_and_a_person_may_be_called_null():
    memo = Memo(Column("CustomerSurname", "text"), LIMITS)

    assert [memo[" Null "], memo["de la Cruz  "]] == ["Null", "de la Cruz"]
    assert not memo.blank


def test_a_memo_never_outgrows_its_size(monkeypatch):
    monkeypatch.setattr(Memo, "SIZE", 3)
    memo = Memo(Column("TransactionNo", "number"), LIMITS)

    assert [memo[str(number)] for number in range(10)] == [str(number) for number in range(10)]
    assert len(memo) <= 3


def test_a_month_as_days_write_it():
    assert [month_of("April 2019"), month_of("December 2020")] == ["2019-04", "2020-12"]
