"""The mail about a report: what it says, and the message as SES takes it.

Pure: templates and dictionaries in, bytes out. Sending and fetching are the operator's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from coffee_shop.mail.figures import MOST_DAYS, Content, figures_of_mail, period_of_summary
from coffee_shop.mail.picture import draw_chart, title_of_chart, words_of_chart
from coffee_shop.mail.sending import SMTP, new_message
from coffee_shop.report.documents import Draft, Summary
from coffee_shop.report.restated_text import restated_of
from coffee_shop.report.text import data_line, largest, notes, state_text, subject, title, warnings
from coffee_shop.report.wording import Wording, outlet_name

XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
MOST_OUTLETS = 12
CHART = "income@chart"  # the picture's content id


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


def compose(
    summary: Summary,
    words: Wording,
    templates: Path,
    *,
    mail_from: str,
    to: Sequence[str],
    now: datetime,
    attachments: Sequence[Attachment] = (),
    links: Sequence[Link] = (),
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

    Returns:
        The raw message: text and HTML as alternatives, the HTML with its chart, then the workbooks.
    """
    content = _content(summary, words, attachments, links)
    message = new_message(content["subject"], mail_from, to, now)
    message["X-Report"] = f"{summary['period']['folder']} version {summary['version']}"
    message.set_content(_render(templates, "report.txt.j2", content), cte="quoted-printable")
    message.add_alternative(_render(templates, "report.html.j2", content), subtype="html", cte="quoted-printable")
    if summary["chart"]:
        page: Any = message.get_payload(1)
        png = draw_chart(summary["chart"], words)
        page.add_related(png, "image", "png", cid=f"<{CHART}>", filename="income.png", disposition="inline")
    for attachment in attachments:
        message.add_attachment(attachment.body, maintype=XLSX[0], subtype=XLSX[1], filename=attachment.name)
    return message.as_bytes(policy=SMTP)


def compose_alarm(
    summary: Draft, words: Wording, templates: Path, *, mail_from: str, to: Sequence[str], now: datetime
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


def _content(summary: Summary, words: Wording, attachments: Sequence[Attachment], links: Sequence[Link]) -> Content:
    period, quality = period_of_summary(summary), summary["data_quality"]
    return {
        "summary": summary,
        "subject": subject(summary, words),
        "shop": words.shop,
        "title": title(period.kind).capitalize(),
        "period": words.period(period),
        "warnings": warnings(summary, words),
        "restated": _restated(summary, words),
        **figures_of_mail(summary, words),
        "days": _bars(summary["days"], words, MOST_DAYS, lambda row: words.day(row["day"])),
        "chart": summary["chart"]
        and (title_of_chart(summary["chart"]), words_of_chart(summary["chart"], words), CHART),
        "outlets": _bars(summary["outlets"], words, MOST_OUTLETS, outlet_name),
        "data": data_line(summary, words),
        "for_operators": bool(quality["open_files"] or quality["handovers"]) and "outlet" not in summary,
        "state": state_text(summary, words),
        "attachments": attachments,
        "links": links,
    }


def _restated(summary: Draft, words: Wording) -> Content | None:
    """Return when the report before was made, what changed as texts, and why."""
    restated = restated_of(summary, words)
    if restated is None:
        return None
    return {
        "made": restated.made,
        "changes": [(change.label, *change.shown(words)) for change in restated.changes],
        "causes": restated.causes,
    }


def _bars(rows: Sequence[Mapping[str, Any]], words: Wording, most: int, name: Any) -> list[Content]:
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


def _render(templates: Path, name: str, content: Content) -> str:
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
