"""Who a query runs for, what the caller may do, and what a query can end with."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
import duckdb
from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region


class QueryError(Exception):
    """A query that ends as FAILED, in Athena's words (user guide, "Athena error catalog")."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")


class NotForReal(QueryError):
    """A statement that Athena may know and that would only be pretended here."""

    def __init__(self, what: str) -> None:
        super().__init__("NOT_SUPPORTED", f"The local Athena does not do {what}; see docs/local-aws.md")


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
        """Ask for a permission of the caller, with whose rights Athena reads.

        Raises:
            QueryError: the caller's policies do not allow it.
        """
        service = action.partition(":")[0]
        denied = iam_evaluator.enforce(self.access_key, action, service, get_region(), resource_arn=resource)
        if denied is not None:
            who = getattr(denied, "principal_arn", "") or self.access_key
            shown = f'"{resource}"' if service == "s3" else resource
            words = f"User: {who} is not authorized to perform: {action} on resource: {shown}"
            raise QueryError("PERMISSION_DENIED", words)


@lru_cache(maxsize=64)
def client_of(access_key: str, endpoint: str, service: str) -> Any:
    """Return a boto3 client with the credentials of a query's caller, kept because making one takes long.

    Raises:
        QueryError: the key is not known any more.
    """
    keys = iam_evaluator.resolve_credential(access_key, get_account_id())
    if isinstance(keys, iam_evaluator.CredentialResolutionError):
        raise QueryError("PERMISSION_DENIED", keys.message)
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, keys.session_token, get_region())
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]
