"""What a load or a report used of Glue and Athena, and its price by a list of prices.

It is for people to see. A look-up that fails is logged and fails nothing, so the usage may be missing.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from coffee_shop.lake.documents import Usage

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_glue import GlueClient

    from coffee_shop.settings import Prices

log = logging.getLogger(__name__)

LEAST_JOB_SECONDS, LEAST_CRAWL_SECONDS, LEAST_QUERY_BYTES = 60, 600, 10 * 2**20  # what is billed at least
TERABYTE = 2**40
LOOK_UPS_AT_ONCE = 8


def job_run(glue: "GlueClient", job: str, run_id: str) -> tuple[float, float]:
    """Return how many seconds a run of a job took, and with how many DPUs."""
    run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
    seconds = float(run["ExecutionTime"])
    if run.get("DPUSeconds") and seconds:  # with auto scaling
        return seconds, run["DPUSeconds"] / seconds
    return seconds, float(run.get("MaxCapacity") or run["NumberOfWorkers"])  # a G.1X worker is one DPU


def bytes_scanned(athena: "AthenaClient", query_ids: Iterable[str]) -> list[int]:
    """Return how many bytes each query read."""

    def look_up(query_id: str) -> int:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        return execution["Statistics"].get("DataScannedInBytes", 0)

    with ThreadPoolExecutor(LOOK_UPS_AT_ONCE) as pool:
        return list(pool.map(look_up, query_ids))


def usage_of(
    jobs: Mapping[str, tuple[float, float]], crawls: Mapping[str, float], scanned: Iterable[int], prices: "Prices"
) -> Usage:
    """Add up what was used, and price what is billed for it.

    Args:
        jobs: seconds and DPUs by job.
        crawls: seconds by the task that crawled.
        scanned: the bytes of each query.
        prices: the list of prices.
    """
    scanned = list(scanned)
    dpu_seconds = sum(max(seconds, LEAST_JOB_SECONDS) * dpus for seconds, dpus in jobs.values())
    dpu_seconds += sum(max(seconds, LEAST_CRAWL_SECONDS) * prices.crawler_dpus for seconds in crawls.values())
    billed = sum(max(size, LEAST_QUERY_BYTES) for size in scanned)
    price = dpu_seconds / 3600 * prices.glue_dpu_hour + billed / TERABYTE * prices.athena_terabyte
    return {
        "job_dpu_seconds": {job: round(seconds * dpus, 1) for job, (seconds, dpus) in jobs.items()},
        "crawl_seconds": {task: round(seconds, 1) for task, seconds in crawls.items()},
        "queries": len(scanned),
        "bytes_scanned": sum(scanned),
        "price": f"{price:.4f}",
    }


def looked_up(look_up: Callable[[], Usage]) -> Usage | None:
    """Return what a look-up finds and log it in one line; None, with a warning, when it fails."""
    try:
        usage = look_up()
    except Exception:  # whatever it is, the figures do not depend on it
        log.warning("What this run used could not be looked up.", exc_info=True)
        return None
    log.info("Used: %s.", in_words(usage))
    return usage


def in_words(usage: Usage) -> str:
    """Return a usage in one line."""
    parts = [f"{sum(usage['job_dpu_seconds'].values()):,.0f} DPU seconds of jobs"] if usage["job_dpu_seconds"] else []
    crawls, queries = len(usage["crawl_seconds"]), usage["queries"]
    parts += [f"{crawls} crawl{'s' if crawls > 1 else ''}"] if crawls else []
    parts += [f"{queries} {'query' if queries == 1 else 'queries'} over {usage['bytes_scanned'] / 2**20:,.1f} MB"]
    return f"{', '.join(parts)}; about ${float(usage['price']):.4f}"
