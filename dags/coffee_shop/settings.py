"""Everything that differs from one shop or installation to the next.

Names of buckets and databases come from environment variables, filled from the outputs of the infrastructure template.
Lists, limits and switches come from one Airflow Variable, ``coffee_shop`` (JSON), read inside tasks only.
What shapes a DAG while its file is parsed (schedules, time zone, deferring) comes from the environment as well,
because a Variable must not be read then.
"""

import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from coffee_shop.periods import CALENDAR_KINDS, CUSTOM, UPLOAD

REPORT_NAMES = ("customer", "employee", "sales", "target", "inventory")
TARGET_UNITS = ("items", "income")
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
    poll_seconds: int
    files_wait_seconds: int


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
        poll_seconds=_seconds(environment, "COFFEE_SHOP_POLL_SECONDS", default=10),
        files_wait_seconds=_seconds(environment, "COFFEE_SHOP_FILES_WAIT_SECONDS", default=600),
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


def _seconds(environment: Mapping[str, str], variable: str, *, default: int) -> int:
    value = environment.get(variable) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError(f"{variable} is {value!r}; expected a whole number of seconds from 1.")
    return int(value)


@dataclass(frozen=True)
class MailList:
    """Who gets the mails about some kinds of period, with which workbooks, or about some outlets without any."""

    recipients: tuple[str, ...]
    periods: tuple[str, ...] = (*CALENDAR_KINDS, CUSTOM, UPLOAD)
    reports: tuple[str, ...] = REPORT_NAMES
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The Airflow Variable ``coffee_shop``, every key checked; keys that it does not have keep these defaults.

    ``time_zone`` is the one exception: it comes from the environment, because the schedules need it too.
    """

    time_zone: str = "America/New_York"

    # how things are shown
    shop_name: str = "Coffee Shop"
    currency_symbol: str = "$"
    date_format: str = "%Y-%m-%d"

    # load
    quiet_minutes: float = 5
    """The load waits until no file has landed for this long."""
    quarantine_share: float = 0.01
    """A file with a larger share of its rows in quarantine is refused whole."""
    max_quantity: int = 1000
    """The largest quantity that a line of sales may have."""
    kept_share: float = 0.9
    """An upload that leaves a published day with less than this share of its receipts or amount is held back."""
    lease_minutes: float = 120
    """How long a load may go without a sign of life before another one may take its place."""

    # reports
    wait_days: int = 3
    """A report waits only for days that are at most this old."""
    wait_hours: float = 3
    """How long a report waits for days that are not published yet."""
    expected_outlet_days: int = 28
    """An outlet that sold in so many days before a day is expected to sell on it."""
    closed_days: tuple[date, ...] = ()
    """Days on which no outlet is expected to sell."""
    upload_report: bool = True
    """Whether an upload makes a report of the days that it changed."""
    upload_report_days: int = 42
    """A report on an upload spans at most so many days; when an upload changed days further apart, none is made."""
    target_unit: str = "items"
    """What the goals in the files of sales targets are counted in: ``items`` or ``income``."""

    # mail
    mail_recipients: tuple[str, ...] = ()
    """Who gets all reports."""
    mail_lists: tuple[MailList, ...] = ()
    """Who gets the mails of some periods only, or with some workbooks only: see docs/operating.md."""
    mail_digest: bool = False
    """Whether daily and upload reports are made but not mailed by themselves, so that the weekly one is the digest."""
    mail_operators: tuple[str, ...] = ()
    """Who gets the alarms, besides the recipients' report."""
    mail_allowed: tuple[str, ...] = ()
    """Addresses, or domains such as ``@coffee-shop.example``, that may be typed into a form; recipients always may."""
    mail_size_limit_mb: float = 10
    """A mail that would be larger carries links in place of attachments."""
    mail_on_backfill: bool = False
    """Whether a back-fill mails its reports."""
    link_days: float = 7
    """How long a link in a mail works; S3 allows at most 7 days."""

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The shop's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class _Rule:
    """What a setting must be: ``words`` for the error message, the JSON types, and the limits of a number."""

    words: str
    types: tuple[type, ...]
    least: float | None = None
    most: float | None = None
    items: re.Pattern[str] | None = field(default=None)


def _number(least: float, most: float) -> _Rule:
    return _Rule(f"a number from {least:g} to {most:g}", (int, float), least, most)


def _whole(least: int, most: int) -> _Rule:
    return _Rule(f"a whole number from {least} to {most}", (int,), least, most)


_TEXT = _Rule("a text that is not empty", (str,))
_ON_OFF = _Rule("true or false", (bool,))
_ADDRESSES = _Rule(
    'a list of addresses such as ["manager@coffee-shop.example"]', (list,), items=re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
)
_ALLOWED = _Rule(
    'a list of addresses or domains such as ["@coffee-shop.example"]',
    (list,),
    items=re.compile(r"[^@\s,;<>]*@[^@\s,;<>]+"),
)
_DAYS = _Rule('a list of dates such as ["2019-12-25"]', (list,), items=re.compile(r"\d{4}-\d{2}-\d{2}"))

_OUTLET = re.compile(r"0|[1-9][0-9]{0,39}")  # contract 3.3: without leading zeros
_TARGET_UNIT = _Rule(" or ".join(f'"{unit}"' for unit in TARGET_UNITS), (str,))
_MAIL_LISTS = _Rule(
    'a list of objects such as {"recipients": ["manager@coffee-shop.example"], "periods": ["weekly"], "reports": '
    f'["sales"]}}; periods can be {", ".join(MailList.periods)}, reports {", ".join(MailList.reports)}; "outlets": '
    '["3"] in place of reports makes it the mail of those outlets',
    (list,),
)

_RULES = {
    "shop_name": _TEXT,
    "currency_symbol": _TEXT,
    "date_format": _TEXT,
    "quiet_minutes": _number(0, 120),
    "quarantine_share": _number(0, 1),
    "max_quantity": _whole(1, 1_000_000),
    "kept_share": _number(0, 1),
    "lease_minutes": _number(1, 1440),
    "wait_days": _whole(0, 366),
    "wait_hours": _number(0, 48),
    "expected_outlet_days": _whole(1, 366),
    "closed_days": _DAYS,
    "upload_report": _ON_OFF,
    "upload_report_days": _whole(1, 366),
    "target_unit": _TARGET_UNIT,
    "mail_recipients": _ADDRESSES,
    "mail_lists": _MAIL_LISTS,
    "mail_digest": _ON_OFF,
    "mail_operators": _ADDRESSES,
    "mail_allowed": _ALLOWED,
    "mail_size_limit_mb": _number(0.01, 40),
    "mail_on_backfill": _ON_OFF,
    "link_days": _number(0.01, 7),
}


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
    problems = [_problem(key, value) for key, value in found.items()]
    wrong = [problem for problem in problems if problem]
    if wrong:
        raise SettingsError(f"The Airflow Variable {VARIABLE!r} cannot be used: {'; '.join(wrong)}.")
    return Settings(time_zone=time_zone, **{key: _plain(key, value) for key, value in found.items()})


def _problem(key: str, value: object) -> str | None:
    """Return what is wrong with one setting, or None."""
    if key == "time_zone":
        return "time_zone is set by the environment variable COFFEE_SHOP_TIME_ZONE, because the schedules need it too"
    if key not in _RULES:
        return f"unknown key {key!r} (known: {', '.join(sorted(_RULES))})"
    rule = _RULES[key]
    # to Python, true is a whole number as well
    right_type = isinstance(value, rule.types) and (not isinstance(value, bool) or bool in rule.types)
    if right_type and _in_range(rule, value):
        return None
    return f"{key} is {value!r}, expected {rule.words}"


def _in_range(rule: _Rule, value: Any) -> bool:
    if rule is _TARGET_UNIT:
        return value in TARGET_UNITS
    if rule is _MAIL_LISTS:
        return all(_is_mail_list(item) for item in value)
    if rule.items is not None:
        return all(isinstance(item, str) and rule.items.fullmatch(item) and _real_day(rule, item) for item in value)
    if rule.least is not None and rule.most is not None:
        return bool(rule.least <= value <= rule.most)
    return value != "" or str not in rule.types


def _is_mail_list(item: Any) -> bool:
    """Return whether a JSON value has recipients, and nothing else but known periods and reports, one at least."""
    known = {each.name for each in fields(MailList)}
    if not isinstance(item, dict) or not {"recipients"} <= item.keys() <= known:
        return False
    if {"reports", "outlets"} <= item.keys():
        return False  # workbooks are about all outlets
    if not all(isinstance(value, list) and value for value in item.values()):
        return False
    return (
        _in_range(_ADDRESSES, item["recipients"])
        and all(period in MailList.periods for period in item.get("periods", ()))
        and all(report in MailList.reports for report in item.get("reports", ()))
        and all(isinstance(number, str) and _OUTLET.fullmatch(number) for number in item.get("outlets", ()))
    )


def _real_day(rule: _Rule, item: str) -> bool:
    if rule is not _DAYS:
        return True
    try:
        date.fromisoformat(item)
    except ValueError:
        return False
    return True


def _plain(key: str, value: Any) -> Any:
    if key == "closed_days":
        return tuple(date.fromisoformat(day) for day in value)
    if key == "mail_lists":
        return tuple(MailList(**{name: tuple(values) for name, values in item.items()}) for item in value)
    return tuple(value) if isinstance(value, list) else value


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
