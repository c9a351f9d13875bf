"""Who a query runs for: its caller's permissions, its caller's own clients, and what it may read."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
import duckdb
from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region

from local_aws.athena.errors import QueryError


class ScanLimitError(Exception):
    """The query would read more than its workgroup allows."""


@dataclass
class Session:
    """One execution's surroundings."""

    execution_id: str
    access_key: str
    database: str
    output_folder: str
    endpoint: str
    scan_limit: int | None
    connection: duckdb.DuckDBPyConnection

    def client_of(self, service: str) -> Any:
        """Return the caller's own client of a service."""
        return client_of(self.access_key, self.endpoint, service)

    def ask(self, action: str, resource: str) -> None:
        """Ask for a permission of the caller, as Athena does with the caller's own rights.

        Raises:
            QueryError: the caller's policies do not allow it.
        """
        service = action.partition(":")[0]
        denied = iam_evaluator.enforce(self.access_key, action, service, get_region(), resource_arn=resource)
        if denied is not None:
            who = getattr(denied, "principal_arn", "") or self.access_key
            shown = f'"{resource}"' if service == "s3" else resource
            code = "PERMISSION_DENIED" if service == "s3" else "ACCESS_DENIED"
            raise QueryError(code, f"User: {who} is not authorized to perform: {action} on resource: {shown}")

    def scans(self, size: int) -> int:
        """Return the bytes that a query is about to read.

        Raises:
            ScanLimitError: they are more than the workgroup's BytesScannedCutoffPerQuery.
        """
        if self.scan_limit is not None and size > self.scan_limit:
            raise ScanLimitError
        return size


@lru_cache(maxsize=64)
def client_of(access_key: str, endpoint: str, service: str) -> Any:
    """Return a boto3 client with the credentials of a query's caller, kept because making one takes long.

    Raises:
        QueryError: the key is not known any more.
    """
    credentials = iam_evaluator.resolve_credential(access_key, get_account_id())
    if isinstance(credentials, iam_evaluator.CredentialResolutionError):
        raise QueryError("PERMISSION_DENIED", credentials.message)
    session = boto3.Session(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token, get_region()
    )
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]
