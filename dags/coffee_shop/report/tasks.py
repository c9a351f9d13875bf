"""What the tasks of a report DAG do, one function for each; the DAG file only puts them in order.

What goes from task to task is JSON: the request (what this run is to do), the state (which queries count), the draft of
summary.json. Workbooks wait in the state bucket until all are there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from coffee_shop.aws import athena_client, s3_client
from coffee_shop.lake.documents import Ledger
from coffee_shop.lake.ledger import newest_load, read_ledger
from coffee_shop.periods import DAILY, RESTATED, UPLOAD, Period, period_from_json, period_of_run
from coffee_shop.report.documents import Draft, Published, QueryParams, Request, Staged, State, Summary
from coffee_shop.settings import REPORT_NAMES, Settings, include_folder, names, settings

if TYPE_CHECKING:
    from airflow.sdk import Context

    from coffee_shop.report.athena_results import Rows
    from coffee_shop.report.workbook import Page

Row = dict[str, Any]  # of a query
Event = dict[str, Any]  # what a load tells with its asset: `load_id` and `changed_dates`
Queries = Mapping[str, tuple[list[QueryParams], list[str]]]  # by report: its questions, the ids of their queries

HEADLINE = "headline"
HISTORY = f"{HEADLINE}/history"
# reports of whose questions the mail and summary.json show some
SALES, TARGET, INVENTORY = "sales", "target", "inventory"
GOALS, STOCK = f"{TARGET}/01_goals_by_outlet", f"{INVENTORY}/01_stock_and_waste_by_outlet"
# of a single day, for the chart of its mail: its hours, and those of the day that it is compared with
HOURS = f"{SALES}/11_sales_by_weekday_and_hour"
HOURS_BEFORE = f"{HEADLINE}/hours_before"


class ReportRequestError(ValueError):
    """The run was started with something that this DAG does not take; the message says what it takes."""


def decide_request(kind: str, context: Context, shop: Settings) -> Request | None:
    """Return what a run is to do, None when there is nothing to report.

    Args:
        kind: daily, weekly, monthly, custom, upload or restated.
        context: the task's context.
        shop: the settings.

    Raises:
        ReportRequestError: the run's conf names something unknown.
        PeriodError: from and to make no period.
        TooManyDaysError: an upload changed days too far apart for one report.
        RecipientsError: addresses that the settings do not allow.
    """
    from coffee_shop.report.recipients import mails_of_run

    dag_run, params = context["dag_run"], context["params"]
    _check_conf(dag_run.conf or {}, context["dag"].params)
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    events = _without_restated_days(_upload_events(context)) if kind == UPLOAD else None
    if run_type == "asset_triggered" and not shop.upload_report:
        return None
    period = period_of_run(
        kind,
        params=params,
        run_after=dag_run.run_after,
        zone=shop.zone,
        interval_end=context.get("data_interval_end"),
        events=events,
        most_upload_days=shop.upload_report_days,
    )
    if period is None:
        return None
    reports: list[str] = [name for name in REPORT_NAMES if name in params["reports"]]
    in_digest = shop.mail_digest and period.kind in (DAILY, UPLOAD) and run_type != "manual"
    return {
        "run": {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id},
        "period": period.as_json(),
        "reports": reports,
        "mail": wants_mail(run_type, asked=bool(params["mail"]), on_backfill=shop.mail_on_backfill),
        "mails": [] if in_digest else mails_of_run(period.kind, reports, params["recipients"] or [], shop),
        "mail_once_as": _mail_once_as(events),
        "restates": kind == RESTATED,
        "target_unit": shop.target_unit,
    }


def wants_mail(run_type: str, *, asked: bool, on_backfill: bool) -> bool:
    """Return whether a run mails: schedules and uploads do, a back-fill or a run by hand when asked."""
    if run_type in ("scheduled", "asset_triggered"):
        return True
    return asked or (run_type == "backfill" and on_backfill)


def _check_conf(conf: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Refuse what the form does not have: conf overrides params, and a query takes its text from those."""
    if unknown := conf.keys() - set(known):
        raise ReportRequestError(
            f"The run's conf has {', '.join(sorted(unknown))}; this DAG takes {', '.join(sorted(known))}."
        )


def _upload_events(context: Context) -> list[Event]:
    """Return what the events of loads that started a run say: ``load_id`` and ``changed_dates`` of each."""
    found = context.get("triggering_asset_events") or {}
    return [dict(event.extra or {}) for events in found.values() for event in events]


def _without_restated_days(events: list[Event]) -> list[Event]:
    """Leave out the days of reports that went out before: those are restated, and say themselves what changed."""
    from coffee_shop.report.sent import reports_to_restate

    periods = reports_to_restate(s3_client(), names().state_bucket, events)
    restated = {day.isoformat() for period in periods for day in period.days}
    return [
        event | {"changed_dates": [day for day in event.get("changed_dates") or () if day not in restated]}
        for event in events
    ]


def list_reports_to_restate(context: Context) -> list[dict[str, Any]]:
    """Return a run for each report that went out and holds a day which the loads behind this run have changed.

    Returns:
        The arguments of the operator that starts it: ``conf``, what its form says; ``trigger_run_id``, the same for the
        same load and report, so that it starts once; ``note``.
    """
    from coffee_shop.report.sent import reports_to_restate

    events = _upload_events(context)
    loads = sorted({str(event["load_id"]) for event in events if event.get("load_id")})
    return [
        {
            "conf": {"from": period.period_start.isoformat(), "to": period.period_end.isoformat(), "mail": True},
            "trigger_run_id": f"restated__{loads[-1]}__{period.kind}-{period.label}",
            "note": f"{period.folder} went out before load {loads[-1]} changed its days",
        }
        for period in reports_to_restate(s3_client(), names().state_bucket, events)
    ]


def _mail_once_as(events: list[Event] | None) -> str | None:
    """Return the name of the marker that makes an upload mail once, whatever is cleared or announced again.

    A hash of the loads: a run may report hundreds of them, and a key has room for 1,024 bytes.
    """
    loads = sorted({str(event["load_id"]) for event in events or [] if event.get("load_id")})
    return f"upload/{hashlib.sha256('+'.join(loads).encode()).hexdigest()[:32]}" if loads else None


def list_questions(report: str, request: Request, published: Published) -> list[QueryParams]:
    """Return the queries of a report as params of the operator that runs them, one after the other.

    Args:
        report: one of REPORT_NAMES, or headline.
        request: what the run is to do.
        published: what the wait found.

    Returns:
        For each question its name, SQL file, period and what a goal is counted in; nothing when there is no data. Of a
        report that was not asked for only what the mail and summary.json show as well.
    """
    from coffee_shop.report.data_quality import NO_DATA
    from coffee_shop.report.definition import load_report

    if published["status"] == NO_DATA or (report == INVENTORY and not published["has_inventory"]):
        return []  # without inventory there is no such table
    folder = include_folder() / "sql" / report
    is_day = request["period"]["period_start"] == request["period"]["period_end"]
    if report == HEADLINE:
        own = [(path.stem, f"{HEADLINE}/{path.name}") for path in sorted(folder.glob("*.sql"))]
        return [*_queries(own, request), *(_hours_before(request) if is_day else [])]
    questions = [(question.name, question.sql) for question in load_report(folder).questions]
    if report not in request["reports"]:
        shown = (GOALS, STOCK, HOURS) if is_day else (GOALS, STOCK)
        questions = [(name, sql) for name, sql in questions if f"{report}/{name}" in shown]
    return _queries(questions, request)


def _queries(questions: Iterable[tuple[str, str]], request: Request, period: Period | None = None) -> list[QueryParams]:
    dates = period.as_json() if period else request["period"]
    return [
        {
            "question": name,
            "sql": path,
            "period_start": dates["period_start"],
            "period_end": dates["period_end"],
            "clean_database": names().clean_database,
            "target_unit": request["target_unit"],
        }
        for name, path in questions
    ]


def _hours_before(request: Request) -> list[QueryParams]:
    from coffee_shop.report.income_chart import period_before

    name = HOURS_BEFORE.removeprefix(f"{HEADLINE}/")
    return _queries([(name, f"{HOURS}.sql")], request, period_before(period_from_json(request["period"])))


def settle_queries(published: Published, queries: Queries, poll_seconds: float) -> State:
    """Return the queries whose results count, all of one state of the lake, and which state that is.

    Args:
        published: what the wait found; its newest load is the one before the first query.
        queries: for each report its questions and the ids of their queries, in the same order.
        poll_seconds: how often to look at a query that runs again.

    Raises:
        LakeDiffersError: the lake does not hold what the newest load published, also after the queries ran again.
    """
    from airflow.providers.amazon.aws.hooks.athena import AthenaHook

    from coffee_shop.report.lake_state import run_queries_again, settle
    from coffee_shop.report.tie_out import LakeDiffersError, message

    s3, bucket, hook = s3_client(), names().state_bucket, AthenaHook()
    executions = {
        f"{report}/{question['question']}": execution_id
        for report, (questions, ids) in queries.items()
        for question, execution_id in zip(questions or [], ids or [], strict=True)
    }
    settled = settle(
        published["load_id"],
        executions,
        newest=lambda: newest_load(read_ledger(s3, bucket).value),
        run_again=lambda old: run_queries_again(hook, old, poll_seconds),
        differences=lambda latest: _differences(latest, queries),
    )
    if settled.differing:
        raise LakeDiffersError(message(settled.load_id, settled.differing))
    loads = read_ledger(s3, bucket).value["loads"]
    moments = [load["published_at"] for load in loads if load["load_id"] == settled.load_id]
    return {
        "executions": settled.executions,
        "has_inventory": published["has_inventory"],
        "queries": sorted({*executions.values(), *settled.executions.values()}),
        "data": {
            "load_id": settled.load_id,
            "published_at": moments[-1] if moments else None,
            "changed_while_made": settled.changed,
        },
    }


def _differences(executions: Mapping[str, str], queries: Queries) -> list[str]:
    """Compare the period's days and outlets in the lake with the ledger as it is now; nothing without the question."""
    from coffee_shop.report.tie_out import differences

    own = queries.get(HEADLINE, ([], []))[0] or []
    period = next((query for query in own if query["sql"] == f"{HISTORY}.sql"), None)
    if period is None:
        return []
    ledger, history = read_ledger(s3_client(), names().state_bucket).value, _history(_answers(executions, [HISTORY]))
    return differences(ledger, period["period_start"], period["period_end"], history)


def draft_summary(request: Request, published: Published, state: State) -> Draft | None:
    """Return the draft of summary.json, marked as restated where its figures are not those of the report before.

    Args:
        request: what the run is to do.
        published: what the wait found.
        state: which queries count.

    Returns:
        The draft; None when a load had the report made again, and its figures are those of the newest version and of
        the one that people have.
    """
    from coffee_shop.report.restatement import reports_that_people_have, says_the_same, with_restatements
    from coffee_shop.report.store import read_summary

    s3, name = s3_client(), names()
    ledger = read_ledger(s3, name.state_bucket).value
    draft = _draft_of_now(request, published, state, ledger)
    newest = read_summary(s3, name.reports_bucket, request["period"]["folder"])
    if newest is None:
        return draft
    people_have = reports_that_people_have(
        s3, newest, reports_bucket=name.reports_bucket, state_bucket=name.state_bucket
    )
    if request["restates"] and all(says_the_same(each, draft) for each in (newest, people_have[None])):
        return None
    return with_restatements(draft, people_have, ledger, repeat=not request["restates"])


def _draft_of_now(request: Request, published: Published, state: State, ledger: Ledger) -> Draft:
    """Return headline figures, outlets, days and data quality as they are now."""
    from coffee_shop.lake.usage import bytes_scanned, looked_up, usage_of
    from coffee_shop.report import summary
    from coffee_shop.report.data_quality import COMPLETE, NO_DATA, data_quality, status_of
    from coffee_shop.report.expectations import Expectations
    from coffee_shop.report.history import days_of, outlets_of
    from coffee_shop.report.stock import inventory_of
    from coffee_shop.report.targets import targets_of

    shop, period = settings(), period_from_json(request["period"])
    figures, quarantine = f"{HEADLINE}/headline", f"{HEADLINE}/quarantine"
    answers = _answers(state["executions"], (figures, quarantine, HISTORY, GOALS, STOCK, HOURS, HOURS_BEFORE))
    headline, history = next(iter(_as_dicts(answers.get(figures))), None), _history(answers)
    expectations = Expectations(ledger, shop)
    missing, closed = expectations.missing(period.days), expectations.closed(period.days)
    without_data = published["status"] == NO_DATA or headline is None or not headline["lines"]
    status = NO_DATA if without_data else status_of(ledger, period.days, missing)
    if not without_data and HISTORY not in answers:
        raise ReportRequestError("No query ran for history; clear headline.list_questions and what follows it.")
    return summary.draft_summary(
        run=request["run"],
        period=period,
        words={"shop": shop.shop_name, "currency": shop.currency_symbol},
        state=state["data"],
        status=status,
        usage=looked_up(lambda: usage_of({}, {}, bytes_scanned(athena_client(), state["queries"]), shop.prices)),
        quality=data_quality(ledger, period.days, missing, closed, headline, _as_dicts(answers.get(quarantine))),
        headline=headline,
        outlets=outlets_of(period, history),
        days=days_of(period, history),
        targets=targets_of(period, _as_dicts(answers.get(GOALS)), request["target_unit"]),
        inventory=inventory_of(_as_dicts(answers.get(STOCK))),
        compared=summary.compared_with_history(
            period,
            history,
            expectations,
            complete=status == COMPLETE,
            outlets=sorted({mail["outlet"] for mail in request["mails"] if mail["outlet"]}),
            hours=_as_dicts(answers.get(HOURS)),
            hours_before=_as_dicts(answers.get(HOURS_BEFORE)),
        ),
    )


def build_workbook(report: str, request: Request, state: State, draft: Draft) -> Staged | None:
    """Build a report's workbook and keep it until all are there; None when it was not asked for or has no data.

    Args:
        report: one of REPORT_NAMES.
        request: what the run is to do.
        state: which queries count.
        draft: the draft of summary.json.
    """
    from coffee_shop.report.data_quality import NO_DATA
    from coffee_shop.report.definition import load_report
    from coffee_shop.report.store import stage
    from coffee_shop.report.target_unit import in_target_unit
    from coffee_shop.report.workbook import build_workbook

    if report not in request["reports"] or draft["status"] == NO_DATA:
        return None
    if report == INVENTORY and not state["has_inventory"]:
        return None
    definition = in_target_unit(load_report(include_folder() / "sql" / report), request["target_unit"])
    questions = {question.name: f"{report}/{question.name}" for question in definition.questions}
    rows = _answers(state["executions"], questions.values())
    answers = {name: rows[question] for name, question in questions.items() if question in rows}
    if lost := questions.keys() - answers.keys():
        raise ReportRequestError(
            f"No query ran for {', '.join(sorted(lost))}; clear {report}.list_questions and what follows it."
        )
    body = build_workbook(definition, answers, _page(report, draft, request))
    return stage(s3_client(), names().state_bucket, request["run"], report, definition.file, body)


def store_report(request: Request, draft: Draft, staged: list[Staged | None]) -> Summary:
    """Put a run's workbooks in place and return the whole summary.

    Args:
        request: what the run is to do.
        draft: the draft of summary.json.
        staged: what each workbook's task returned.
    """
    from coffee_shop.report.store import store_report

    return store_report(
        s3_client(),
        reports_bucket=names().reports_bucket,
        state_bucket=names().state_bucket,
        draft=draft,
        staged=[each for each in staged if each],
        made_reports=request["reports"],
        now=lambda: datetime.now(UTC),
    )


def _page(report: str, draft: Draft, request: Request) -> Page:
    from coffee_shop.report.dashboard_figures import dashboard_figures
    from coffee_shop.report.restated_text import restated_of
    from coffee_shop.report.stock import stock_figures
    from coffee_shop.report.targets import months_without_targets, target_figures
    from coffee_shop.report.text import figures, notes, state_text, warnings
    from coffee_shop.report.wording import Wording
    from coffee_shop.report.workbook import Page

    words, period = Wording.of(settings()), period_from_json(request["period"])
    return Page(
        shop=words.shop,
        period=words.period(period),
        days=(period.period_start, period.period_end),
        state=state_text(draft, words),
        made=datetime.fromisoformat(str(draft["data"]["published_at"])).astimezone(UTC),
        currency=words.currency,
        figures=dashboard_figures(draft, words) | target_figures(draft, words) | stock_figures(draft),
        facts=figures(draft, words),
        warnings=[*warnings(draft, words), *(months_without_targets(draft) if report == TARGET else [])],
        notes=notes(draft, words),
        restated=restated_of(draft, words),
    )


def _answers(queries: Mapping[str, str], questions: Iterable[str]) -> dict[str, Rows]:
    """Return the rows of those questions, named with their report, whose queries ran."""
    from coffee_shop.report.athena_results import read_rows

    athena, s3 = athena_client(), s3_client()
    return {question: read_rows(athena, s3, queries[question]) for question in questions if question in queries}


def _history(answers: Mapping[str, Rows]) -> list[Row]:
    """Return the rows of the history.

    Raises:
        ReportRequestError: the query ran before this program, and does not give what is needed.
    """
    rows = answers.get(HISTORY)
    if rows and "lines" not in rows.columns:
        raise ReportRequestError(
            "The history was asked before a deploy; clear headline.list_questions and what follows it."
        )
    return _as_dicts(rows)


def _as_dicts(rows: Rows | None) -> list[Row]:
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows] if rows else []
