"""The figures behind a chart: a question's rows, picked, grouped and ranked as report.yaml asks.

A block of figures knows which rows of its question's table each of them comes from, so that the sheet `Chart data`
holds formulas over that table: whoever changes, sorts or extends it sees the charts follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from statistics import median
from typing import Any

from coffee_shop.report.athena_results import Value
from coffee_shop.report.definition import LAST, Chart, Column
from coffee_shop.report.sheet_rows import Sheet, sum_of

MAX_SERIES = 12
MAX_CATEGORIES = 24
SHARES = 8  # categories of a share, the rest together
MAX_ORDERED = 1_000  # members whose order is looked for; more are ranked anyway
MAX_LABEL = 40  # letters of a name
ENDS = 3  # lines drawn at each end of a ranking beside its median

MEMBER, OTHER, TOTAL, MEDIAN, SHARE = "member", "other", "total", "median", "share"

Row = list[Value]
Key = tuple[Value, ...]


@dataclass(frozen=True)
class Member:
    """A category or a series: the values that tell it apart, how it is called, and what it stands for."""

    key: Key
    label: Value
    role: str = MEMBER


@dataclass
class Block:
    """Figures by category and series.

    Attributes:
        sheet: the question's rows.
        chart: what report.yaml asks for; the kind is the one to draw, bars where a line would have one point.
        categories: the rows of the block.
        series: the columns of the block.
        values: one list for each category, with a figure for each series; None is a gap.
        drawn_categories: so many of the categories, from the first, are drawn.
        drawn_series: these of the series are drawn.
        notes: what stands beside the chart in words.
    """

    sheet: Sheet
    chart: Chart
    categories: list[Member] = field(default_factory=list)
    series: list[Member] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    drawn_categories: int = 0
    drawn_series: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What stands above the chart."""
        return self.chart.title or self.sheet.question.title

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see: no figure, or none but zeros."""
        return not any(
            self.values[place][series] for place in range(self.drawn_categories) for series in self.drawn_series
        )

    def measure(self, category: int, series: int) -> Column:
        """Return the column of the question whose figures stand at a place of the block."""
        values = self.chart.values
        if not self.chart.categories:
            return self.sheet.column(values[category])
        return self.sheet.column(values[0 if self.chart.series or self.series[series].role == SHARE else series])

    def format(self, category: int, series: int) -> str:
        """Return the format of a figure."""
        return "percent" if self.series[series].role == SHARE else self.measure(category, series).format


def chart_block(sheet: Sheet, chart: Chart, days: tuple[date, date] | None = None, currency: str = "$") -> Block:
    """Return the figures of a chart.

    Args:
        sheet: the rows of the chart's question.
        chart: what report.yaml asks for.
        days: first and last day of the period: the days that a line has room for, sold on or not.
        currency: stands before amounts in the notes.
    """
    rows, beside = _split(sheet, chart, rows_where(sheet, chart))
    chart = _bars_for_one_day(sheet, chart, rows)
    notes = [*([chart.note] if chart.note else []), *_beside_notes(sheet, chart, beside, currency)]
    block = Block(sheet, chart, notes=notes)
    if not rows or chart.kind == "list":  # which shows the rows as they are
        return block
    if chart.categories:
        block.categories = _members(sheet, rows, chart.categories)
        if chart.kind == "line":
            block.categories = _every_day(block.categories, days)
        elif chart.kind == "heat map":
            block.categories.sort(key=lambda member: _size(member.key[-1]))
    else:
        block.categories = [Member((), sheet.column(name).title) for name in chart.values]
    if chart.series:
        block.series = _members(sheet, rows, chart.series)
    else:
        drawn = chart.values if chart.categories else chart.values[:1]
        block.series = [Member((), sheet.column(name).title) for name in drawn]
    _fill(block, rows)
    _leave_gaps(block)
    block.drawn_categories, block.drawn_series = len(block.categories), list(range(len(block.series)))
    _rank_categories(block, rows)
    _limit_series(block, rows)
    _add_share(block)
    return block


def rows_where(sheet: Sheet, chart: Chart) -> list[Row]:
    """Return the rows that a chart's `where` leaves."""
    rows = sheet.rows
    for name, wanted in chart.where.items():
        place = sheet.place(name)
        days = [value for row in rows if isinstance(value := row[place], date)]
        newest = max(days, default=None)
        values = (newest,) if wanted == (LAST,) and sheet.column(name).format == "date" else wanted
        rows = [row for row in rows if row[place] in values]
    return rows


def amount(sheet: Sheet, column: Column, rows: Iterable[Row]) -> Value:
    """Return a column's figure for several rows together: the sum, or the ratio of two sums; None without any."""
    rows = list(rows)
    if column.ratio is None:
        place = sheet.place(column.name)
        return sum_of(row[place] for row in rows)
    sums: list[Any] = [sum_of(row[sheet.place(name)] for row in rows) for name in column.ratio]
    above, below = sums
    return None if above is None or not below else float(above) / float(below)


def shown(value: Value, form: str, currency: str = "$") -> str:
    """Return a figure as text, as its number format shows it."""
    if value is None:
        return "none"
    number: Any = value
    if form == "percent":
        return f"{number:.1%}"
    if form == "money":
        return f"{'-' if number < 0 else ''}{currency}{abs(number):,.2f}"
    return f"{number:,.0f}" if form == "integer" else f"{number:,.2f}"


def _split(sheet: Sheet, chart: Chart, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Part the rows to draw from those that stand beside."""
    named = [sheet.place(names[0]) for names in (chart.categories, chart.series) if names]
    aside = [any(row[place] in chart.beside for place in named) for row in rows]
    return (
        [row for row, beside in zip(rows, aside, strict=True) if not beside],
        [row for row, beside in zip(rows, aside, strict=True) if beside],
    )


def _beside_notes(sheet: Sheet, chart: Chart, rows: list[Row], currency: str) -> list[str]:
    if not rows:
        return []
    columns = [sheet.column(name) for name in chart.values]
    figures = [shown(amount(sheet, column, rows), column.format, currency) for column in columns]
    if len(columns) > 1:
        figures = [f"{column.title} {figure}" for column, figure in zip(columns, figures, strict=True)]
    return [f"{', '.join(chart.beside)}: {', '.join(figures)}"]


def _bars_for_one_day(sheet: Sheet, chart: Chart, rows: list[Row]) -> Chart:
    """Return the chart with bars where a line, or a heat map, would have one point or one row.

    The bars of a line with series are the series, largest first.
    """
    if chart.kind == "heat map" and len(_members(sheet, rows, chart.series)) == 1:
        return replace(chart, kind="column", series=())
    if chart.kind != "line" or len(_members(sheet, rows, chart.categories)) != 1:
        return chart
    if not chart.series:
        return replace(chart, kind="column")
    return replace(chart, kind="bar", categories=chart.series, series=(), top=MAX_SERIES)


def _members(sheet: Sheet, rows: Iterable[Row], names: Sequence[str]) -> list[Member]:
    """Return who there is, in the order of the rows; members of the same name are called by their whole key."""
    places = [sheet.place(name) for name in names]
    keys = _in_order(sheet, rows, places)
    called: dict[Value, int] = defaultdict(int)
    for key in keys:
        called[key[-1]] += 1
    return [Member(key, _short(key[-1] if called[key[-1]] == 1 else " ".join(map(str, key)))) for key in keys]


def _short(label: Value) -> Value:
    """Return a name that a chart has room for."""
    return f"{label[: MAX_LABEL - 1]}\u2026" if isinstance(label, str) and len(label) > MAX_LABEL else label


def _in_order(sheet: Sheet, rows: Iterable[Row], places: list[int]) -> list[Key]:
    """Return the keys in the order that all rows agree on; those of the first row first where they do not.

    Rows that differ in nothing but the key stand in the order of the query. A member that is missing there, such as a
    gender among the youngest, is put where other rows have it.
    """
    others = [
        place
        for place, column in enumerate(sheet.question.columns)
        if place not in places and column.format in ("text", "date")
    ]
    after: dict[Key, dict[Key, None]] = {}
    before: dict[Key, Key] = {}
    for row in rows:
        key, group = tuple(row[place] for place in places), tuple(row[place] for place in others)
        after.setdefault(key, {})
        if group in before and before[group] != key:
            after[key][before[group]] = None
        before[group] = key
    if len(after) > MAX_ORDERED:
        return list(after)
    try:
        return list(TopologicalSorter(after).static_order())
    except CycleError:
        return list(after)


def _every_day(members: list[Member], days: tuple[date, date] | None) -> list[Member]:
    there = {member.key[0] for member in members if isinstance(member.key[0], date)}
    if not there or len(there) < len(members):
        return members
    first, last = days or (min(there), max(there))
    span = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return [Member((day,), day) for day in sorted(there | span)]


def _fill(block: Block, rows: list[Row]) -> None:
    sheet, chart = block.sheet, block.chart
    by_member: dict[tuple[Key, Key], list[Row]] = defaultdict(list)
    category, series = ([sheet.place(name) for name in names] for names in (chart.categories, chart.series))
    for row in rows:
        by_member[tuple(row[place] for place in category), tuple(row[place] for place in series)].append(row)
    block.values = [
        [
            amount(sheet, block.measure(number, column), by_member.get((member.key, other.key), []))
            for column, other in enumerate(block.series)
        ]
        for number, member in enumerate(block.categories)
    ]


def _leave_gaps(block: Block) -> None:
    """Take the zeros of a day on which nothing at all was counted: a day without data is a gap in a line."""
    if block.chart.kind == "line":
        for place, values in enumerate(block.values):
            if not any(values):
                block.values[place] = [None] * len(values)


def _size(value: Value) -> Any:
    return float("-inf") if value is None else value


def _rank_categories(block: Block, rows: list[Row]) -> None:
    """Put the largest first and draw only so many of them; the rest of a share or a table stand together."""
    chart = block.chart
    top = chart.top or (SHARES if chart.kind == "share" else None)
    crowded = len(block.categories) > MAX_CATEGORIES and chart.kind != "line" and _are_names(block)
    if top is None and not crowded:
        _add_median_category(block)
        _add_total(block, rows)
        return
    limit = min(top or MAX_CATEGORIES - 1, MAX_CATEGORIES)
    wholes = _wholes(block, rows)
    order = sorted(range(len(wholes)), key=lambda place: _size(wholes[place]), reverse=True)
    block.categories = [block.categories[place] for place in order]
    block.values = [block.values[place] for place in order]
    rest = len(order) - limit
    if rest == 1 and (chart.kind in ("share", "table") or top is None):
        limit, rest = limit + 1, 0
    block.drawn_categories = min(limit, len(order))
    if rest > 0 and (chart.kind in ("share", "table") or top is None):
        _add_rest(block, rows, limit)
    elif rest > 0:
        block.notes.append(f"The {limit} largest of {len(order):,}")
    if not chart.median:  # which is of all, drawn or not
        block.categories = block.categories[: block.drawn_categories]
        block.values = block.values[: block.drawn_categories]
    _add_median_category(block)
    _add_total(block, rows)


def _wholes(block: Block, rows: list[Row]) -> list[Value]:
    """Return each category's figure over all series; of several value columns, the first one's."""
    places = [block.sheet.place(name) for name in block.chart.categories]
    by_category: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        by_category[tuple(row[place] for place in places)].append(row)
    return [
        amount(block.sheet, block.measure(place, 0), by_category.get(member.key, []))
        for place, member in enumerate(block.categories)
    ]


def _are_names(block: Block) -> bool:
    names = block.chart.categories
    return bool(names) and block.sheet.column(names[-1]).format == "text"


def _add_rest(block: Block, rows: list[Row], limit: int) -> None:
    """Put the categories beyond the limit together in one."""
    places = [block.sheet.place(name) for name in block.chart.categories]
    ahead = {member.key for member in block.categories[:limit]}
    rest = [row for row in rows if tuple(row[place] for place in places) not in ahead]
    number = len(block.categories) - limit
    block.categories = [*block.categories[:limit], Member((), f"Other ({number:,})", OTHER)]
    block.values = [*block.values[:limit], _values_of(block, rows=rest)]
    block.drawn_categories = limit + 1


def _values_of(block: Block, rows: list[Row]) -> list[Value]:
    """Return the figures of some rows together, for each series."""
    series = [block.sheet.place(name) for name in block.chart.series]
    return [
        amount(
            block.sheet,
            block.measure(0, number),
            [row for row in rows if tuple(row[place] for place in series) == member.key],
        )
        for number, member in enumerate(block.series)
    ]


def _add_total(block: Block, rows: list[Row]) -> None:
    if block.chart.kind == "table":
        block.categories.append(Member((), "Total", TOTAL))
        block.values.append(_values_of(block, rows))
        block.drawn_categories = len(block.categories)


def _add_median_category(block: Block) -> None:
    """Put the median of all members after those that are drawn."""
    if not block.chart.median or block.chart.kind == "line":
        return
    place = block.drawn_categories
    block.categories.insert(place, Member((), "Team's median", MEDIAN))
    block.values.insert(
        place, [_median(values[number] for values in block.values) for number in range(len(block.series))]
    )
    block.drawn_categories += 1


def _median(values: Iterable[Value]) -> Value:
    numbers: list[Any] = [value for value in values if value is not None]
    return float(median(numbers)) if numbers else None


def _limit_series(block: Block, rows: list[Row]) -> None:
    """Leave twelve series at most: the largest and the rest together, or a median with both ends of the ranking."""
    if block.chart.kind == "line" and block.chart.median:
        _add_median_series(block)
    elif len(block.series) > MAX_SERIES and block.chart.series and block.chart.kind != "heat map":
        _add_rest_series(block, rows)


def _add_median_series(block: Block) -> None:
    last: list[Any] = next(
        (values for values in reversed(block.values) if any(value is not None for value in values)), []
    )
    ranked = [place for place in range(len(last)) if last[place] is not None]
    ranked.sort(key=lambda place: _size(last[place]), reverse=True)
    members = len(block.series)
    absent = [place for place in range(members) if place not in ranked]
    block.series.append(Member((), "Team's median", MEDIAN))
    block.values = [[*values, _median(values)] for values in block.values]
    if members >= MAX_SERIES:
        ends = list(dict.fromkeys([*ranked[:ENDS], *ranked[-ENDS:]]))
        block.notes.append(_ends_note(ends, ranked, absent))
        block.drawn_series = [*ends, members]
    else:
        block.drawn_series = [*ranked, *absent, members]


def _ends_note(ends: list[int], ranked: list[int], absent: list[int]) -> str:
    """Return who of the ranking is drawn, and how many have no place in it."""
    whole = len(ends) == len(ranked)
    drawn = f"All {len(ranked)}" if whole else f"The {ENDS} highest and the {ENDS} lowest of {len(ranked)}"
    left_out = f"; {len(absent)} without a figure on it are left out" if absent else ""
    return f"{drawn} on the last day{left_out}"


def _add_rest_series(block: Block, rows: list[Row]) -> None:
    sheet, chart = block.sheet, block.chart
    sizes = [sum(abs(float(_number(values[place]))) for values in block.values) for place in range(len(block.series))]
    kept = sorted(sorted(range(len(sizes)), key=lambda place: -sizes[place])[: MAX_SERIES - 1])
    ahead = {block.series[place].key for place in kept}
    places, category = ([sheet.place(name) for name in names] for names in (chart.series, chart.categories))
    rest: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if tuple(row[place] for place in places) not in ahead:
            rest[tuple(row[place] for place in category)].append(row)
    number = len(block.series) - len(kept)
    block.series = [*(block.series[place] for place in kept), Member((), f"Other ({number:,})", OTHER)]
    measure = sheet.column(chart.values[0])
    block.values = [
        [
            *(values[place] for place in kept),
            None if all(value is None for value in values) else amount(sheet, measure, rest.get(member.key, [])),
        ]
        for member, values in zip(block.categories, block.values, strict=True)
    ]
    block.drawn_series = list(range(len(block.series)))


def _number(value: Value) -> Any:
    return 0 if value is None else value


def _add_share(block: Block) -> None:
    """Add what each category's figure is of all of them together, and draw that."""
    if block.chart.kind != "share":
        return
    whole: Any = sum_of(values[0] for values in block.values)
    block.series.append(Member((), "Share", SHARE))
    block.values = [
        [values[0], float(_number(values[0])) / float(whole) if whole and values[0] is not None else None]
        for values in block.values
    ]
    block.drawn_series = [1]
