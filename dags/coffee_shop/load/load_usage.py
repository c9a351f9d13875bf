"""What the jobs, crawls and checks of a load used, by the XComs that its tasks left."""

from collections.abc import Mapping
from typing import Any

from coffee_shop.aws import athena_client, glue_client
from coffee_shop.lake.documents import Usage
from coffee_shop.lake.usage import bytes_scanned, job_run, usage_of
from coffee_shop.settings import settings

CRAWL_SECONDS = "crawl_seconds"  # the XCom with the seconds of a crawl


def usage_of_load(context: Mapping[str, Any]) -> Usage:
    """Look up what a load used so far: of each job its last run, the crawls that were not skipped, and its queries.

    Which tasks these are, their operators say.
    """
    ti, glue, tasks = context["ti"], glue_client(), context["dag"].tasks
    jobs = {task.task_id: task.job_name for task in tasks if task.task_type == "GlueJobOperator"}
    runs = {job: ti.xcom_pull(task_ids=job) for job in jobs}
    crawls = [task.task_id for task in tasks if task.task_type == "GlueCrawlerOperator"]
    seconds = {crawl: ti.xcom_pull(task_ids=crawl, key=CRAWL_SECONDS) for crawl in crawls}
    queries = ti.xcom_pull(task_ids=[task.task_id for task in tasks if task.task_type == "AthenaOperator"])
    return usage_of(
        {job: job_run(glue, jobs[job], run_id) for job, run_id in runs.items() if run_id},
        {crawl: took for crawl, took in seconds.items() if took},
        bytes_scanned(athena_client(), filter(None, queries)),
        settings().prices,
    )
