from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from coffee_shop.periods import (
    Period,
    PeriodError,
    last_complete,
    period_around,
    period_from_json,
    period_of_run,
)
from hypothesis import given
from hypothesis import strategies as some

NEW_YORK = ZoneInfo("America/New_York")
NOTHING: dict[str, object] = {"from": None, "to": None}


def found(kind: str, params: dict[str, object] | None = None, **more: object) -> Period | None:
    arguments: dict[str, object] = {"run_after": datetime(2019, 4, 24, 10, 0, tzinfo=UTC), "zone": NEW_YORK} | more
    return period_of_run(kind, params=params or NOTHING, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "today", "first", "last", "label"),
    [
        ("daily", "2019-04-24", "2019-04-23", "2019-04-23", "2019-04-23"),
        ("daily", "2020-03-01", "2020-02-29", "2020-02-29", "2020-02-29"),
        # a week ends on Sunday: on Monday it is the one that ended yesterday, on Sunday the one before
        ("weekly", "2019-04-29", "2019-04-22", "2019-04-28", "2019-W17"),
        ("weekly", "2019-04-28", "2019-04-15", "2019-04-21", "2019-W16"),
        # the ISO year of a week is not always that of its Monday
        ("weekly", "2020-01-06", "2019-12-30", "2020-01-05", "2020-W01"),
        ("weekly", "2021-01-04", "2020-12-28", "2021-01-03", "2020-W53"),
        ("monthly", "2019-05-01", "2019-04-01", "2019-04-30", "2019-04"),
        ("monthly", "2020-03-31", "2020-02-01", "2020-02-29", "2020-02"),
        ("monthly", "2020-01-15", "2019-12-01", "2019-12-31", "2019-12"),
    ],
)
def test_last_complete_period(kind: str, today: str, first: str, last: str, label: str) -> None:
    period = last_complete(kind, date.fromisoformat(today))
    assert (str(period.period_start), str(period.period_end), period.label) == (first, last, label)
    assert period.folder == f"{kind}/{label}"


@pytest.mark.parametrize(
    ("interval_end", "day"),
    [
        # 06:00 in New York, in summer and in winter
        (datetime(2019, 4, 24, 10, 0, tzinfo=UTC), "2019-04-23"),
        (datetime(2019, 1, 24, 11, 0, tzinfo=UTC), "2019-01-23"),
        # half past eleven in the evening there is the next day in UTC
        (datetime(2019, 4, 25, 3, 30, tzinfo=UTC), "2019-04-23"),
    ],
)
def test_the_data_interval_counts_in_the_shops_zone(interval_end: datetime, day: str) -> None:
    period = found("daily", interval_end=interval_end, run_after=datetime(2026, 1, 1, tzinfo=UTC))
    assert period is not None
    assert str(period.period_start) == day


def test_a_weekly_interval_is_monday_to_sunday() -> None:
    # due on Monday 29 April, 06:30 in New York
    period = found("weekly", interval_end=datetime(2019, 4, 29, 10, 30, tzinfo=UTC))
    assert period == Period("weekly", date(2019, 4, 22), date(2019, 4, 28))


def test_a_run_without_any_date_takes_the_last_complete_period() -> None:
    # by REST or by an asset: no logical date, no data interval
    assert found("weekly") == Period("weekly", date(2019, 4, 15), date(2019, 4, 21))
    assert found("monthly") == Period("monthly", date(2019, 3, 1), date(2019, 3, 31))


def test_dates_typed_by_hand_count_before_all_else() -> None:
    period = found(
        "weekly",
        {"from": "2019-04-01", "to": "2019-04-07"},
        interval_end=datetime(2019, 4, 29, 10, 30, tzinfo=UTC),
    )
    assert period == Period("weekly", date(2019, 4, 1), date(2019, 4, 7))


def test_other_dates_make_a_custom_period() -> None:
    period = found("weekly", {"from": "2019-04-01", "to": "2019-04-08"})
    assert period is not None
    assert (period.kind, period.label, period.folder) == (
        "custom",
        "2019-04-01_2019-04-08",
        "custom/2019-04-01_2019-04-08",
    )


@pytest.mark.parametrize("kind", ["weekly", "monthly", "upload"])
def test_one_day_of_another_kind_is_custom(kind: str) -> None:
    period = found(kind, {"from": "2019-04-24", "to": "2019-04-24"})
    assert period == Period("custom", date(2019, 4, 24), date(2019, 4, 24))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"from": "2019-04-24", "to": None}, "both from and to"),
        ({"from": "", "to": "2019-04-24"}, "both from and to"),
        ({"from": "2019-04-25", "to": "2019-04-24"}, "is after"),
        ({"from": "2019-02-30", "to": "2019-03-01"}, "2019-02-30"),
        ({"from": "24/04/2019", "to": "2019-04-24"}, "24/04/2019"),
    ],
)
def test_dates_that_make_no_period_are_refused(params: dict[str, object], words: str) -> None:
    with pytest.raises(PeriodError, match=words):
        found("daily", params)


def test_an_upload_spans_all_its_events() -> None:
    events = [{"changed_dates": ["2019-04-20", "2019-04-03"]}, {"changed_dates": []}, {"changed_dates": ["2019-04-21"]}]
    period = found("upload", events=events)
    assert period == Period("upload", date(2019, 4, 3), date(2019, 4, 21), "20190424T100000Z")
    assert period.folder == "upload/2019-04-03_2019-04-21/20190424T100000Z"


def test_an_upload_that_changed_nothing_has_no_period() -> None:
    assert found("upload", events=[{"changed_dates": []}, {}]) is None


def test_an_upload_report_by_hand_needs_dates() -> None:
    with pytest.raises(PeriodError, match="give from and to"):
        found("upload")


def test_a_period_survives_json() -> None:
    period = Period("upload", date(2019, 4, 3), date(2019, 4, 21), "20190424T100000Z")
    assert period_from_json(period.as_json()) == period
    assert period.as_json()["period_end"] == "2019-04-21"


def test_both_ends_are_days_of_a_period() -> None:
    days = Period("custom", date(2019, 4, 29), date(2019, 5, 1)).days
    assert [str(day) for day in days] == ["2019-04-29", "2019-04-30", "2019-05-01"]


def test_no_such_kind() -> None:
    with pytest.raises(PeriodError, match="yearly"):
        period_around("yearly", date(2019, 4, 3))


@given(
    kind=some.sampled_from(["daily", "weekly", "monthly"]),
    today=some.dates(min_value=date(2000, 2, 1), max_value=date(2100, 1, 1)),
)
def test_the_last_complete_period_has_ended_and_the_next_one_has_not(kind: str, today: date) -> None:
    period = last_complete(kind, today)
    assert period.period_end < today
    assert period_around(kind, period.period_end + timedelta(days=1)) == period_around(kind, today)
