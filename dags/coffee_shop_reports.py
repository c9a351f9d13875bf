"""Reports of a day, a week, a month, any dates and an upload: conformed tables -> workbooks -> S3 -> one mail.

One builder makes the six DAGs; they differ in when they run and which dates that is about.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    Param,
    TaskGroup,
    TriggerRule,
    chain,
    get_current_context,
    get_parsing_context,
    task,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from coffee_shop.lake.ledger import CONFORM
from coffee_shop.mail import failures, notes
from coffee_shop.mail.note_lines import lines_of_report
from coffee_shop.mail.operator import ReportMailOperator
from coffee_shop.periods import CUSTOM, DAILY, MONTHLY, RESTATED, UPLOAD, WEEKLY, TooManyDaysError
from coffee_shop.report import tasks as report_tasks
from coffee_shop.report.published_days import PublishedDaysSensor
from coffee_shop.settings import (
    REPORT_NAMES,
    include_folder,
    names_while_parsing,
    parse_settings,
    settings,
    task_defaults,
)
from dateutil.relativedelta import relativedelta

NAMES = names_while_parsing()
PARSE = parse_settings()
FromTask = Any  # what goes from task to task; while the file is parsed only a reference to it

SCHEDULES: dict[str, Any] = {
    DAILY: CronTriggerTimetable(PARSE.daily_cron, timezone=PARSE.time_zone, interval=timedelta(days=1)),
    WEEKLY: CronTriggerTimetable(PARSE.weekly_cron, timezone=PARSE.time_zone, interval=timedelta(days=7)),
    MONTHLY: CronTriggerTimetable(PARSE.monthly_cron, timezone=PARSE.time_zone, interval=relativedelta(months=1)),
    UPLOAD: [Asset(CONFORM)],
    CUSTOM: None,  # by hand only, so that triggering it never switches a schedule on
    RESTATED: None,  # started by coffee_shop_restate
}

TITLES = {
    DAILY: "daily report",
    WEEKLY: "weekly report",
    MONTHLY: "monthly report",
    UPLOAD: "report on an upload",
    CUSTOM: "report of any dates",
    RESTATED: "restated report",
}
ABOUT = {
    DAILY: "yesterday",
    WEEKLY: "the last whole week, Monday to Sunday",
    MONTHLY: "the last whole month",
    UPLOAD: "the days whose rows an upload changed, from the first to the last",
    CUSTOM: "the dates that you choose",
    RESTATED: "a day, week or month that was reported before a load changed it; coffee_shop_restate starts its runs",
}

GROUPS = {
    report_tasks.HEADLINE: "Headline figures",
    "customer": "Customers",
    "employee": "Employees",
    "sales": "Sales",
    "target": "Targets",
    "inventory": "Pastry inventory",
}

DOC = """
Workbooks and one mail about {about}.

**By hand**: Trigger, then *From* and *To* (business dates, both included), which reports, whether to mail and to whom.
Addresses must be allowed in the Variable `coffee_shop` (`mail_recipients`, `mail_allowed`). For dates of your own take
`coffee_shop_custom_report`: it has no schedule that triggering it could switch on.

**Again after a correction**: `coffee_shop_restate` has a mailed report made again; clear the run of any other one.
**One question alone**: clear its instance of *Ask the questions of ...* with what follows; that task's page says when
the mail goes out again.
"""


DOC_OF_QUERIES = """
Each instance is a question, and a query in Athena.

**Clearing one** asks it again, from the data of now. Clear it with *Downstream*: then the workbooks, the figures and
the mail are made again too; without it the sheet stays as it is. What happens to the mail:

- The workbooks come out as they were: the report keeps its version, and nobody is mailed again.
- They come out otherwise: the report gets a new version, the one before is kept. It **is mailed again** if this run was
  to mail: a scheduled run, or one by hand with *Send the mail*.
- A load was published in between: all questions of the report are asked again, so that its sheets agree.
"""


def params() -> dict[str, Param]:
    """Return the form that the UI shows for a run by hand."""
    return {
        "from": Param(
            None,
            type=["null", "string"],
            format="date",
            title="From",
            description="First business date. Empty, as To: the last whole period (a custom report needs both).",
        ),
        "to": Param(
            None,
            type=["null", "string"],
            format="date",
            title="To",
            description="Last business date, included; for a single day the same as From.",
        ),
        "reports": Param(
            list(REPORT_NAMES),
            type="array",
            items={"type": "string", "enum": list(REPORT_NAMES)},
            minItems=1,
            examples=list(REPORT_NAMES),
            title="Reports",
            description="Which workbooks to make; others that lie beside them from earlier runs stay as they are.",
        ),
        "mail": Param(
            False,
            type="boolean",
            title="Send the mail",
            description="Mail the report when it is made. Scheduled runs do so in any case.",
        ),
        "recipients": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            title="Recipients",
            description="One address a line, each a recipient or allowed in the settings. Empty: all that the settings "
            "name for such a report.",
        ),
    }


@task(task_display_name="Decide which dates and who gets it")
def decide_request(kind: str) -> FromTask:
    """Decide which dates, which reports and who gets the mail."""
    try:
        request = report_tasks.decide_request(kind, get_current_context(), settings())
    except TooManyDaysError as error:
        notes.skip(get_current_context(), str(error))
    except ValueError as error:  # what was typed or set is wrong: trying again does not mend it
        raise AirflowFailException(str(error)) from error
    if request is None:
        notes.skip(
            get_current_context(),
            "Nothing to report: no rows changed, or only days of reports that are restated, or upload_report is false.",
        )
    return request


@task
def list_questions(report: str, request: FromTask, published: FromTask) -> FromTask:
    """List the questions of a report with their SQL files and the period."""
    return report_tasks.list_questions(report, request, published)


@task(
    task_display_name="Make sure that all saw the same data",
    trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
)
def settle_queries(published: FromTask, queries: FromTask) -> FromTask:
    """Make sure that all queries saw the same data; run them again if a load was published meanwhile."""
    # a slice fetches the ids of all instances at once
    pairs = {report: (questions or [], list(ids[:] if ids else [])) for report, (questions, ids) in queries.items()}
    return report_tasks.settle_queries(published, pairs, PARSE.poll_seconds)


@task(task_display_name="Draw up the figures")
def draft_summary(request: FromTask, published: FromTask, state: FromTask) -> FromTask:
    """Draw up the headline figures and what is missing from the data, and compare them with the report before."""
    draft = report_tasks.draft_summary(request, published, state)
    if draft is None:
        notes.skip(get_current_context(), "The figures are those of the report that went out: nothing is restated.")
    return draft


@task
def build_workbook(report: str, request: FromTask, state: FromTask, draft: FromTask) -> FromTask:
    """Build a workbook from the results of its questions."""
    staged = report_tasks.build_workbook(report, request, state, draft)
    if staged is None:
        raise AirflowSkipException(f"No {report} workbook: not asked for, or no data.")
    return staged


@task(task_display_name="Put the report in place", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def store_report(request: FromTask, draft: FromTask, staged: FromTask) -> FromTask:
    """Put the workbooks and summary.json in place, the version before them below versions/."""
    if draft is None:
        raise AirflowSkipException("There is no new report.")
    return report_tasks.store_report(request, draft, staged)


def query(report: str, questions: Any) -> Any:
    """Return one query for each question: an instance with the question's name that can be cleared alone."""
    return AthenaOperator.partial(
        task_id="queries",
        task_display_name=f"Ask the questions of {GROUPS[report].lower()}",
        query="{% include params.sql %}",
        map_index_template="{{ params.question | replace('_', ' ') }}",
        database=NAMES.conform_database,
        workgroup=NAMES.workgroup,
        sleep_time=PARSE.poll_seconds,
        deferrable=PARSE.deferrable,
        doc_md=DOC_OF_QUERIES,
    ).expand(params=questions)


def dag_id(kind: str) -> str:
    """Return the name of the DAG of one kind of report."""
    return f"coffee_shop_{kind}_report"


def report_dag(kind: str) -> DAG:
    """Build the DAG of one kind of report."""
    with DAG(
        dag_id=dag_id(kind),
        dag_display_name=f"Coffee shop: {TITLES[kind]}",
        description=f"Workbooks and mail about {ABOUT[kind]}.",
        doc_md=DOC.format(about=ABOUT[kind]),
        schedule=SCHEDULES[kind],
        start_date=PARSE.start_date,
        catchup=False,
        is_paused_upon_creation=None if SCHEDULES[kind] else False,  # without a schedule there is nothing to hold
        max_active_runs=2,
        default_args=task_defaults() | {"on_failure_callback": failures.keep_reason},
        params=params(),
        template_searchpath=[str(include_folder() / "sql")],
        tags=["coffee shop", "report"],
    ) as dag:
        request = decide_request(kind)
        wait_until_published = PublishedDaysSensor(
            task_id="wait_until_published",
            task_display_name="Wait until the days are published",
            request=request,
            deferrable=PARSE.deferrable,
            poke_interval=2 * PARSE.poke_seconds,
        )
        published = wait_until_published.output

        queries, query_groups = {}, []
        for report in (report_tasks.HEADLINE, *REPORT_NAMES):
            with TaskGroup(report, group_display_name=GROUPS[report]) as group:
                name = f"List the questions of {GROUPS[report].lower()}"
                questions = list_questions.override(task_display_name=name)(report, request, published)
                queries[report] = (questions, query(report, questions).output)
            query_groups.append(group)
        state = settle_queries(published, queries)
        draft = draft_summary(request, published, state)
        with TaskGroup("workbooks", group_display_name="Workbooks") as workbooks:
            staged = [
                build_workbook.override(task_id=report, task_display_name=f"Workbook of {GROUPS[report].lower()}")(
                    report, request, state, draft
                )
                for report in REPORT_NAMES
            ]
        summary = store_report(request, draft, staged)
        send_mail = ReportMailOperator(
            task_id="send_mail",
            task_display_name="Send the mail",
            request=request,
            summary=summary,
            doc_md="Mails each version of a report at most once, also when it is cleared.",
        )

        tell_operators = notes.tell_operators(lines_of_report)

        steps = [request, wait_until_published, *query_groups, state, draft, workbooks, summary, send_mail]
        chain(request, wait_until_published, query_groups, state, draft, workbooks, summary, send_mail)
        # after all of them: the last task alone ends as soon as the first has failed
        chain(steps, tell_operators)
    return dag


# a task's process needs its own DAG alone
for _kind in SCHEDULES:
    if get_parsing_context().dag_id in (None, dag_id(_kind)):
        report_dag(_kind)
