"""Which resources a permission of Glue is asked for: the catalog, the database and the table, crawlers, jobs.

AWS asks for a permission on each of catalog, database and table (Glue developer guide, "Specifying AWS Glue resource
ARNs": a table needs its ancestors too). ministack asks for one ARN only, and takes each `Name` for a table's.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from local_aws.glue.operations import Json
from local_aws.hooks import replace

_WHOLE_CATALOG = ("GetDatabases",)
_ALL_TABLES = ("GetTables", "SearchTables", "DeleteDatabase")
_asked: ContextVar[list[str]] = ContextVar("arns of the request under way")


def arns(operation: str, request: Json, region: str, account: str) -> list[str]:
    """Return the ARNs that an operation needs its permission on."""
    start = f"arn:aws:glue:{region}:{account}:"
    name = request.get("Name") or request.get("JobName") or "*"
    for kind in ("Crawler", "Job", "Classifier", "Trigger", "Workflow"):
        if kind in operation:
            return [f"{start}{kind.lower()}/{name}"]
    if "Tag" in operation:
        return [request.get("ResourceArn", "*")]
    if operation in _WHOLE_CATALOG:
        return [f"{start}catalog", f"{start}database/*"]
    if operation.endswith("Database") and operation != "DeleteDatabase":
        name = request.get("DatabaseInput", request).get("Name", name)
        return [f"{start}catalog", f"{start}database/{name.lower()}"]
    database = request.get("DatabaseName") or name
    tables = request.get("TablesToDelete") or [_table(operation, request)]
    below = [f"{start}table/{database}/{table}".lower() for table in tables]
    return [f"{start}catalog", f"{start}database/{database.lower()}", *below]


def _table(operation: str, request: Json) -> str:
    if operation in _ALL_TABLES:
        return "*"
    return str(request.get("TableName") or request.get("TableInput", request).get("Name") or "*")


def install() -> None:
    """Make each request to Glue ask for its permission on all of its ARNs."""

    def extract(service: str, *request: Any) -> Any:
        if service != "glue":
            return plain_extract(service, *request)
        _, _, headers, body, _, region, account = request
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        _asked.set(arns(operation, json.loads(body or b"{}"), region, account))
        return _asked.get()[-1]

    def enforce(key: str, action: str, service: str, *rest: Any, resource_arn: str = "*", **more: Any) -> Any:
        several = _asked.get([]) if service == "glue" else []
        for arn in several if resource_arn in several else [resource_arn]:
            denied = plain_enforce(key, action, service, *rest, resource_arn=arn, **more)
            if denied is not None:
                return denied
        return None

    plain_extract = replace(iam_actions, "extract_resource_arn", extract)
    plain_enforce = replace(iam_evaluator, "enforce", enforce)
