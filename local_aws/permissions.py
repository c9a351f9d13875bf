"""Which permission a request needs, on which resource, and the record of who asked for it.

ministack evaluates policies. What it gets too coarse for Glue, Athena and SES is said here, from the Service
Authorization Reference ("Actions, resources, and condition keys for ..."), and each permission that anybody asked for
is a line of the record: caller, action, resource, context, allowed.
"""

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena

from local_aws.hooks import replace


def install(file: Path) -> None:
    """Put the checks and the record into ministack.

    Args:
        file: where the record is appended, one JSON object a line.
    """
    replace(iam_actions, "extract_resource_arn", _with_precise_resources(iam_actions.extract_resource_arn))
    replace(iam_actions, "request_tag_context", _with_sender(iam_actions.request_tag_context))
    replace(iam_actions, "access_denied_response", _naming_the_resource(iam_actions.access_denied_response))
    replace(iam_evaluator, "enforce", _recording(iam_evaluator.enforce, file))


# --- resources


def _with_precise_resources(plain: Any) -> Any:
    """AWS asks for the table, the crawler, the job, the workgroup, the identity; ministack for less or something else."""

    def resource(service: str, method: str, path: str, headers: Any, body: bytes, params: Any, *rest: Any) -> str:
        place = f"arn:aws:{service}:{get_region()}:{get_account_id()}"
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "glue" and operation:
            return f"{place}:{_glue_resource(operation, _fields(body))}"
        if service == "athena" and operation:
            return _athena_resource(place, _fields(body))
        if service == "logs" and (group := _fields(body).get("logGroupName")):
            return f"{place}:log-group:{group}:log-stream:{_fields(body).get('logStreamName', '')}"
        if service == "ses" and (sender := _sender(params)):
            return f"{place}:identity/{sender}"
        return str(plain(service, method, path, headers, body, params, *rest))

    return resource


def _fields(body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _glue_resource(operation: str, fields: Mapping[str, Any]) -> str:
    """Return the resource of a call of Glue, without what comes before it in the ARN."""
    if "Crawler" in operation:
        return f"crawler/{fields['Name']}" if "Name" in fields else "crawler/*"
    if "Job" in operation:
        return f"job/{fields.get('JobName') or fields.get('Name') or '*'}"
    if "Table" in operation or "Partition" in operation:
        table = fields.get("TableName") or fields.get("Name") or fields.get("TableInput", {}).get("Name") or "*"
        return f"table/{fields.get('DatabaseName', 'default')}/{table}"
    if "Database" in operation:
        return f"database/{fields.get('Name') or fields.get('DatabaseInput', {}).get('Name') or '*'}"
    return "catalog"


def _athena_resource(place: str, fields: Mapping[str, Any]) -> str:
    """Return the workgroup: named in the request, or the one of the execution that it names."""
    execution = athena._executions.get(fields.get("QueryExecutionId")) or {}
    return f"{place}:workgroup/{fields.get('WorkGroup') or execution.get('WorkGroup') or 'primary'}"


def _asked_besides(action: str, resource: str) -> list[str]:
    """Return the resources that AWS asks for beside the named one.

    Glue Developer Guide, "Access control for databases and tables": a table's database and the catalog, a database's
    catalog. ministack asks for one resource.
    """
    if not action.startswith("glue:"):
        return []
    place, kind, name = (resource.rsplit(":", 1)[0], *resource.rsplit(":", 1)[1].partition("/")[::2])
    if kind == "table":
        return [f"{place}:database/{name.partition('/')[0]}", f"{place}:catalog"]
    return [f"{place}:catalog"] if kind == "database" else []


# --- condition keys


def _with_sender(plain: Any) -> Any:
    """Ministack knows no ``ses:FromAddress`` (Amazon SES Developer Guide, "Controlling access to Amazon SES")."""

    def context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        sender = _sender(params) if service == "ses" else ""
        return {**plain(service, action, body, params), **({"ses:FromAddress": sender} if sender else {})}

    return context


def _sender(params: Mapping[str, Any]) -> str:
    """Return the address that a mail of SES (version 1) comes from, empty if the request sends none."""
    import base64

    source = _first(params, "Source")
    raw = _first(params, "RawMessage.Data")
    if not source and raw:
        source = str(message_from_bytes(base64.b64decode(raw)).get("From", ""))
    return parseaddr(source)[1]


def _first(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


# --- the answer


def _naming_the_resource(plain: Any) -> Any:
    """AWS names the resource (IAM User Guide, "Troubleshoot access denied error messages"); ministack mostly does not."""

    def denied(service: str, action: str, principal: str, request_id: str, **more: Any) -> Any:
        if not more.get("error_code") and not more.get("message") and not more.get("resource_policy_arn"):
            resource = more.get("resource_arn", "*")
            resource = f'"{resource}"' if service == "s3" else resource
            explicit = bool(more.get("explicit_deny"))
            more["message"] = iam_actions.identity_denial_message(action, principal, resource, explicit)
        return plain(service, action, principal, request_id, **more)

    return denied


def _recording(plain: Any, file: Path) -> Any:
    """Ask for every resource and note each answer."""
    lock, record = threading.Lock(), file.open("a", encoding="utf-8")

    def enforce(key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
        caller = (iam_evaluator.resolve_caller_identity(key) or {}).get("userArn", "")
        for resource in [resource_arn, *_asked_besides(action, resource_arn)]:
            answer = plain(key, action, service, region, resource_arn=resource, **more)
            line = {
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "caller": caller,
                "action": action,
                "resource": resource,
                "context": {name: value for name, value in (more.get("service_context") or {}).items() if value},
                "allowed": answer is None,
            }
            with lock:
                record.write(json.dumps(line, default=str) + "\n")
                record.flush()
            if answer is not None:
                return answer
        return None

    return enforce
