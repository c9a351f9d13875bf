"""Everything that differs from one shop or installation to the next.

Names of buckets and databases come from environment variables, filled from the outputs of the infrastructure template.
Lists, limits and switches come from one Airflow Variable, ``coffee_shop`` (JSON), read inside tasks only.
What shapes a DAG while its file is parsed (schedules, time zone, deferring) comes from the environment as well,
because a Variable must not be read then.
"""

import json
import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import ErrorDetails

ReportName = Literal["customer", "employee", "sales", "target", "inventory"]
TargetUnit = Literal["items", "income"]
REPORT_NAMES: tuple[ReportName, ...] = get_args(ReportName)
VARIABLE = "coffee_shop"


class SettingsError(ValueError):
    """A setting is missing, unknown or of the wrong kind; the message says which and what was expected."""


@dataclass(frozen=True)
class Names:
    """Names of everything that the infrastructure template made.

    A name whose variable is not set reads ``unset-<variable>``, so that a DAG file can still be parsed; ``names()``,
    which tasks call, refuses that.
    """

    stack: str
    raw_bucket: str
    clean_bucket: str
    conform_bucket: str
    reports_bucket: str
    state_bucket: str
    artifacts_bucket: str
    results_bucket: str
    raw_database: str
    clean_database: str
    conform_database: str
    workgroup: str
    mail_from: str

    def crawler(self, zone: str) -> str:
        """Return the name of the crawler of a zone: raw, clean or conform."""
        return f"{self.stack}-{zone}"

    def database(self, zone: str) -> str:
        """Return the catalog's database of a zone: raw, clean or conform."""
        return {"raw": self.raw_database, "clean": self.clean_database, "conform": self.conform_database}[zone]

    def job(self, task: str) -> str:
        """Return the name of the Glue job that the task ``partition_data`` and its like start."""
        return f"{self.stack}-{task.replace('_', '-')}"


_NAME_DEFAULTS = {
    "stack": "coffee-shop",
    "raw_database": "coffee_shop_raw",
    "clean_database": "coffee_shop_clean",
    "conform_database": "coffee_shop_conform",
}


def _variable_of(name: str) -> str:
    return f"COFFEE_SHOP_{name.upper()}"


def names_while_parsing(environment: Mapping[str, str] = os.environ) -> Names:
    """Return the names for use in operators' arguments; what is not set yet reads ``unset-<variable>``."""
    found = {}
    for name in (each.name for each in fields(Names)):
        variable = _variable_of(name)
        unset = f"unset-{variable.lower().replace('_', '-')}"
        found[name] = environment.get(variable) or _NAME_DEFAULTS.get(name, unset)
    return Names(**found)


def names(environment: Mapping[str, str] = os.environ) -> Names:
    """Return the names for use inside tasks.

    Raises:
        SettingsError: environment variables are not set; the message lists them.
    """
    found = names_while_parsing(environment)
    missing = [_variable_of(f.name) for f in fields(Names) if getattr(found, f.name).startswith("unset-")]
    if missing:
        raise SettingsError(
            f"These environment variables are not set: {', '.join(missing)}. The deploy writes them from the outputs "
            "of the infrastructure template; Airflow's programs must be started with them."
        )
    return found


@dataclass(frozen=True)
class ParseSettings:
    """What shapes the DAGs; read from the environment when a DAG file is parsed."""

    time_zone: str
    start_date: datetime
    load_cron: str
    daily_cron: str
    weekly_cron: str
    monthly_cron: str
    deferrable: bool
    poll_seconds: float
    files_wait_seconds: int

    @property
    def poke_seconds(self) -> float:
        """How often a sensor looks that is rescheduled, so that each look takes a process of its own."""
        return max(3.0, 3 * self.poll_seconds)


def parse_settings(environment: Mapping[str, str] = os.environ) -> ParseSettings:
    """Return the settings that are needed while DAG files are parsed.

    Raises:
        SettingsError: a variable has a value that cannot be used; the message names it.
    """
    return ParseSettings(
        time_zone=_time_zone(environment),
        start_date=_start_date(environment.get("COFFEE_SHOP_START_DATE") or "2019-01-01", _time_zone(environment)),
        load_cron=environment.get("COFFEE_SHOP_LOAD_CRON") or "0 5 * * *",
        daily_cron=environment.get("COFFEE_SHOP_DAILY_CRON") or "0 6 * * *",
        weekly_cron=environment.get("COFFEE_SHOP_WEEKLY_CRON") or "30 6 * * 1",
        monthly_cron=environment.get("COFFEE_SHOP_MONTHLY_CRON") or "0 7 1 * *",
        deferrable=_switch(environment, "COFFEE_SHOP_DEFERRABLE", default=True),
        poll_seconds=_seconds(environment, "COFFEE_SHOP_POLL_SECONDS", default=10, least=0.1),
        files_wait_seconds=int(_seconds(environment, "COFFEE_SHOP_FILES_WAIT_SECONDS", default=600, least=1)),
    )


def _time_zone(environment: Mapping[str, str]) -> str:
    zone = environment.get("COFFEE_SHOP_TIME_ZONE") or "America/New_York"
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f"COFFEE_SHOP_TIME_ZONE is {zone!r}; expected a time zone such as America/New_York."
        ) from error
    return zone


def _start_date(text: str, zone: str) -> datetime:
    """Return a moment; a date is its midnight in the shop's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"COFFEE_SHOP_START_DATE is {text!r}; expected a date such as 2019-01-01.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zoneinfo.ZoneInfo(zone))


def _switch(environment: Mapping[str, str], variable: str, *, default: bool) -> bool:
    value = environment.get(variable) or str(int(default))
    if value not in ("0", "1"):
        raise SettingsError(f"{variable} is {value!r}; expected 1 (on) or 0 (off).")
    return value == "1"


def _seconds(environment: Mapping[str, str], variable: str, *, default: int, least: float) -> float:
    value = environment.get(variable) or str(default)
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", value, re.ASCII) or float(value) < least:
        raise SettingsError(f"{variable} is {value!r}; expected a number of seconds from {least:g}, such as {default}.")
    return float(value)


# built when the first settings are read: most tasks read none, and each would build it anew
_CHECKED = ConfigDict(extra="forbid", strict=True, defer_build=True)


def _with_example(**example: object) -> ConfigDict:
    as_text = json.dumps(example)  # a schema would put its keys in another order
    return ConfigDict(**_CHECKED, json_schema_extra={"examples": [as_text]})


Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Address = Annotated[str, Field(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$", examples=["manager@coffee-shop.example"])]
AllowedAddress = Annotated[str, Field(pattern=r"^[^@\s,;<>]*@[^@\s,;<>]+$", examples=["@coffee-shop.example"])]


def _iso_day(value: object) -> object:
    """Take a text for a date only as JSON has it here: pydantic would take seconds since 1970 too."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("expected a date such as 2019-12-25")
    return value


Day = Annotated[date, Field(strict=False), BeforeValidator(_iso_day)]


def _number_as_text(value: object) -> object:
    """Take a number of JSON for the number of an outlet, which is text because it may have 40 digits."""
    return str(value) if type(value) is int else value


OutletNumber = Annotated[
    str, Field(pattern=r"^(0|[1-9][0-9]{0,39})$", examples=["3"]), BeforeValidator(_number_as_text)
]  # contract 3.3: no leading zeros
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
PeriodKind = Literal["daily", "weekly", "monthly", "custom", "upload"]


@checked_dataclass(
    frozen=True,
    config=_with_example(recipients=["manager@coffee-shop.example"], periods=["weekly"], reports=["employee"]),
)
class MailList:
    """Who gets the mails about some kinds of period, with which workbooks, or about some outlets without any."""

    recipients: tuple[Address, ...] = Field(min_length=1)
    """The addresses."""
    periods: tuple[PeriodKind, ...] = Field(default=get_args(PeriodKind), min_length=1)
    """The kinds of period that they get mails about."""
    reports: tuple[ReportName, ...] = Field(default=REPORT_NAMES, min_length=1)
    """The workbooks that they get."""
    outlets: tuple[OutletNumber, ...] = Field(default=(), min_length=1)
    """In place of reports: the mails about these outlets, which have no workbook."""

    @model_validator(mode="after")
    def _is_about_outlets_or_has_reports(self) -> "MailList":
        if self.outlets and self.reports != REPORT_NAMES:
            raise ValueError("it has reports or outlets, not both: workbooks are about all outlets")
        return self


@checked_dataclass(
    frozen=True,
    config=_with_example(outlet=3, weekdays=["sunday"], dates=["2019-12-24"], gone_from="2020-01-01"),
)
class ClosedOutlet:
    """When an outlet is closed, so that it is not expected to sell."""

    outlet: OutletNumber
    """The outlet's number."""
    weekdays: tuple[Weekday, ...] = ()
    """The weekdays on which it is always closed."""
    dates: tuple[Day, ...] = ()
    """The dates on which it is closed."""
    gone_from: Day | None = None
    """The first day on which it is closed for good."""

    @model_validator(mode="after")
    def _is_closed_at_all(self) -> "ClosedOutlet":
        if not (self.weekdays or self.dates or self.gone_from):
            raise ValueError("it needs weekdays, dates or gone_from: nothing says when the outlet is closed")
        return self

    def closes(self, day: date) -> bool:
        """Return whether the outlet is closed on a day."""
        is_gone = self.gone_from is not None and day >= self.gone_from
        return is_gone or day in self.dates or WEEKDAYS[day.weekday()] in self.weekdays


Price = Annotated[float, Field(ge=0, le=1_000_000)]


@checked_dataclass(frozen=True, config=_with_example(glue_dpu_hour=0.44))
class Prices:
    """What AWS takes, in US dollars."""

    glue_dpu_hour: Price = 0.44
    """An hour of a DPU, of jobs and crawlers."""
    crawler_dpus: Price = 2
    """How many DPUs a crawl is taken to use; Glue decides it."""
    athena_terabyte: Price = 5
    """A terabyte that queries read."""


@checked_dataclass(frozen=True, config=_CHECKED)
class Settings:
    """The Airflow Variable ``coffee_shop``, every key checked; keys that it does not have keep these defaults.

    ``time_zone`` is the one exception: it comes from the environment, because the schedules need it too.
    """

    time_zone: str = "America/New_York"
    """Where the shop is; from the environment variable COFFEE_SHOP_TIME_ZONE."""

    # how things are shown
    shop_name: Text = "Coffee Shop"
    """The shop's name, in subjects and on sheets."""
    currency_symbol: Text = "$"
    """The sign before an amount."""
    date_format: Text = "%Y-%m-%d"
    """How dates are written, as Python's strftime has it."""

    # load
    quiet_minutes: float = Field(default=5, ge=0, le=120)
    """The load waits until no file has landed for this long."""
    quarantine_share: Share = 0.01
    """A file is refused whole when more than this share of its rows, and more than three, go to quarantine."""
    max_quantity: int = Field(default=1000, ge=1, le=1_000_000)
    """The largest quantity that a line of sales may have."""
    kept_share: Share = 0.9
    """An upload that leaves a published day with less than this share of its receipts or amount is held back."""
    always_crawl: bool = False
    """Whether each load crawls, also when no table and no column is new."""
    lease_minutes: float = Field(default=120, ge=1, le=1440)
    """How long a load may go without a sign of life before another one may take its place."""

    # reports
    wait_days: int = Field(default=3, ge=0, le=366)
    """A report waits only for days that are at most this old."""
    wait_hours: float = Field(default=3, ge=0, le=48)
    """How long a report waits for days that are not published yet."""
    expected_outlet_days: int = Field(default=28, ge=1, le=366)
    """An outlet that sold in so many days before a day is expected to sell on it."""
    closed_days: tuple[Day, ...] = ()
    """Days on which no outlet is expected to sell."""
    closed_outlets: tuple[ClosedOutlet, ...] = ()
    """When single outlets are closed, so that they are not missing."""
    upload_report: bool = True
    """Whether an upload makes a report of the days that it changed."""
    upload_report_days: int = Field(default=42, ge=1, le=366)
    """A report on an upload spans at most so many days; when an upload changed days further apart, none is made."""
    restated_mail_share: Share = 0.005
    """A report that a load restates is mailed when its income moved by at least this share."""
    target_unit: TargetUnit = "items"
    """What the goals in the files of sales targets are counted in: ``items`` or ``income``."""

    prices: Prices = Prices()
    """What AWS takes, to price a load or a report; the defaults are list prices of us-east-1 (docs/costs.md)."""

    # mail
    mail_recipients: tuple[Address, ...] = ()
    """Who gets all reports."""
    mail_lists: tuple[MailList, ...] = ()
    """Who gets the mails of some periods only, or with some workbooks only: see docs/operating.md."""
    mail_digest: bool = False
    """Whether daily and upload reports are made but not mailed by themselves, so that the weekly one is the digest."""
    mail_operators: tuple[Address, ...] = ()
    """Who gets a mail when a run of a load or report fails, or when a report has no data."""
    mail_allowed: tuple[AllowedAddress, ...] = ()
    """Addresses, or domains such as ``@coffee-shop.example``, that may be typed into a form; recipients always may."""
    mail_size_limit_mb: float = Field(default=10, ge=0.01, le=40)
    """A mail that would be larger carries links in place of attachments."""
    mail_on_backfill: bool = False
    """Whether a back-fill mails its reports."""

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The shop's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)

    def closes(self, outlet: str, day: date) -> bool:
        """Return whether an outlet, by its number, is closed on a day: with all outlets, or by itself."""
        return day in self.closed_days or any(each.closes(day) for each in self.closed_outlets if each.outlet == outlet)


def settings() -> Settings:
    """Return the settings from the Airflow Variable ``coffee_shop``; call it inside tasks only.

    Raises:
        SettingsError: the Variable is not as it should be; the message names each key at fault.
    """
    from airflow.sdk import Variable

    try:
        found = Variable.get(VARIABLE, default={}, deserialize_json=True)
    except ValueError as error:
        raise SettingsError(f"The Airflow Variable {VARIABLE!r} is not valid JSON: {error}") from error
    return check_settings(found, time_zone=_time_zone(os.environ))


def check_settings(found: object, time_zone: str = "America/New_York") -> Settings:
    """Return the settings in ``found``, the Variable's JSON value, with the defaults for keys that it does not have.

    Raises:
        SettingsError: not an object, unknown keys, or values of the wrong kind or out of range.
    """
    if not isinstance(found, dict):
        raise SettingsError(
            f'The Airflow Variable {VARIABLE!r} must be a JSON object such as {{"shop_name": "Coffee Shop"}}, '
            f"not {type(found).__name__}."
        )
    if "time_zone" in found:
        raise SettingsError(
            f"The Airflow Variable {VARIABLE!r} cannot be used: time_zone is set by the environment variable "
            "COFFEE_SHOP_TIME_ZONE, because the schedules need it too."
        )
    try:
        checked = TypeAdapter(Settings).validate_json(json.dumps(found))
    except ValidationError as error:
        problems = "; ".join(_problem(each) for each in error.errors(include_url=False))
        raise SettingsError(f"The Airflow Variable {VARIABLE!r} cannot be used: {problems}.") from error
    return replace(checked, time_zone=time_zone)


def _problem(error: ErrorDetails) -> str:
    """Return what is wrong with one setting, such as ``max_quantity is 0, expected a whole number from 1``."""
    first, *rest = error["loc"]
    if error["type"] == "unexpected_keyword_argument" and not rest:
        return f"unknown key {first!r} (known: {', '.join(sorted(expectations()))})"
    place = str(first) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
    words = f", expected {expectations()[str(first)]}"
    return f"{place} is {error['input']!r}{words if not rest else ': ' + error['msg']}"


def expectations() -> dict[str, str]:
    """Return in words what each setting of the Variable must be, for errors and for docs/settings.md."""
    schema = TypeAdapter(Settings).json_schema()
    return {name: _expected(rule, schema) for name, rule in schema["properties"].items() if name != "time_zone"}


def _expected(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    kinds = {"number": "a number", "integer": "a whole number"}
    match rule:
        case {"type": "number" | "integer" as kind, "minimum": least, "maximum": most}:
            return f"{kinds[kind]} from {least:,} to {most:,}"
        case {"type": "boolean"}:
            return "true or false"
        case {"enum": values}:
            return " or ".join(map(json.dumps, values))
        case {"type": "array", "items": {"format": "date"}}:
            return 'a list of dates such as ["2019-12-25"]'
        case {"type": "array", "items": {"$ref": place}}:
            return f"a list of objects such as {_example(place, schema)}"
        case {"$ref": place}:
            return f"an object such as {_example(place, schema)}"
        case {"type": "array", "items": {"examples": example}}:
            return f"a list such as {json.dumps(example)}"
        case _:
            return "a text that is not empty"


def _example(place: str, schema: Mapping[str, Any]) -> str:
    return str(schema["$defs"][place.rpartition("/")[2]]["examples"][0])


def task_defaults() -> dict[str, Any]:
    """Return the arguments that every task starts from: tried three times, waiting 10 s and then longer."""
    return {
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=5),
    }


def include_folder() -> Path:
    """Return the folder with the SQL, the templates and the data model: ``include/``.

    It lies beside ``dags/`` in the repository, and inside ``dags/`` on MWAA, where nothing else is synchronised.

    Raises:
        SettingsError: it is in neither place.
    """
    dags = Path(__file__).resolve().parent.parent
    places = [dags / "include", dags.parent / "include"]
    for place in places:
        if place.is_dir():
            return place
    raise SettingsError(f"The folder include/ is missing: looked for {places[0]} and {places[1]}.")
