"""How a page is drawn: the templates, and how amounts and moments are written."""

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from coffee_shop_reports_app.bucket import Json
from coffee_shop_reports_app.runs import run_link

MINUS = "\u2212"
FOLDER = Path(__file__).parent
FIGURES = (
    ("Income", "income", "money"),
    ("Net income", "net_income", "money"),
    ("Transactions", "transactions", "integer"),
    ("Items", "items", "integer"),
    ("Average receipt", "average_receipt", "money"),
    ("By registered customers", "registered_share", "percent"),
)
# no script at all, and nothing from elsewhere; no other page may show this one in a frame
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def zone() -> ZoneInfo:
    """Return the shop's time zone."""
    return ZoneInfo(os.environ.get("COFFEE_SHOP_TIME_ZONE") or "America/New_York")


def moment(text: str) -> str:
    """Return an ISO moment in the shop's time zone, to the minute."""
    return datetime.fromisoformat(text).astimezone(zone()).strftime("%Y-%m-%d %H:%M %Z")


def money(value: Any, currency: str = "") -> str:
    """Return an amount such as $1,234.50 or -$3.00."""
    amount = Decimal(value)
    return f"{'-' if amount < 0 else ''}{currency}{abs(amount):,.2f}"


def shortened(text: str | None, letters: int = 60) -> str:
    """Return a text on one line, cut off with an ellipsis after so many letters: a cell of a file can hold 32,767."""
    line = " ".join((text or "").split())
    return line if len(line) <= letters else f"{line[: letters - 1].rstrip()}\u2026"


def change(comparison: Json, headline: Json, name: str) -> str:
    """Return how a figure differs from a base, as the mail says it: +20.0%, points for a share, same, or n/a."""
    base, value = (comparison["figures"] or {}).get(name), headline[name]
    is_share = name == "registered_share"
    if base is None or value is None or (not is_share and Decimal(str(base)) <= 0):
        return "n/a"
    now, then = Decimal(str(value)), Decimal(str(base))
    difference = 100 * float(now - then if is_share else now / then - 1)
    if abs(difference) < 0.05:
        return "same"
    return f"{'+' if difference > 0 else MINUS}{abs(difference):,.1f}{' pts' if is_share else '%'}"


def restated_rows(summary: Json, most_days: int = 14, most_outlets: int = 12) -> list[tuple[str, str, str]]:
    """Return label, text before and text of now of what a restated report changed, as its mail says it."""
    restated, currency = summary["restated"], summary["currency"]
    before, now = restated["before"] or {}, summary["headline"] or {}
    figures = [(label, before.get(name), now.get(name), form) for label, name, form in FIGURES]
    days = [(f"Income of {each['day']}", each["before"], each["after"], "money") for each in restated["days"]]
    outlets = [
        (
            " ".join(["Income of", *map(shortened, filter(None, (each["number"], each["neighbourhood"])))]),
            each["before"],
            each["after"],
            "money",
        )
        for each in restated["outlets"]
    ]
    several = days[:most_days] if len(summary["days"]) > 1 else []
    return [
        (label, _figure(then, form, currency), _figure(value, form, currency))
        for label, then, value, form in [*figures, *several, *outlets[:most_outlets]]
        if then != value
    ]


def _figure(value: Any, form: str, currency: str) -> str:
    if value is None:
        return "no data"
    if form == "money":
        return money(value, currency)
    return f"{value:.1%}" if form == "percent" else f"{value:,}"


PAGES = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters |= {"moment": moment, "money": money, "shortened": shortened, "day": date.fromisoformat}
PAGES.globals |= {"run_link": run_link, "change": change, "restated_rows": restated_rows}


def page(name: str, status: int = 200, **content: Any) -> HTMLResponse:
    """Return a page, drawn from its template."""
    html = PAGES.get_template(name).render({"error": None} | content)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
