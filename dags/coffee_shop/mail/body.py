"""The mail about a report: whom it may go to, what it says, and the message as SES takes it.

Pure: templates and dictionaries in, bytes out. Sending and fetching are the operator's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from coffee_shop.mail.figures import MOST_DAYS, figures_of_mail, period_of_summary
from coffee_shop.mail.sending import SMTP, new_message
from coffee_shop.report.text import data_line, largest, notes, state_text, subject, title, warnings
from coffee_shop.report.wording import Wording, outlet_name
from coffee_shop.settings import REPORT_NAMES, MailList, Settings

Json = dict[str, Any]

XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
MAX_RECIPIENTS = 50  # SES API reference, SendRawEmail: at most 50 recipients a message
MOST_OUTLETS = 12


class RecipientsError(ValueError):
    """Addresses that the settings do not allow, or too many; the message names them."""


@dataclass(frozen=True)
class Attachment:
    """A workbook to send."""

    name: str
    body: bytes


@dataclass(frozen=True)
class Link:
    """A workbook to fetch, in place of an attachment."""

    name: str
    url: str
    size: int


def check_recipients(typed: Sequence[str], recipients: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """Return who gets the mail: the addresses typed into the form, else the recipients of the settings.

    Args:
        typed: addresses from the form, or none.
        recipients: the setting ``mail_recipients``; these may always be typed.
        allowed: the setting ``mail_allowed``: addresses, or domains such as ``@coffee-shop.example``.

    Raises:
        RecipientsError: an address is neither, or there are more than SES takes in one mail.
    """
    wanted = [address.strip() for address in typed if address.strip()] or list(recipients)
    known = {address.casefold() for address in (*recipients, *allowed)}
    refused = [address for address in wanted if not _is_allowed(address, known)]
    if refused:
        raise RecipientsError(
            f"These addresses are not allowed: {', '.join(refused)}. Allowed are: "
            f"{', '.join(sorted(known)) or 'none'} (settings mail_recipients and mail_allowed of the Variable "
            "coffee_shop; a domain is written @coffee-shop.example)."
        )
    unique = list(dict.fromkeys(wanted))
    if len(unique) > MAX_RECIPIENTS:
        raise RecipientsError(f"{len(unique)} recipients; a mail can have {MAX_RECIPIENTS}. Use a list address.")
    return unique


def mails_of_run(kind: str, reports: Sequence[str], typed: Sequence[str], shop: Settings) -> list[Json]:
    """Return the mails that a run sends: for each group of people the workbooks that they get.

    Somebody who stands in several lists gets one mail, with the workbooks of all of them.

    Args:
        kind: what the run's period is: daily, weekly, monthly, custom, upload.
        reports: the workbooks that the run makes; who wants none of them gets no mail.
        typed: addresses from the form; they alone get it then, with all workbooks.
        shop: the settings ``mail_recipients``, ``mail_lists``, ``mail_allowed``.

    Returns:
        ``recipients``; ``reports``, the workbooks attached, null for all that lie beside the report, for people who
        want every workbook; ``outlet``, the number of the outlet that the mail is about, null for the shop.

    Raises:
        RecipientsError: as ``check_recipients``.
    """
    lists = (MailList(shop.mail_recipients), *shop.mail_lists)
    if any(address.strip() for address in typed):
        everybody = [address for each in lists for address in each.recipients]
        to = check_recipients(typed, everybody, shop.mail_allowed)
        return [{"recipients": to, "reports": None, "outlet": None}]
    of_kind = [each for each in lists if kind in each.periods]
    groups = _by_reports([each for each in of_kind if not each.outlets], reports)
    mails: list[Json] = [
        {"recipients": to, "reports": None if chosen is None else list(chosen), "outlet": None}
        for chosen, to in groups.items()
    ]
    outlets = _by_outlet([each for each in of_kind if each.outlets])
    mails += [{"recipients": to, "reports": [], "outlet": number} for number, to in outlets.items()]
    return [mail | {"recipients": check_recipients(mail["recipients"], mail["recipients"], ())} for mail in mails]


def _by_reports(lists: Sequence[MailList], reports: Sequence[str]) -> dict[tuple[str, ...] | None, list[str]]:
    """Return the addresses that get the same workbooks, those that get none of them left out.

    None stands for everything that lies beside the report, workbooks of earlier runs too: for those who want every
    workbook there is. An address written in several ways is one address, as it was written first.
    """
    spellings: dict[str, str] = {}
    wanted: dict[str, set[str]] = {}
    for each in lists:
        for address in each.recipients:
            spellings.setdefault(address.casefold(), address)
            wanted.setdefault(address.casefold(), set()).update(each.reports)
    groups: dict[tuple[str, ...] | None, list[str]] = {}
    for address, names in wanted.items():
        if chosen := tuple(report for report in reports if report in names):
            groups.setdefault(None if names >= set(REPORT_NAMES) else chosen, []).append(spellings[address])
    return groups


def _by_outlet(lists: Sequence[MailList]) -> dict[str, list[str]]:
    """Return the addresses that get the mail of an outlet, by its number."""
    groups: dict[str, list[str]] = {}
    for each in lists:
        for number in each.outlets:
            groups.setdefault(number, []).extend(each.recipients)
    return groups


def _is_allowed(address: str, known: set[str]) -> bool:
    name, at, domain = address.casefold().rpartition("@")
    whole = name and at and domain and not any(letter in address for letter in ' ,;<>"\r\n\t@'[:-1])
    return bool(whole) and "@" not in name and (address.casefold() in known or f"@{domain}" in known)


def compose(
    summary: Json,
    words: Wording,
    templates: Path,
    *,
    mail_from: str,
    to: Sequence[str],
    now: datetime,
    attachments: Sequence[Attachment] = (),
    links: Sequence[Link] = (),
    link_days: float = 0,
) -> bytes:
    """Write the mail about a report.

    Args:
        summary: summary.json.
        words: how the shop writes things.
        templates: the folder with report.html.j2 and report.txt.j2.
        mail_from: the sender that SES has verified.
        to: who gets it.
        now: the date in the mail's header.
        attachments: the workbooks, or
        links: where to fetch them, when they are too large.
        link_days: for how many days the links work.

    Returns:
        The raw message: text and HTML as alternatives, then the workbooks.
    """
    content = _content(summary, words, attachments, links, link_days)
    message = new_message(content["subject"], mail_from, to, now)
    message["X-Report"] = f"{summary['period']['folder']} version {summary['version']}"
    message.set_content(_render(templates, "report.txt.j2", content), cte="quoted-printable")
    message.add_alternative(_render(templates, "report.html.j2", content), subtype="html", cte="quoted-printable")
    for attachment in attachments:
        message.add_attachment(attachment.body, maintype=XLSX[0], subtype=XLSX[1], filename=attachment.name)
    return message.as_bytes(policy=SMTP)


def compose_alarm(
    summary: Json, words: Wording, templates: Path, *, mail_from: str, to: Sequence[str], now: datetime
) -> bytes:
    """Write the alarm to the operators about a report without any data."""
    content = {
        "summary": summary,
        "state": state_text(summary, words),
        "notes": notes(summary, words),
    }
    message = new_message(f"Alarm: {subject(summary, words)}", mail_from, to, now)
    message.set_content(_render(templates, "alarm.txt.j2", content), cte="quoted-printable")
    return message.as_bytes(policy=SMTP)


def _content(
    summary: Json, words: Wording, attachments: Sequence[Attachment], links: Sequence[Link], link_days: float
) -> Json:
    period, quality = period_of_summary(summary), summary["data_quality"]
    return {
        "summary": summary,
        "subject": subject(summary, words),
        "shop": words.shop,
        "title": title(period.kind).capitalize(),
        "period": words.period(period),
        "warnings": warnings(summary, words),
        **figures_of_mail(summary, words),
        "days": _bars(summary["days"], words, MOST_DAYS, lambda row: words.day(row["day"])),
        "outlets": _bars(summary["outlets"], words, MOST_OUTLETS, outlet_name),
        "data": data_line(summary, words),
        "for_operators": bool(quality["open_files"] or quality["handovers"]) and "outlet" not in summary,
        "state": state_text(summary, words),
        "attachments": attachments,
        "links": links,
        "link_days": f"{link_days:g}",
    }


def _bars(rows: list[Json], words: Wording, most: int, name: Any) -> list[Json]:
    """Return rows as bars: name, income as text, width in per cent; none for a single row or for too many.

    A row without sales has no bar (width 0): a day that is missing sold not a little but nothing that is known.
    """
    if not 2 <= len(rows) <= most:
        return []
    full = largest(rows)
    return [
        {
            "name": name(row),
            "weekday": datetime.fromisoformat(row["day"]).strftime("%a") if "day" in row else "",
            "income": "no sales" if row.get("outlets") == 0 else words.money(row["income"]),
            "width": 0 if Decimal(row["income"]) <= 0 else max(1, round(100 * Decimal(row["income"]) / full)),
        }
        for row in rows
    ]


def _render(templates: Path, name: str, content: Json) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = _size
    return environment.get_template(name).render(content)


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} kB"
