"""The one place where Glue's API gets operations that ministack lacks, or has otherwise than AWS."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue

from local_aws.hooks import replace

Json = dict[str, Any]
Operation = Callable[[Json], Json]


class RefusedError(Exception):
    """An operation is refused with one of the API's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def not_found(what: str) -> RefusedError:
    """Return the error for something that is not there."""
    return RefusedError("EntityNotFoundException", f"{what} not found.")


def add(own: Mapping[str, Operation]) -> None:
    """Let operations be answered here; all others stay ministack's.

    Args:
        own: operation -> what makes its answer of the request.
    """

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        operation = own.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return plain(method, path, headers, body, query)
        return _answer(operation, json.loads(body or b"{}"))

    plain = replace(glue, "_handle_request_sync", handle)


def check_first(function: str, check: Callable[[Json], None]) -> None:
    """Let `check` refuse a request of a function of ministack, through the API and in stacks of CloudFormation."""

    def checked(data: Json) -> Any:
        refusal = _answer(lambda request: check(request) or {}, data)
        return plain(data) if refusal[0] == 200 else refusal

    plain = replace(glue, function, checked)


def _answer(operation: Operation, request: Json) -> Any:
    try:
        return json_response(operation(request))
    except RefusedError as refused:
        return error_response_json(refused.code, str(refused), 400)
