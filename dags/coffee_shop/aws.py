"""AWS clients from Airflow's connection ``aws_default``; call these inside tasks only."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client


def s3_client() -> "S3Client":
    """Return a client for S3."""
    return cast("S3Client", _client("s3"))


def glue_client() -> "GlueClient":
    """Return a client for Glue: catalog, crawlers, jobs."""
    return cast("GlueClient", _client("glue"))


def athena_client() -> "AthenaClient":
    """Return a client for Athena."""
    return cast("AthenaClient", _client("athena"))


@cache
def _client(service: str) -> Any:
    """Return the client of this process: a task asks for it several times, and to make one takes as long as a call."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    return AwsBaseHook(aws_conn_id="aws_default", client_type=service).get_conn()
