"""What stands out in a period: the largest moves of income that are more than chance over the eight weeks before.

The rule, in docs/figures.md too: such a day's usual income is the mean of the same weekday in the eight weeks before
the period; chance is how far the days of those weeks lie from their own weekday's mean. A move is more than chance from
three standard deviations, and worth a sentence from 5 % of the usual income. Pure functions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from coffee_shop.periods import Period
from coffee_shop.report.documents import Highlights
from coffee_shop.report.expectations import Expectations
from coffee_shop.report.history import Row, amount_text

SHOP, OUTLET, CATEGORY = "shop", "outlet", "category"
WEEKS = 8
LEAST_WEEKS = 4
DEVIATIONS = 3.0
LEAST_SHARE = 0.05
MOST = 3


@dataclass(frozen=True)
class Move:
    """Income of a period, what is usual for its days, and the standard deviation of the difference by chance."""

    income: float
    usual: float
    deviation: float

    @property
    def difference(self) -> float:
        """How much the period brought beyond the usual."""
        return self.income - self.usual

    @property
    def stands_out(self) -> bool:
        """Whether the difference is more than chance and worth a sentence."""
        large = abs(self.difference) >= max(LEAST_SHARE * abs(self.usual), 0.01)
        return large and abs(self.difference) >= DEVIATIONS * self.deviation


def highlights_of(period: Period, history: Iterable[Row], expectations: Expectations) -> Highlights:
    """Return what stands out in a period.

    Args:
        period: the dates that the report is about.
        history: the rows of history.sql: incomes of the period and of the eight weeks before it.
        expectations: what should have been published: days without it are left out for the shop and its categories.

    Returns:
        ``judged``: whether the weeks before sufficed to judge the shop as a whole; ``moves``: at most three, largest
        difference first, each ``of`` (shop, outlet, category), ``name``, ``income``, ``usual`` and ``days_left_out``:
        open days of the period that count in neither amount.
    """
    before = [period.period_start - timedelta(days=back) for back in range(1, 7 * WEEKS + 1)]
    open_days = [day for day in period.days if not expectations.is_closed(day)]
    series = _series(history, _whole_days([*before, *period.days], expectations))
    moves = {key: _move(incomes, before, period.days) for key, incomes in series.items()}
    standing_out = [(key, move) for key, move in moves.items() if move and move.stands_out]
    standing_out.sort(key=lambda entry: (-abs(entry[1].difference), entry[0]))
    return {
        "judged": moves.get((SHOP, "")) is not None,
        "moves": [
            {
                "of": of,
                "name": name,
                "income": amount_text(round(move.income, 4)),
                "usual": amount_text(round(move.usual, 4)),
                "days_left_out": len(open_days) - len(_sold_days(series[of, name], open_days)),
            }
            for (of, name), move in standing_out[:MOST]
        ],
    }


def _whole_days(days: Iterable[date], expectations: Expectations) -> list[date]:
    """Return the days on which every expected outlet sold."""
    days = list(days)
    lacking = {date.fromisoformat(entry["day"]) for entry in expectations.missing(days)}
    lacking |= set(expectations.unpublished(days))
    return [day for day in days if day not in lacking and not expectations.is_closed(day)]


def _series(history: Iterable[Row], whole_days: list[date]) -> dict[tuple[str, str], dict[date, float]]:
    """Return the incomes by day of the shop, of each outlet and of each category.

    The shop and the categories have the whole days only, 0 where a category was not sold; an outlet the days on which
    it sold. With a single outlet there is no series of it: it would say the same as the shop.
    """
    incomes: dict[tuple[str, str], dict[date, float]] = {}
    for row in history:
        of = (OUTLET, row["salesoutletno"]) if row["salesoutletno"] is not None else (CATEGORY, row["productcategory"])
        incomes.setdefault(of, {})[row["business_date"]] = float(row["income"] or 0)
    outlets = {key: days for key, days in incomes.items() if key[0] == OUTLET}
    shop = {day: sum(days.get(day, 0.0) for days in outlets.values()) for day in whole_days}
    categories = {
        key: {day: days.get(day, 0.0) for day in whole_days} for key, days in incomes.items() if key[0] == CATEGORY
    }
    return {(SHOP, ""): shop} | (outlets if len(outlets) > 1 else {}) | categories


def _sold_days(incomes: Mapping[date, float], days: Iterable[date]) -> list[date]:
    return [day for day in days if day in incomes]


def _move(incomes: Mapping[date, float], before: list[date], days: list[date]) -> Move | None:
    """Return how a series moved; None without a day to judge, or with fewer than four weeks before it to judge by."""
    now, then = _sold_days(incomes, days), _sold_days(incomes, before)
    weekdays, weeks = Counter(day.weekday() for day in now), Counter(day.weekday() for day in then)
    if not now or any(weeks[weekday] < LEAST_WEEKS for weekday in weekdays):
        return None
    means = {weekday: fmean(incomes[day] for day in then if day.weekday() == weekday) for weekday in weeks}
    variance = _variance({day: incomes[day] - means[day.weekday()] for day in then}, len(weeks), len(now))
    # the means themselves are known only as well as their few weeks tell
    uncertain = len(now) + sum(count**2 / weeks[weekday] for weekday, count in weekdays.items())
    return Move(
        income=sum(incomes[day] for day in now),
        usual=sum(means[day.weekday()] for day in now),
        deviation=math.sqrt(variance * uncertain),
    )


def _variance(rest: Mapping[date, float], means: int, days: int) -> float:
    """Return the variance of a day around its weekday's mean.

    For a week or more, the variance of whole weeks counts when it is larger: good and bad days come in rows.

    Args:
        rest: each day's difference to the mean of its weekday.
        means: how many means were taken from these days.
        days: how many days the period has.
    """
    by_day = sum(value**2 for value in rest.values()) / max(len(rest) - means, 1)
    if days < 7:
        return by_day
    last, weeks = max(rest), [0.0] * WEEKS
    for day, value in rest.items():
        weeks[(last - day).days // 7] += value
    there = len({(last - day).days // 7 for day in rest})
    by_week = sum(value**2 for value in weeks) / max(there - 1, 1) / 7
    return max(by_day, by_week)
