"""Who gets the mails about a report: addresses of the settings and of the form, and the workbooks each of them gets."""

from __future__ import annotations

from collections.abc import Sequence

from coffee_shop.report.documents import MailOfRun
from coffee_shop.settings import REPORT_NAMES, MailList, Settings

MAX_RECIPIENTS = 50  # SES API reference, SendRawEmail: at most 50 recipients a message


class RecipientsError(ValueError):
    """Addresses that the settings do not allow, or too many; the message names them."""


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


def mails_of_run(kind: str, reports: Sequence[str], typed: Sequence[str], shop: Settings) -> list[MailOfRun]:
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
    everything = [MailList(shop.mail_recipients)] if shop.mail_recipients else []
    lists = [*everything, *shop.mail_lists]
    if any(address.strip() for address in typed):
        everybody = [address for each in lists for address in each.recipients]
        to = check_recipients(typed, everybody, shop.mail_allowed)
        return [{"recipients": to, "reports": None, "outlet": None}]
    of_kind = [each for each in lists if kind in each.periods]
    groups = _by_reports([each for each in of_kind if not each.outlets], reports)
    mails: list[MailOfRun] = [
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
