"""What the jobs, crawls and checks of a load used, by the XComs that its tasks left."""

from collections.abc import Mapping
from typing import Any

from coffee_shop.aws import athena_client, glue_client
from coffee_shop.lake.documents import Usage
from coffee_shop.lake.usage import bytes_scanned, job_run, usage_of
from coffee_shop.settings import names, settings

JOBS = ("partition_data", "conform_tables", "conform_relations")
CRAWLS = ("crawl_raw", "crawl_clean", "crawl_conform")
CRAWL_SECONDS = "crawl_seconds"  # the XCom with the seconds of a crawl


def usage_of_load(context: Mapping[str, Any]) -> Usage:
    """Look up what a load used so far: of each job its last run, and the crawls that were not skipped."""
    ti, glue = context["ti"], glue_client()
    runs = {job: ti.xcom_pull(task_ids=job) for job in JOBS}
    crawls = {task: ti.xcom_pull(task_ids=task, key=CRAWL_SECONDS) for task in CRAWLS}
    checks = ti.xcom_pull(task_ids="checks") or []
    return usage_of(
        {job: job_run(glue, names().job(job), run_id) for job, run_id in runs.items() if run_id},
        {task: seconds for task, seconds in crawls.items() if seconds},
        bytes_scanned(athena_client(), [checks] if isinstance(checks, str) else checks),
        settings().prices,
    )
