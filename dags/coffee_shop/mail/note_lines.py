"""What the note of a run says it did: of a load, of a report, and of the search for reports to restate."""

from __future__ import annotations

from coffee_shop.aws import s3_client
from coffee_shop.lake.documents import HELD_BACK, PUBLISHED, REFUSED, TARGETS, Ledger, Plan, Result
from coffee_shop.lake.ledger import LedgerError, newly_not_loaded, read_ledger
from coffee_shop.lake.loads import LoadDocumentError, changed_dates, read_plan, read_result
from coffee_shop.lake.usage import in_words
from coffee_shop.mail.notes import MOST_NAMED, EndedRun, more, quoted
from coffee_shop.report.documents import Summary
from coffee_shop.report.wording import Wording, count
from coffee_shop.settings import names, settings

MOST_RESTATED = 10


def lines_of_load(run: EndedRun) -> list[str]:
    """Return what a load read, refused and changed, and what it used; or that nothing was new."""
    load_id = run.returned("plan_load")
    if not load_id:
        return [] if run.has_failed else ["Nothing was new: no table was touched."]
    s3, bucket = s3_client(), names().state_bucket
    try:
        plan, result = read_plan(s3, bucket, load_id), read_result(s3, bucket, load_id)
        return loaded(plan, result, read_ledger(s3, bucket).value)
    except (LoadDocumentError, LedgerError):  # the job that writes the result failed, or a deploy came in between
        return [f"Load {load_id} is not published."]


def loaded(plan: Plan, result: Result, ledger: Ledger) -> list[str]:
    """Return what a load did.

    Args:
        plan: its plan.
        result: what the job ``partition_data`` wrote.
        ledger: the one of now, in which the load is published or not.
    """
    load_id, withdrawn = plan["load_id"], sum(map(len, plan["withdraw"].values()))
    published = next((load for load in ledger["loads"] if load["load_id"] == load_id), None)
    usage = published.get("usage") if published else None
    return [
        f"Load {load_id} is {'published' if published else 'not published'}.",
        _files_read(result),
        *([f"{count(withdrawn, 'file')} withdrawn."] if withdrawn else []),
        *_not_loaded(ledger, result, REFUSED),
        *_not_loaded(ledger, result, HELD_BACK),
        *more(len(plan["not_read"]), "key in the raw bucket is not read", "keys in the raw bucket are not read"),
        _changed(result),
        *([f"Used {in_words(usage)}."] if usage else []),
    ]


def _files_read(result: Result) -> str:
    files = [file for read in result["files"].values() for file in read.values()]
    counting = [file for file in files if file["status"] == PUBLISHED]
    rows, quarantined = sum(file["rows_read"] for file in counting), sum(file["rows_quarantined"] for file in counting)
    of_them = "" if len(counting) == len(files) else f", {len(counting):,} of them loaded"
    in_quarantine = f"{quarantined:,} of them in quarantine" if quarantined else "none in quarantine"
    return f"{count(len(files), 'file')} read{of_them}: {count(rows, 'row')}, {in_quarantine}."


def _not_loaded(ledger: Ledger, result: Result, status: str) -> list[str]:
    files = newly_not_loaded(ledger, result, status)
    lines = [f"{status.capitalize()}: {quoted(f'{key}: {reason}')}" for key, reason in files[:MOST_NAMED]]
    return [*lines, *more(len(files) - MOST_NAMED, f"more file is {status}", f"more files are {status}")]


def _changed(result: Result) -> str:
    days, months = changed_dates(result), result["changed"].get(TARGETS) or ()
    targets = f"; targets of {count(len(months), 'month')}" if months else ""
    if not days:
        return f"No day changed{targets}."
    return f"{count(len(days), 'day')} changed, {days[0]} to {days[-1]}{targets}."


def lines_of_report(run: EndedRun) -> list[str]:
    """Return the period and the headline of a report and who got it; or why there is none."""
    request, summary = run.returned("decide_request"), run.returned("store_report")
    if summary is None:
        reasons = [run.why_skipped(task) for task in ("decide_request", "draft_summary")]
        return [reason for reason in reasons if reason]
    sent, why_not = run.returned("send_mail"), run.why_skipped("send_mail")
    return [
        *reported(summary, request["reports"]),
        *([f"{count(len(sent.split(', ')), 'mail')} sent."] if sent else []),
        *([f"Not mailed. {why_not}"] if why_not else []),
    ]


def reported(summary: Summary, reports: list[str]) -> list[str]:
    """Return what a report says, in the words of its mail's subject, and which version with how many workbooks it is.

    Args:
        summary: summary.json.
        reports: those that the run was to make.
    """
    from coffee_shop.report.text import subject

    books = [file for file in summary["files"] if file["report"] in reports]
    return [
        f"{subject(summary, Wording.of(settings()))}.",
        f"{summary['status'].capitalize()}, version {summary['version']}, {count(len(books), 'workbook')}.",
    ]


def lines_of_restating(run: EndedRun) -> list[str]:
    """Return which reports are made again."""
    starts = run.returned("list_reports_to_restate")
    if starts is None:
        return []
    if not starts:
        return ["No report is made again: none went out about the days that changed."]
    return [
        f"{count(len(starts), 'report')} made again:",
        *(str(start["note"]) for start in starts[:MOST_RESTATED]),
        *more(len(starts) - MOST_RESTATED, "more report", "more reports"),
    ]
