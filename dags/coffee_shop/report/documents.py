"""The JSON documents of a report as types: what goes between its tasks, and `summary.json` (docs/summary.md).

Days are ISO dates, moments ISO texts with their offset, amounts decimal texts; numbers of outlets are texts.
"""

from typing import Literal, NotRequired, TypedDict

from coffee_shop.lake.documents import Handover, Usage
from coffee_shop.periods import PeriodAsJson
from coffee_shop.settings import TargetUnit

FigureName = Literal["income", "net_income", "transactions", "items", "average_receipt", "registered_share"]


class RunOfReport(TypedDict):
    """Which run makes a report."""

    dag_id: str
    run_id: str


class MailOfRun(TypedDict):
    """A mail that a run sends; ``reports`` is None for all workbooks, ``outlet`` None when it is about the shop."""

    recipients: list[str]
    reports: list[str] | None
    outlet: str | None


class Request(TypedDict):
    """What a run is to do. ``mail_once_as`` names the marker of an upload's mail."""

    run: RunOfReport
    period: PeriodAsJson
    reports: list[str]
    mail: bool
    mails: list[MailOfRun]
    mail_once_as: str | None
    restates: bool
    target_unit: TargetUnit


class OutletsOfDay(TypedDict):
    """Outlets that are missing or closed on a day; ``whole_day`` when nobody sold on it."""

    day: str
    outlets: list[str]
    whole_day: bool


class Published(TypedDict):
    """What the wait before a report found."""

    status: str
    missing: list[OutletsOfDay]
    waiting_for: list[OutletsOfDay]
    load_id: str | None
    has_inventory: bool


class QueryParams(TypedDict):
    """The params of the operator that asks a question."""

    question: str
    sql: str
    period_start: str
    period_end: str
    clean_database: str
    target_unit: TargetUnit


class DataOfReport(TypedDict):
    """Which data the queries of a report saw."""

    load_id: str | None
    published_at: str | None
    changed_while_made: bool


class State(TypedDict):
    """Which queries count, by ``<report>/<question>``, which data they saw, and all ``queries`` that were paid."""

    executions: dict[str, str]
    queries: list[str]
    has_inventory: bool
    data: DataOfReport


class Staged(TypedDict):
    """A workbook that waits in the state bucket."""

    report: str
    file: str
    bucket: str
    key: str
    size: int
    sha256: str


class PeriodOfSummary(TypedDict):
    """The dates that a report is about, both included."""

    kind: str
    start: str
    end: str
    label: str
    folder: str


class NamedOutlet(TypedDict):
    """Which outlet."""

    number: str
    neighbourhood: str


class Outlet(NamedOutlet):
    """An outlet's figures."""

    income: str
    transactions: int
    items: int


class Day(TypedDict):
    """A day's figures, and how many outlets sold."""

    day: str
    income: str
    transactions: int
    items: int
    outlets: int


class Figures(TypedDict):
    """The figures that periods are compared by; of an average, counts need not be whole."""

    income: str
    net_income: str
    transactions: float
    items: float
    average_receipt: float | None
    registered_share: float | None


class Headline(Figures):
    """The headline figures; ``production_cost`` and ``lines`` are the shop's alone, not in the mail of an outlet."""

    production_cost: NotRequired[str]
    registered_transactions: int
    lines: NotRequired[int]
    best_outlet: Outlet | None
    worst_outlet: Outlet | None
    days_missing: int
    outlet_days_missing: int


class Comparison(TypedDict):
    """A period that a report is compared with; without ``figures`` it is no measure, for a ``reason``."""

    base: str
    label: str
    start: str
    end: str
    averaged: int | None
    figures: Figures | None
    reason: str | None
    closed: list[str]
    unpublished: list[str]
    missing: list[OutletsOfDay]
    closed_outlets: list[OutletsOfDay]


class Span(TypedDict):
    """A span of the trend; ``complete`` when every expected outlet sold."""

    start: str
    end: str
    complete: bool
    figures: Figures | None


class MoveOfIncome(TypedDict):
    """Income that stands out: of the shop, an outlet or a category."""

    of: str
    name: str
    income: str
    usual: str
    days_left_out: int


class Highlights(TypedDict):
    """What stands out; ``judged`` when there were weeks enough to judge the shop by."""

    judged: bool
    moves: list[MoveOfIncome]


class Category(TypedDict):
    """A product category's figures."""

    category: str
    income: str
    items: int


class Bar(TypedDict):
    """Incomes at an ISO date, or at an hour from 0; None where nothing was sold or there is no such day."""

    at: str
    income: str | None
    before: str | None


class IncomeChart(TypedDict):
    """The chart of a mail: by day or hour; ``before`` is the label of the period whose incomes stand beside."""

    by: str
    before: str | None
    bars: list[Bar]


class OutletReport(TypedDict):
    """What a summary says of one outlet that has a mail of its own; ``missing`` are days."""

    status: str
    figures: Figures | None
    registered_transactions: int
    missing: list[str]
    days: list[Day]
    comparisons: list[Comparison]
    trend: list[Span]
    highlights: Highlights
    restated: "Restatement | None"


class MonthOfTargets(TypedDict):
    """Goals and sales of a month's outlets together."""

    month: str
    complete: bool
    unit: TargetUnit
    days_loaded: int
    days_of_month: int
    outlets: int
    on_course: int
    goal: str | None
    sold: str | None
    forecast: str | None


class Inventory(TypedDict):
    """Stock and waste of all outlets together."""

    stock: int
    sold: int
    waste: int
    waste_share: float | None
    waste_cost: str
    waste_without_price: int
    compared: int
    agreeing: int


class Refunds(TypedDict):
    """Lines with a minus, and their amount."""

    lines: int
    amount: str


class UnreadableColumn(TypedDict):
    """An optional column that cannot be read in more than 1 % of a file's rows."""

    key: str
    column: str
    rows: int
    of: int


class Quarantine(TypedDict):
    """How many rows of the period are in quarantine."""

    rows: int


class OpenFile(TypedDict):
    """A raw file that waits for a newer version."""

    dataset: str
    key: str
    status: str
    reason: str | None
    at: str


class DataQuality(TypedDict):
    """What a reader must know about the data of a period."""

    missing: list[OutletsOfDay]
    closed: list[OutletsOfDay]
    history_begins: str | None
    lines_without_wholesale_price: int
    income_without_wholesale_price: str
    refunds: Refunds
    unreadable_columns: list[UnreadableColumn]
    quarantine: Quarantine
    open_files: list[OpenFile]
    handovers: list[Handover]


class Compared(TypedDict):
    """The parts of a summary that come from the history."""

    comparisons: list[Comparison]
    trend: list[Span]
    highlights: Highlights
    categories: list[Category]
    chart: IncomeChart | None
    outlet_reports: dict[str, OutletReport]


class FiguresBefore(TypedDict):
    """The figures of the report before; of an outlet its income alone."""

    income: str
    net_income: NotRequired[str]
    transactions: NotRequired[float]
    items: NotRequired[float]
    average_receipt: NotRequired[float | None]
    registered_share: NotRequired[float | None]


class ChangedDay(TypedDict):
    """The incomes of a day, None without sales."""

    day: str
    before: str | None
    after: str | None


class ChangedOutlet(NamedOutlet):
    """The incomes of an outlet, None without sales."""

    before: str | None
    after: str | None


class Cause(TypedDict):
    """A file that a load took in or withdrew (``what``), and the days that it changed."""

    load_id: str
    at: str
    key: str | None
    what: str
    days: list[str]


class Restatement(TypedDict):
    """What a report replaces: figures of the report that people have, and which files changed them."""

    at: str
    version: int
    made_at: str
    before: FiguresBefore | None
    income_change: float | None
    days: list[ChangedDay]
    outlets: list[ChangedOutlet]
    causes: list[Cause]


class Draft(Compared):
    """`summary.json` before the report lies in its folder; ``outlet`` is there in what an outlet's mail is made of."""

    format: int
    shop: str
    currency: str
    run: RunOfReport
    period: PeriodOfSummary
    status: str
    data: DataOfReport
    headline: Headline | None
    outlets: list[Outlet]
    days: list[Day]
    targets: list[MonthOfTargets]
    inventory: Inventory | None
    data_quality: DataQuality
    restated: Restatement | None
    usage: Usage | None
    outlet: NotRequired[str]


class FileOfReport(TypedDict):
    """A workbook in the reports bucket, and the version of the report that made it."""

    report: str
    file: str
    size: int
    sha256: str
    key: str
    version: int


class Summary(Draft):
    """`summary.json`."""

    version: int
    made_at: str
    files: list[FileOfReport]
