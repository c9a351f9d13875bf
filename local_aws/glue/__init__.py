"""Glue: ministack keeps the catalog's records; crawls that look and Spark jobs that run are done here."""

import json
import time
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue

from local_aws.glue import crawlers, jobs, operations
from local_aws.hooks import replaces

OPERATIONS = {
    "BatchDeletePartition": operations.delete_partitions,
    "BatchStopJobRun": jobs.stop_runs,
    "GetCrawlerMetrics": crawlers.metrics,
    "GetPartitions": operations.get_partitions,
    "ListCrawlers": lambda _: {"CrawlerNames": sorted(glue._crawlers)},
    "ListJobs": lambda _: {"JobNames": sorted(glue._jobs)},
    "StartCrawler": crawlers.start,
    "StartJobRun": jobs.start,
}


@replaces(glue, "_handle_request_sync")
def handle(plain: Any, method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    """Answer the operations above; all others stay ministack's."""
    operation = OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
    if operation is None:
        return plain(method, path, headers, body, query)
    try:
        return json_response(operation(json.loads(body or b"{}")))
    except operations.RefusedError as refused:
        return error_response_json(*refused.args, 400)


@replaces(glue, "load_persisted_state")
def load(plain: Any, state: Any) -> None:
    """Take over the state of an earlier server, which may have been killed in the middle of a crawl or a run."""
    plain(state)
    words = "The local AWS was ended while this was under way"
    for crawler in glue._crawlers._data.values():
        if crawler["State"] != "READY":
            last = {"Status": "FAILED", "ErrorMessage": words, "StartTime": time.time()}
            crawler |= {"State": "READY", "LastCrawl": last}
    for run in [run for runs in glue._job_runs._data.values() for run in runs]:
        if run["JobRunState"] in jobs.UNDER_WAY:
            jobs.end(run, "FAILED", words)
