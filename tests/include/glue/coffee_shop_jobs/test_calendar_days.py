"""The date table, by rows written out."""

import hashlib
from datetime import date

from coffee_shop_jobs.calendar_days import date_rows, months_span


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def test_a_day_in_april():
    (row,) = date_rows((date(2019, 4, 24), date(2019, 4, 24)))

    assert row == (
        md5("2019-04-24"),
        date(2019, 4, 24),
        3,
        "Wednesday",
        24,
        17,
        "Week 17",
        4,
        "April",
        md5("2019-04"),
        2,
        "Q2",
        2019,
    )


def test_the_iso_week_of_a_year_s_last_days_is_the_next_year_s_first_and_the_year_stays_the_calendar_s():
    rows = date_rows((date(2018, 12, 30), date(2019, 1, 1)))

    assert [(row[1].isoformat(), row[2], row[3], row[5], row[6], row[11], row[12]) for row in rows] == [
        ("2018-12-30", 7, "Sunday", 52, "Week 52", "Q4", 2018),
        ("2018-12-31", 1, "Monday", 1, "Week 1", "Q4", 2018),
        ("2019-01-01", 2, "Tuesday", 1, "Week 1", "Q1", 2019),
    ]


def test_the_span_is_whole_months_of_days_and_months():
    assert months_span(["2019-04-24", "2020-02", "2019-11-01"]) == (date(2019, 4, 1), date(2020, 2, 29))
    assert len(date_rows(months_span(["2019-04-24", "2020-02"]))) == 335


def test_without_any_day_there_is_no_row():
    assert months_span([]) is None
    assert date_rows(None) == []
