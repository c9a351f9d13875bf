"""Raw files -> conformed tables: split by day, conform, crawl what is new, check, publish.

Starts when a file is uploaded (by REST), once a day as a net under lost uploads, and by hand. Each version of each raw
key is loaded once; when nothing is new the run ends early and green. Only the days that a new file touches are written
again. Two loads never run at the same time: the second waits in `wait_for_quiet_period`.

**A red task**: its log says what was wrong and what to do; then clear it, with all that follows. Every task may run
twice. A red `fail_on_refused_files` alone means that everything is published except the files that it names.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.standard.operators.python import PythonOperator, ShortCircuitOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, chain
from coffee_shop.lake.ledger import CONFORM
from coffee_shop.load import guards
from coffee_shop.load import tasks as load_tasks
from coffee_shop.mail import failures, notes
from coffee_shop.mail.note_lines import lines_of_load
from coffee_shop.settings import names_while_parsing, parse_settings, task_defaults

NAMES = names_while_parsing()
PARSE = parse_settings()

LOAD_ID = "{{ ti.xcom_pull(task_ids='plan_load') }}"
AFTER_CRAWL = "none_failed"  # a crawl that is not needed is skipped
JOB: dict[str, Any] = {
    "verbose": True,
    "resume_glue_job_on_retry": True,
    "stop_job_run_on_kill": True,
    "deferrable": PARSE.deferrable,
    "job_poll_interval": PARSE.poll_seconds,
    "waiter_delay": PARSE.poll_seconds,
    "waiter_max_attempts": timedelta(hours=12) // timedelta(seconds=PARSE.poll_seconds),
    "pre_execute": guards.before_job,
    "post_execute": guards.after_job,
    "on_retry_callback": guards.after_failed_job,
    "on_failure_callback": [guards.after_failed_job, guards.release, failures.keep_reason],
}
# a run of a job is found again after a crash by this mark: the same load, the same job
JOB_ARGUMENTS = {"--load_id": LOAD_ID, "--airflow_task_uuid": "{{ task.task_id }} of load " + LOAD_ID}


def crawler(zone: str) -> dict[str, Any]:
    """Return the arguments of the task that crawls a zone when the catalog lacks a table or a column of it."""
    return {
        "config": {"Name": NAMES.crawler(zone)},
        "fail_on_already_running": False,
        "deferrable": PARSE.deferrable,
        "poll_interval": PARSE.poll_seconds,
        "pre_execute": partial(guards.before_crawl, zone=zone),
        "post_execute": guards.after_crawl,
    }


PARAMS = {
    "withdraw": Param(
        [],
        type="array",
        items={"type": "string"},
        title="Withdraw files",
        description="Keys in the raw bucket, one a line, that count no longer. What they delivered is gone, and days "
        "that they held go back to the next file. Uploading a key again makes it count again.",
    ),
    "accept": Param(
        [],
        type="array",
        items={"type": "string"},
        title="Accept files that were held back",
        description="Keys in the raw bucket, one a line, whose last upload was held back because it would leave a day "
        "with much less than it had. Accepted, they count as they are. Which run accepted them, and when, is kept.",
    ),
    "reload_from": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Load again from",
        description="First business date to build again from the raw files, although they are loaded already.",
    ),
    "reload_to": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Load again to",
        description="Last business date to build again, included.",
    ),
    "reload_all": Param(
        False,
        type="boolean",
        title="Load everything again",
        description="Build every day again from the raw files. The result equals a first load.",
    ),
}

with DAG(
    dag_id="coffee_shop_load",
    dag_display_name="Coffee shop: load files",
    schedule=CronTriggerTimetable(PARSE.load_cron, timezone=PARSE.time_zone),
    start_date=PARSE.start_date,
    catchup=False,
    max_active_runs=1,
    default_args=task_defaults() | {"on_failure_callback": [guards.release, failures.keep_reason]},
    params=PARAMS,
    doc_md=__doc__,
    tags=["coffee shop", "load"],
):
    wait_for_quiet_period = PythonSensor(
        task_id="wait_for_quiet_period",
        task_display_name="Wait until no file has landed for a while",
        python_callable=load_tasks.wait_for_quiet_period,
        mode="reschedule",
        poke_interval=PARSE.poke_seconds,
        timeout=timedelta(hours=12),
        doc_md="Waits until no new file has landed for a while and no other load runs, then takes the lease.",
    )

    wait_for_files = S3KeySensor.partial(
        task_id="wait_for_files",
        task_display_name="Wait for files of each dataset",
        bucket_name=NAMES.raw_bucket,
        wildcard_match=True,
        deferrable=PARSE.deferrable,
        mode="reschedule",
        poke_interval=PARSE.poke_seconds,
        timeout=PARSE.files_wait_seconds,
        soft_fail=True,
        on_skipped_callback=load_tasks.say_missing,
        map_index_template="{{ task.bucket_key }}",
        doc_md="Waits for a file of each dataset that no load has seen yet; skipped when all three are known.",
    ).expand(bucket_key=wait_for_quiet_period.output)

    plan_load = ShortCircuitOperator(
        task_id="plan_load",
        task_display_name="Find what is new",
        python_callable=load_tasks.plan_load,
        pre_execute=guards.hold_lease,
        trigger_rule="none_failed",
        doc_md="Compares the raw bucket with the ledger and writes the load's plan; nothing new ends the run here.",
    )

    partition_data = GlueJobOperator(
        task_id="partition_data",
        task_display_name="Split the new files by day",
        job_name=NAMES.job("partition_data"),
        script_args=JOB_ARGUMENTS,
        doc_md="Reads the new files, puts rows that break the contract into quarantine, writes clean data by day. "
        "Stages the extracts of members that the next task puts in place.",
        **JOB,
    )

    conform_tables = GlueJobOperator(
        task_id="conform_tables",
        task_display_name="Write the dimensions",
        job_name=NAMES.job("conform_tables"),
        script_args=JOB_ARGUMENTS,
        doc_md="Puts the extracts of members in place and writes the dimensions, old members and new ones.",
        **JOB,
    )

    conform_relations = GlueJobOperator(
        task_id="conform_relations",
        task_display_name="Write the facts",
        job_name=NAMES.job("conform_relations"),
        script_args=JOB_ARGUMENTS,
        doc_md="Writes the facts of the days touched, then takes members that are gone out of the dimensions.",
        **JOB,
    )

    crawl_raw = GlueCrawlerOperator(
        task_id="crawl_raw",
        task_display_name="Register raw files in the catalog",
        doc_md="Gives analysts a table of the raw files to look at; skipped when the catalog has the files' columns.",
        **crawler("raw"),
    )

    crawl_clean = GlueCrawlerOperator(
        task_id="crawl_clean",
        task_display_name="Register clean tables in the catalog",
        doc_md="Makes new clean tables and columns known to the catalog; skipped when it has all of them.",
        **crawler("clean"),
    )

    crawl_conform = GlueCrawlerOperator(
        task_id="crawl_conform",
        task_display_name="Register conform tables in the catalog",
        doc_md="Makes new conform tables and columns known to the catalog; skipped when it has all of them.",
        **crawler("conform"),
    )

    describe_tables = PythonOperator(
        task_id="describe_tables",
        task_display_name="Describe tables and columns",
        python_callable=load_tasks.describe_tables,
        pre_execute=guards.hold_lease_and_check_plan,
        trigger_rule=AFTER_CRAWL,
        doc_md="Writes the comments of tables and columns into the catalog, from include/data_model.yaml.",
    )

    list_checks = PythonOperator(
        task_id="list_checks",
        task_display_name="List the checks",
        python_callable=load_tasks.list_checks,
        on_failure_callback=[failures.keep_reason],  # the lease is kept: jobs write beside this task
        doc_md="Finds the queries in include/sql/checks/ and fills in the dates that this load touched.",
    )

    checks = AthenaOperator.partial(
        task_id="checks",
        task_display_name="Check the tables",
        database=NAMES.conform_database,
        workgroup=NAMES.workgroup,
        deferrable=PARSE.deferrable,
        sleep_time=PARSE.poll_seconds,
        trigger_rule=AFTER_CRAWL,
        map_index_template="{{ task.query.partition('\n')[0].removeprefix('-- ') }}",
        doc_md="Runs each check: a query that returns the rows that are wrong.",
    ).expand_kwargs(list_checks.output)

    judge_checks = PythonOperator(
        task_id="judge_checks",
        task_display_name="Judge the checks",
        python_callable=load_tasks.judge_checks,
        op_kwargs={"queries": list_checks.output, "query_ids": checks.output},
        pre_execute=guards.hold_lease_and_check_plan,
        trigger_rule="none_failed",
        doc_md="Fails with the offending rows of `#fail` checks, names those of `#warn` checks.",
    )

    publish_load = PythonOperator(
        task_id="publish_load",
        task_display_name="Publish the load",
        python_callable=load_tasks.publish_load,
        pre_execute=guards.hold_lease,
        outlets=[Asset(CONFORM)],
        doc_md="Puts the load into the ledger; from here on reports see it. The asset's event names the changed dates.",
    )

    fail_on_refused_files = PythonOperator(
        task_id="fail_on_refused_files",
        task_display_name="Fail if files were refused or held back",
        python_callable=load_tasks.fail_on_refused_files,
        doc_md="Fails if a file of this load was refused or held back; all else is published.",
    )

    tell_operators = notes.tell_operators(lines_of_load)

    chain(
        wait_for_quiet_period,
        wait_for_files,
        plan_load,
        partition_data,
        conform_tables,
        conform_relations,
        [crawl_raw, crawl_clean, crawl_conform],
    )
    chain(partition_data, list_checks)
    chain(crawl_conform, checks, [describe_tables, judge_checks])
    chain([crawl_raw, crawl_clean], judge_checks)
    chain([describe_tables, judge_checks], publish_load, fail_on_refused_files)
    # after what runs side by side too: the last task alone ends as soon as the first has failed
    crawls = [crawl_raw, crawl_clean, crawl_conform]
    chain([*crawls, list_checks, describe_tables, checks, fail_on_refused_files], tell_operators)
