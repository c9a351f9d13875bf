"""Which resources a permission of Glue is asked for.

AWS asks for it on each of catalog, database and table (Glue developer guide, "Specifying AWS Glue resource ARNs": a
table needs its ancestors too). ministack asks for one ARN only, and takes each `Name` for a table's.
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from local_aws.glue.operations import Json
from local_aws.hooks import replace

_KINDS = ("Crawler", "Job", "Classifier", "Trigger", "Workflow")
_request_arns: ContextVar[list[str]] = ContextVar("ARNs of the request under way")


def arns(operation: str, request: Json, region: str, account: str) -> list[str]:
    """Return the ARNs that an operation needs its permission on."""
    start = f"arn:aws:glue:{region}:{account}:"
    name = request.get("Name") or request.get("JobName") or "*"
    kind = next((kind for kind in _KINDS if kind in operation), None)
    if kind:
        return [f"{start}{kind.lower()}/{name}"]
    if operation.endswith("Database") and operation != "DeleteDatabase":
        return [f"{start}catalog", f"{start}database/{request.get('DatabaseInput', request)['Name']}"]
    database = request.get("DatabaseName") or name
    if operation in ("GetDatabases", "GetTables", "DeleteDatabase", "SearchTables"):
        tables = [] if operation == "GetDatabases" else ["*"]
    else:
        one_table = request.get("TableName") or request.get("TableInput", request).get("Name") or "*"
        tables = request.get("TablesToDelete") or [one_table]
    return [f"{start}catalog", f"{start}database/{database}", *(f"{start}table/{database}/{table}" for table in tables)]


def install() -> None:
    """Make each request to Glue ask for its permission on all of its ARNs."""

    def extract(service: str, *request: Any) -> Any:
        if service != "glue":
            return plain_extract(service, *request)
        _, _, headers, body, _, region, account = request
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        _request_arns.set(arns(operation, json.loads(body or b"{}"), region, account))
        return _request_arns.get()[-1]

    def enforce(key: str, action: str, service: str, *rest: Any, resource_arn: str = "*", **more: Any) -> Any:
        several = _request_arns.get([]) if service == "glue" else []
        for arn in several if resource_arn in several else [resource_arn]:
            denied = plain_enforce(key, action, service, *rest, resource_arn=arn, **more)
            if denied is not None:
                return denied
        return None

    plain_extract = replace(iam_actions, "extract_resource_arn", extract)
    plain_enforce = replace(iam_evaluator, "enforce", enforce)
