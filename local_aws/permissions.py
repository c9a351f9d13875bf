"""Who is let in, which permission a request needs, on which resource, and the record of who asked for it.

ministack evaluates policies. What it gets too coarse for Glue, Athena, SES and Logs is said here, from the Service
Authorization Reference ("Actions, resources, and condition keys for ..."), and each permission that anybody asked for
is a line of the record: caller, action, resource, context, allowed.
"""

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, sts

from local_aws.hooks import replaces


@replaces(iam_actions, "extract_resource_arn")
def resource_of(
    plain: Any, service: str, method: str, path: str, headers: Any, body: bytes, params: Any, *rest: Any
) -> str:
    """Return what a call is about: AWS asks for the table, the job, the workgroup, the address; ministack for less."""
    place = f"arn:aws:{service}:{get_region()}:{get_account_id()}"
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    fields = json.loads(body or b"{}") if operation else {}
    if service == "glue" and operation:
        return f"{place}:{_of_glue(operation, fields)}"
    if service == "athena" and operation:
        execution = athena._executions.get(fields.get("QueryExecutionId")) or {}
        return f"{place}:workgroup/{fields.get('WorkGroup') or execution.get('WorkGroup') or 'primary'}"
    if service == "logs" and fields.get("logStreamName"):
        return f"{place}:log-group:{fields['logGroupName']}:log-stream:{fields['logStreamName']}"
    if service == "ses" and (sender := _sender(params)):
        return f"{place}:identity/{sender}"
    return str(plain(service, method, path, headers, body, params, *rest))


def _of_glue(operation: str, fields: Mapping[str, Any]) -> str:
    name = fields.get("Name")
    if "Crawler" in operation:
        return f"crawler/{name or '*'}"
    if "Job" in operation:
        return f"job/{fields.get('JobName') or name or '*'}"
    if "Table" in operation or "Partition" in operation:
        table = fields.get("TableName") or name or fields.get("TableInput", {}).get("Name") or "*"
        return f"table/{fields.get('DatabaseName', 'default')}/{table}"
    if "Database" in operation:
        return f"database/{name or fields.get('DatabaseInput', {}).get('Name') or '*'}"
    return "catalog"


def _asked_besides(action: str, resource: str) -> list[str]:
    """Return what AWS asks for besides: a table's database and the catalog, a database's catalog.

    Glue Developer Guide, "Access control for databases and tables". ministack asks for one resource.
    """
    place, _, name = resource.rpartition(":")
    kind, _, name = name.partition("/")
    if not action.startswith("glue:") or kind not in ("table", "database"):
        return []
    return [*([f"{place}:database/{name.partition('/')[0]}"] if kind == "table" else []), f"{place}:catalog"]


@replaces(iam_actions, "request_tag_context")
def context_of(plain: Any, service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
    """Return condition keys; ministack has no ``ses:FromAddress`` (SES Developer Guide, "Controlling access")."""
    sender = _sender(params) if service == "ses" else ""
    return {**plain(service, action, body, params), **({"ses:FromAddress": sender} if sender else {})}


def _sender(params: Mapping[str, Any]) -> str:
    """Return the address that a mail of SES (version 1) comes from, empty if the request sends none."""
    source, raw = (params.get(name) for name in ("Source", "RawMessage.Data"))
    source, raw = (value[0] if isinstance(value, list) else value for value in (source, raw))
    return parseaddr(source or (str(message_from_bytes(base64.b64decode(raw))["From"]) if raw else ""))[1]


@replaces(iam_actions, "access_denied_response")
def denial(plain: Any, service: str, action: str, principal: str, request_id: str, **more: Any) -> Any:
    """Name the resource (IAM User Guide, "Troubleshoot access denied error messages"); ministack mostly does not."""
    if not more.get("error_code") and not more.get("message") and not more.get("resource_policy_arn"):
        resource = more.get("resource_arn", "*")
        shown = f'"{resource}"' if service == "s3" else resource
        more["message"] = iam_actions.identity_denial_message(action, principal, shown, bool(more.get("explicit_deny")))
    return plain(service, action, principal, request_id, **more)


@cache
def _record() -> TextIO:
    """Return the record of what was asked for, open for as long as the server lives; each line is written at once."""
    return Path(os.environ["LOCAL_AWS_HOME"], "permissions.jsonl").open("a", 1, "utf-8")


@replaces(iam_evaluator, "enforce")
def enforce(plain: Any, key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
    """Ask for every resource that a call needs and note each answer."""
    caller = (iam_evaluator.resolve_caller_identity(key) or {}).get("userArn", "")
    context = {name: value for name, value in (more.get("service_context") or {}).items() if value}
    for resource in [resource_arn, *_asked_besides(action, resource_arn)]:
        refusal = plain(key, action, service, region, resource_arn=resource, **more)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "caller": caller, "action": action, "resource": resource, "context": context}
        _record().write(json.dumps(line | {"allowed": refusal is None}, default=str) + "\n")
        if refusal is not None:
            return refusal
    return None


@replaces(iam_evaluator, "is_root_access_key")
@replaces(sts, "is_root_access_key")  # it has the function by name
def is_key_of_account(access_key_id: str) -> bool:
    """Tell whether a key is the account's own.

    AWS: each request but an anonymous one carries the signature of a key that exists (IAM User Guide, "AWS Signature
    Version 4 for API requests"). ministack: no key at all, `test` and any twelve digits are the account's root user
    too, and a root user's signature is not checked: whoever knows the id of the key needs no secret.
    """
    return access_key_id == os.environ.get("AWS_ACCESS_KEY_ID", "test")


replaces(iam_evaluator, "_is_root_key")(lambda access_key_id: False)


@replaces(iam_evaluator, "_resolve_condition_key")
def resolve_key(plain: Any, name: str, context: Any) -> Any:
    """Return the value of a policy's condition key.

    AWS: `aws:SecureTransport` is true for a request over TLS (IAM User Guide, "AWS global condition context keys").
    ministack: it is false for our http://127.0.0.1, which leaves the machine as little as TLS is readable on its way;
    the template's buckets and queue refuse whatever is not secure.
    """
    return "true" if name.lower() == "aws:securetransport" else plain(name, context)
