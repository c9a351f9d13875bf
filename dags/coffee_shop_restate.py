"""Reports that went out before a load changed their days are made again.

Starts when a load is published. A day, week or month counts when its report was mailed and the load changed rows of one
of its days; `coffee_shop_restated_report` makes its report again, one run for each. That report says what its
figures were, what they are, and which files changed them. It is mailed when income moved by the setting
`restated_mail_share` or more.

Leave this DAG on: the report on an upload leaves out the days that are restated here.
"""

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Asset, chain, get_current_context, task
from coffee_shop.lake.ledger import CONFORM
from coffee_shop.mail import failures, notes
from coffee_shop.mail.note_lines import lines_of_restating
from coffee_shop.report import tasks as report_tasks
from coffee_shop.settings import parse_settings, task_defaults


@task(task_display_name="Find mailed reports about days that changed")
def list_reports_to_restate() -> Any:
    """List the reports that were mailed and are about days that the load changed."""
    return report_tasks.list_reports_to_restate(get_current_context())


with DAG(
    dag_id="coffee_shop_restate",
    dag_display_name="Coffee shop: find reports to restate",
    description="Starts a restated report for each report that a load has made out of date.",
    doc_md=__doc__,
    schedule=[Asset(CONFORM)],
    start_date=parse_settings().start_date,
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    default_args=task_defaults() | {"on_failure_callback": failures.keep_reason},
    tags=["coffee shop", "report"],
):
    reports = list_reports_to_restate()

    make_again = TriggerDagRunOperator.partial(
        task_id="make_again",
        task_display_name="Have each made again",
        trigger_dag_id="coffee_shop_restated_report",
        logical_date=None,
        skip_when_already_exists=True,
        map_index_template="{{ task.note }}",
        doc_md="Starts a run for each of them, once, however often this task runs.",
    ).expand_kwargs(reports)

    tell_operators = notes.tell_operators(lines_of_restating)

    chain([reports, make_again], tell_operators)
