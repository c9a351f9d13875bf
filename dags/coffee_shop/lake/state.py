"""JSON objects in the state bucket, written only if nobody wrote them since they were read (S3 conditional writes)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Json = dict[str, Any]
Value = TypeVar("Value")

# what S3 answers when the condition of a write does not hold, or two such writes met
_CONDITION_FAILED = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


class ChangedMeanwhileError(RuntimeError):
    """Somebody else wrote the object after it was read; nothing was written."""


@dataclass(frozen=True)
class Stored(Generic[Value]):
    """A JSON object as it was read; ``etag`` is None when it was not there."""

    value: Value
    etag: str | None


def read_json(s3: "S3Client", bucket: str, key: str) -> Stored[Json] | None:
    """Return a JSON object and its ETag, or None when there is none."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    return Stored(json.loads(answer["Body"].read()), answer["ETag"])


def write_json(s3: "S3Client", bucket: str, key: str, value: Mapping[str, Any]) -> None:
    """Write a JSON object, whatever is there."""
    s3.put_object(Bucket=bucket, Key=key, Body=_bytes(value), ContentType="application/json")


def replace_json(s3: "S3Client", bucket: str, key: str, value: Mapping[str, Any], etag: str | None) -> None:
    """Write a JSON object if the one that is there still has this ETag; None: if there is none.

    Raises:
        ChangedMeanwhileError: the condition does not hold.
    """
    from botocore.exceptions import ClientError

    body = _bytes(value)
    try:
        if etag is None:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
        else:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfMatch=etag)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CONDITION_FAILED:
            raise
        raise ChangedMeanwhileError(f"s3://{bucket}/{key} was written by somebody else meanwhile.") from error


def _bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
