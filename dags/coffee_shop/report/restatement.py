"""A restated report: what its figures were in the report that people have, and which files changed them (figures 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from coffee_shop.lake.documents import DAILY_DATASETS, Ledger, PublishedLoad
from coffee_shop.lake.ledger import changes_since
from coffee_shop.report.data_quality import NO_DATA
from coffee_shop.report.documents import (
    Cause,
    ChangedOutlet,
    Draft,
    FiguresBefore,
    Headline,
    Outlet,
    Restatement,
    Summary,
)
from coffee_shop.report.outlet_report import NOTHING
from coffee_shop.report.sent import newest_sent_versions
from coffee_shop.report.store import read_summary

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# what is compared: the period itself, not the periods that it is compared with
PARTS = ("status", "headline", "outlets", "days", "categories", "targets", "inventory")


def reports_that_people_have(
    s3: S3Client, newest: Summary, *, reports_bucket: str, state_bucket: str
) -> dict[str | None, Summary]:
    """Return the summaries of the versions that were mailed last, by the number of an outlet with a mail of its own.

    None stands for the whole shop; where that was never mailed, it has the newest version.
    """
    folder = newest["period"]["folder"]
    versions = newest_sent_versions(s3, state_bucket, folder)
    earlier = {
        version: read_summary(s3, reports_bucket, f"{folder}/versions/{version}")
        for version in set(versions.values()) - {newest["version"]}
    }
    return {None: newest} | {who: earlier.get(version) or newest for who, version in versions.items()}


def with_restatements(
    draft: Draft, people_have: Mapping[str | None, Summary], ledger: Ledger, *, repeat: bool
) -> Draft:
    """Return a draft that says what it replaces: for the whole shop, and for each outlet with a mail of its own.

    Args:
        draft: the new report's summary.
        people_have: what ``reports_that_people_have`` returns.
        ledger: the ledger of loads.
        repeat: whether a report with the figures of a restated one replaces what that one replaced, as when somebody
            asks for it again; one that a load had made again replaces nothing then.
    """
    of_shop = people_have[None]
    restated = restatement_of(of_shop, draft, ledger) or (of_shop.get("restated") if repeat else None)
    outlets = draft["outlet_reports"]
    if draft["status"] == NO_DATA:  # nobody has figures any more, and outlets that had some are told so
        outlets = {number: NOTHING for number in people_have if number}
    reports = {}
    for number, report in outlets.items():
        before = people_have.get(number, of_shop)
        own = _of_outlet(restatement_of(before, draft, ledger), number)
        if repeat and says_the_same(before, draft):
            own = before.get("outlet_reports", {}).get(number, NOTHING).get("restated")
        reports[number] = report | {"restated": own}
    return {**draft, "restated": restated, "outlet_reports": reports}


def restatement_of(before: Summary | None, draft: Draft, ledger: Ledger) -> Restatement | None:
    """Return what a new report says about the one that people have; None when its figures are the same.

    Args:
        before: the summary of the report that people have, None when there is none.
        draft: the new report's summary.
        ledger: the ledger of loads.

    Returns:
        ``at``, when the data was published; ``version`` and ``made_at`` of the report before; ``before``, its headline
        figures, null without data; ``income_change``, as a share of the income before, null where that was nothing; of
        ``days`` and ``outlets`` the income before and after where it changed; ``causes``, as ``causes_of``.
    """
    published_at = draft["data"]["published_at"]
    if before is None or published_at is None or before["format"] != draft["format"] or says_the_same(before, draft):
        return None
    days, days_now = ({row["day"]: row["income"] for row in each["days"]} for each in (before, draft))
    outlets, outlets_now = ({row["number"]: row for row in each["outlets"]} for each in (before, draft))
    return {
        "at": published_at,
        "version": before["version"],
        "made_at": before["made_at"],
        "before": before["headline"] and _figures_of(before["headline"]),
        "income_change": income_change(*(each["headline"] and each["headline"]["income"] for each in (before, draft))),
        "days": [
            {"day": day, "before": days.get(day), "after": days_now.get(day)}
            for day in sorted(days.keys() | days_now.keys())
            if days.get(day) != days_now.get(day)
        ],
        "outlets": _changed_outlets(outlets, outlets_now),
        "causes": causes_of(ledger, draft["period"]["start"], draft["period"]["end"], before["data"]["load_id"]),
    }


def _figures_of(headline: Headline) -> FiguresBefore:
    return {
        "income": headline["income"],
        "net_income": headline["net_income"],
        "transactions": headline["transactions"],
        "items": headline["items"],
        "average_receipt": headline["average_receipt"],
        "registered_share": headline["registered_share"],
    }


def says_the_same(before: Summary, draft: Draft) -> bool:
    """Tell whether a report has the figures of an earlier one, and as much missing."""
    missing = before["data_quality"]["missing"] == draft["data_quality"]["missing"]
    return missing and all(before.get(part) == draft.get(part) for part in PARTS)


def income_change(before: str | None, after: str | None) -> float | None:
    """Return by which share of the income before it moved, up or down; None where there was none before or is none now.

    Args:
        before: the income of the report that people have, None without data.
        after: the income of now, None without data.
    """
    if before == after:
        return 0.0
    then, now = Decimal(before or 0), Decimal(after or 0)
    return float(abs(now - then) / abs(then)) if then and after is not None else None


def _changed_outlets(before: dict[str, Outlet], after: dict[str, Outlet]) -> list[ChangedOutlet]:
    """Return number, neighbourhood and both incomes of the outlets whose income changed, null without sales."""
    changed: list[ChangedOutlet] = []
    for number in sorted(before.keys() | after.keys(), key=lambda each: (len(each), each)):
        then, now = (outlets[number]["income"] if number in outlets else None for outlets in (before, after))
        if then != now:
            neighbourhood = (after.get(number) or before[number])["neighbourhood"]
            changed.append({"number": number, "neighbourhood": neighbourhood, "before": then, "after": now})
    return changed


def _of_outlet(restated: Restatement | None, number: str) -> Restatement | None:
    """Return what is restated of one outlet; None when its income is what it was."""
    changed = [each for each in restated["outlets"] if each["number"] == number] if restated else []
    if restated is None or not changed:
        return None
    then, now = changed[0]["before"], changed[0]["after"]
    return {
        **restated,
        "before": {"income": then} if then else None,
        "income_change": income_change(then, now),
        "days": [],
        "outlets": [],
    }


def causes_of(ledger: Ledger, first: str, last: str, load_before: str | None) -> list[Cause]:
    """Return the files that changed days of a period since a load, oldest load first.

    Args:
        ledger: the ledger of loads; it knows the last upload of each key.
        first: the period's first ISO date.
        last: its last one.
        load_before: the newest load that the report before saw.

    Returns:
        ``load_id``, ``at``, ``key`` (null where the ledger no longer knows which file it was), ``what`` (loaded or
        withdrawn) and ``days``, those dates of the period that the load changed.
    """
    changes = changes_since(ledger, load_before, first, last)
    return [cause for load, days in changes for cause in _causes_in(ledger, load, days)]


def _causes_in(ledger: Ledger, load: PublishedLoad, days: list[str]) -> list[Cause]:
    files = [(key, file) for dataset in DAILY_DATASETS for key, file in sorted(ledger["files"][dataset].items())]
    what: dict[str | None, str] = {}
    for key, file in files:
        holding, withdrawn = file["holding"], file["withdrawn"]
        if withdrawn and withdrawn["run_id"] == load["run_id"]:
            if _has_any(withdrawn.get("days", days), days):
                what[key] = "withdrawn"
        elif file["last_seen"].get("load_id") == load["load_id"] and holding and _has_any(holding["claims"], days):
            what[key] = "loaded"
    for handover in ledger["handovers"]:
        key = handover["to_key"] or handover["from_key"]  # a correction whose new version lacks the day has no heir
        if handover["load_id"] == load["load_id"] and handover["day"] in days and key:
            what.setdefault(key, "loaded")
    return [
        {"load_id": load["load_id"], "at": load["published_at"], "key": key, "what": word, "days": days}
        for key, word in (what or {None: "loaded"}).items()
    ]


def _has_any(claims: Iterable[str], days: list[str]) -> bool:
    return not set(days).isdisjoint(claims)


def is_worth_a_mail(summary: Draft, least_share: float) -> bool:
    """Tell whether a restated report is mailed: its income moved by this share, or from or to nothing."""
    restated = summary["restated"]
    if not restated:
        return False
    return restated["income_change"] is None or restated["income_change"] >= least_share
