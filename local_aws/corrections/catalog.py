"""Operations of Glue that ministack does not know."""

import json
from functools import partial
from typing import Any

from ministack.services import glue

from local_aws import hooks


def install() -> None:
    """Answer the operations below before ministack refuses them."""
    hooks.replace(glue, "_handle_request_sync", partial(handle, glue._handle_request_sync))


def handle(plain: Any, method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
    """Answer a call of Glue's API."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action not in ANSWERS:
        return plain(method, path, headers, body, query)
    return ANSWERS[action](json.loads(body or b"{}"))


def list_crawlers(_: dict[str, Any]) -> Any:
    """AWS: the names of the account's crawlers (Glue API reference, "ListCrawlers"). ministack: no such operation."""
    return glue.json_response({"CrawlerNames": sorted(glue._crawlers)})


def list_jobs(_: dict[str, Any]) -> Any:
    """AWS: the names of the account's jobs (Glue API reference, "ListJobs"). ministack: no such operation."""
    return glue.json_response({"JobNames": sorted(glue._jobs)})


def batch_delete_partition(request: dict[str, Any]) -> Any:
    """Remove partitions of a table.

    AWS: deletes what is there and lists an error for each that is not (Glue API reference, "BatchDeletePartition").
    ministack: no such operation.
    """
    if f"{request['DatabaseName']}/{request['TableName']}" not in glue._tables:
        return glue.error_response_json("EntityNotFoundException", f"Table {request['TableName']} not found.", 400)
    errors = []
    for partition in request["PartitionsToDelete"]:
        values = partition["Values"]
        names = {"DatabaseName": request["DatabaseName"], "TableName": request["TableName"], "PartitionValues": values}
        if glue._get_partition(names)[0] == 200:
            glue._delete_partition(names)
        else:
            detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found"}
            errors.append({"PartitionValues": values, "ErrorDetail": detail})
    return glue.json_response({"Errors": errors})


ANSWERS = {"ListCrawlers": list_crawlers, "ListJobs": list_jobs, "BatchDeletePartition": batch_delete_partition}
