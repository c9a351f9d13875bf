"""The one place where Glue's API gets operations that ministack lacks, or has otherwise than AWS."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue

from local_aws.hooks import replace

Json = dict[str, Any]


class RefusedError(Exception):
    """An operation is refused with one of the API's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def not_found(what: str) -> RefusedError:
    """Return the error for something that is not there."""
    return RefusedError("EntityNotFoundException", f"{what} not found.")


def add(own: Mapping[str, Callable[[Json], Json]]) -> None:
    """Let operations be answered by these functions; all others stay ministack's."""

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        operation = own.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return plain(method, path, headers, body, query)
        try:
            return json_response(operation(json.loads(body or b"{}")))
        except RefusedError as refused:
            return error_response_json(refused.code, str(refused), 400)

    plain = replace(glue, "_handle_request_sync", handle)


def check_first(function: str, check: Callable[[Json], None]) -> None:
    """Let `check` refuse a request of a function of ministack, through the API and in stacks of CloudFormation."""

    def checked(data: Json) -> Any:
        try:
            check(data)
        except RefusedError as refused:
            return error_response_json(refused.code, str(refused), 400)
        return plain(data)

    plain = replace(glue, function, checked)
