"""Errors of the API itself, in botocore's shapes."""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError


class InvalidRequest(JsonRESTError):
    """InvalidRequestException, with Athena's error code where it has one."""

    code = 400

    def __init__(self, message: str, athena_code: str | None = None) -> None:
        super().__init__("InvalidRequestException", message)
        body = {"__type": "InvalidRequestException", "Message": message, "message": message}
        if athena_code:
            body["AthenaErrorCode"] = athena_code
        self.description = json.dumps(body)


class MetadataNotFound(JsonRESTError):
    """MetadataException: a database or table that the catalog does not have."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("MetadataException", message)


class ResourceNotFound(JsonRESTError):
    """ResourceNotFoundException: a prepared statement that is not there."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)
