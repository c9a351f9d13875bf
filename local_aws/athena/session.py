"""Who a query runs for, what its caller may do, and the errors that it can end with."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

import duckdb
from botocore.exceptions import ClientError
from ministack.core import iam_evaluator
from ministack.core.responses import get_region

from local_aws.clients import client_of_key


class QueryError(Exception):
    """Why a query ends without success, in Athena's words (Amazon Athena User Guide, "Athena error catalog")."""


class ScanLimitError(QueryError):
    """The query would read more than its workgroup allows."""


def not_for_real(what: str) -> QueryError:
    """Return the error of a statement that Athena may know and that would only be pretended here."""
    return QueryError(f"NOT_SUPPORTED: The local Athena does not do {what}; see docs/local-aws.md")


@dataclass
class Session:
    """One execution's surroundings; everything happens with the rights of its caller."""

    execution_id: str
    access_key: str
    database: str
    output_folder: str
    scan_limit: int | None
    connection: duckdb.DuckDBPyConnection

    def client_of(self, service: str) -> Any:
        """Return the caller's own client of a service."""
        return client_of_key(service, self.access_key)

    def ask(self, action: str, resource: str) -> None:
        """Ask for a permission of the caller; the query fails where the policies do not allow it."""
        service = action.partition(":")[0]
        denied = iam_evaluator.enforce(self.access_key, action, service, get_region(), resource_arn=resource)
        if denied is not None:
            who = getattr(denied, "principal_arn", "") or self.access_key
            shown = f'"{resource}"' if service == "s3" else resource
            words = f"User: {who} is not authorized to perform: {action} on resource: {shown}"
            raise QueryError(f"PERMISSION_DENIED: {words}")

    def put(self, uri: str, body: bytes) -> None:
        """Write an object."""
        bucket, key = bucket_and_key(uri)
        try:
            self.client_of("s3").put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            words = "Please ensure you are allowed to access the S3 bucket"
            raise QueryError(f"PERMISSION_DENIED: Access denied when writing output to url: {uri} . {words}") from error


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Return the parts of an address such as ``s3://lake/trees/``."""
    place = urlparse(uri)
    return place.netloc, place.path.lstrip("/")
