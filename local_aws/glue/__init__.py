"""Glue: ministack keeps the catalog's records; crawls that look and Spark jobs that run are done here."""

import json
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
    crawlers.end_what_was_under_way()
    jobs.end_what_was_under_way()
