"""Glue: ministack keeps the catalog's records; crawls that look and Spark jobs that run are done here."""

from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import glue

from local_aws.glue import crawlers, jobs, operations, spark
from local_aws.hooks import replace


def install(folder: Path) -> None:
    """Put crawls and job runs into ministack. folder: for the folders of job runs."""
    spark.keep_in(folder)
    operations.install(StartCrawler=crawlers.start, GetCrawlerMetrics=crawlers.metrics)
    operations.install(StartJobRun=jobs.start, BatchStopJobRun=jobs.stop_runs)
    operations.install(GetPartitions=operations.get_partitions, BatchDeletePartition=operations.delete_partitions)
    operations.install(ListCrawlers=lambda _: {"CrawlerNames": sorted(glue._crawlers)})
    operations.install(ListJobs=lambda _: {"JobNames": sorted(glue._jobs)})
    replace(glue, "_create_table", partial(operations.create_table, glue._create_table))

    def load(state: Any) -> None:
        """Take over the state of an earlier server, which may have been killed in the middle of a crawl or a run."""
        plain_load(state)
        crawlers.end_what_was_under_way()
        jobs.end_what_was_under_way()

    plain_load = replace(glue, "load_persisted_state", load)
