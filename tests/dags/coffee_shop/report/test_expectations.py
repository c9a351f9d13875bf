"""Which outlets are expected, missing or closed. The 3rd, 10th, 17th and 24th of March 2019 are Sundays."""

from datetime import date, timedelta

from coffee_shop.lake.ledger import empty_ledger
from coffee_shop.report.expectations import Expectations
from coffee_shop.settings import ClosedOutlet, Settings


def shop_with(days: dict[str, str], **settings) -> Expectations:
    """A shop of days and the outlets that sold on them, such as {"2019-04-01": "3 5"}."""
    ledger = empty_ledger()
    ledger["days"]["sales_reciept"] = {day: {number: {} for number in outlets.split()} for day, outlets in days.items()}
    return Expectations(ledger, Settings(**settings))


def days(first: str, last: str) -> list[date]:
    start = date.fromisoformat(first)
    return [start + timedelta(days=n) for n in range((date.fromisoformat(last) - start).days + 1)]


def test_an_outlet_that_sold_in_the_28_days_before_is_expected():
    shop = shop_with({"2019-04-01": "3 10 5", "2019-04-29": "3", "2019-04-30": "3"})

    assert shop.missing(days("2019-04-29", "2019-04-30")) == [
        {"day": "2019-04-29", "outlets": ["5", "10"], "whole_day": False}
    ]  # on the 30th, the 1st is 29 days ago


def test_a_day_without_any_outlet_is_missing_whole():
    shop = shop_with({"2019-04-01": "3 5", "2019-04-03": "3 5"})

    assert shop.missing(days("2019-04-01", "2019-04-03")) == [
        {"day": "2019-04-02", "outlets": ["3", "5"], "whole_day": True}
    ]
    assert shop.unpublished(days("2019-04-01", "2019-04-03")) == [date(2019, 4, 2)]


def test_a_day_on_which_all_are_closed_is_closed_and_not_missing():
    shop = shop_with({"2019-12-24": "3 5"}, closed_days=(date(2019, 12, 25),))
    christmas = days("2019-12-25", "2019-12-25")

    assert shop.missing(christmas) == shop.unpublished(christmas) == []
    assert shop.closed(christmas) == [{"day": "2019-12-25", "outlets": ["3", "5"], "whole_day": True}]


def test_an_outlet_that_is_closed_on_sundays_is_missing_on_other_days_only():
    closed = ClosedOutlet("3", weekdays=("sunday",))
    shop = shop_with({"2019-03-08": "3 5", "2019-03-09": "5", "2019-03-10": "5"}, closed_outlets=(closed,))

    assert shop.missing(days("2019-03-09", "2019-03-10")) == [
        {"day": "2019-03-09", "outlets": ["3"], "whole_day": False}
    ]
    assert shop.closed(days("2019-03-09", "2019-03-10")) == [
        {"day": "2019-03-10", "outlets": ["3"], "whole_day": False}
    ]


def test_an_outlet_that_is_closed_on_a_date_is_expected_the_day_after():
    closed = ClosedOutlet("3", dates=(date(2019, 12, 24),))
    shop = shop_with({"2019-12-23": "3 5", "2019-12-24": "5", "2019-12-25": "5"}, closed_outlets=(closed,))

    assert shop.missing(days("2019-12-24", "2019-12-25")) == [
        {"day": "2019-12-25", "outlets": ["3"], "whole_day": False}
    ]


def test_an_outlet_that_is_gone_is_never_expected_again():
    gone = ClosedOutlet("3", gone_from=date(2020, 1, 1))
    shop = shop_with({"2019-12-30": "3 5", "2019-12-31": "5", "2020-01-01": "5"}, closed_outlets=(gone,))

    assert shop.missing(days("2019-12-31", "2020-01-05")) == [
        {"day": "2019-12-31", "outlets": ["3"], "whole_day": False},
        *({"day": f"2020-01-0{day}", "outlets": ["5"], "whole_day": True} for day in (2, 3, 4, 5)),
    ]


def test_all_that_the_settings_say_of_an_outlet_counts():
    closed = (ClosedOutlet("3", weekdays=("sunday",)), ClosedOutlet("3", dates=(date(2019, 3, 11),)))
    shop = shop_with({"2019-03-09": "3"}, closed_outlets=closed)

    assert [day.isoformat() for day in days("2019-03-10", "2019-03-12") if shop.is_closed(day)] == [
        "2019-03-10",
        "2019-03-11",
    ]


def test_the_shop_is_closed_when_each_of_its_outlets_is():
    sundays = [ClosedOutlet(number, weekdays=("sunday",)) for number in ("3", "5")]
    sold = {"2019-03-09": "3 5", "2019-03-17": "5"}

    shop = shop_with(sold, closed_outlets=tuple(sundays))
    assert shop.is_closed(date(2019, 3, 10))
    assert not shop.is_closed(date(2019, 3, 17)), "outlet 5 sold nevertheless"
    assert shop.unpublished([date(2019, 3, 10)]) == []

    half = shop_with(sold, closed_outlets=(sundays[0],))
    assert not half.is_closed(date(2019, 3, 10))
    assert half.missing([date(2019, 3, 10)]) == [{"day": "2019-03-10", "outlets": ["5"], "whole_day": True}]
    assert half.of_outlet("3").is_closed(date(2019, 3, 10)), "of outlet 3 alone it is closed"


def test_an_outlet_is_closed_for_good_also_when_it_has_not_sold_for_long():
    gone = ClosedOutlet("3", gone_from=date(2019, 3, 10))
    shop = shop_with({"2019-03-09": "3"}, closed_outlets=(gone,))

    assert shop.is_closed(date(2019, 8, 1))
    assert not shop.is_closed(date(2019, 3, 8))


def test_a_closed_outlet_that_sold_is_not_closed():
    shop = shop_with({"2019-03-09": "3", "2019-03-10": "3"}, closed_outlets=(ClosedOutlet("3", ("sunday",)),))
    assert shop.closed(days("2019-03-10", "2019-03-10")) == []


def test_days_before_history_begins_are_neither_missing_nor_closed():
    shop = shop_with({"2019-04-10": "3"})
    before = days("2019-04-08", "2019-04-09")

    assert shop.missing(before) == shop.closed(before) == []
    assert shop.unpublished(before) == before
    assert not shop_with({}).is_closed(before[0])
