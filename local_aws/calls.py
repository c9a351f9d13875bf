"""A record of each call: who asked for what on which resource, and what came of it. One JSON object a line."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

LARGEST_FILE = 50 * 1024 * 1024
ACCOUNT = DEFAULT_ACCOUNT_ID
IAM_ACTIONS = {
    "s3": {
        "CopyObject": "PutObject",
        "CompleteMultipartUpload": "PutObject",
        "CreateMultipartUpload": "PutObject",
        "DeleteBucketEncryption": "PutEncryptionConfiguration",
        "DeleteBucketLifecycle": "PutLifecycleConfiguration",
        "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
        "DeleteBucketTagging": "PutBucketTagging",
        "DeleteObjects": "DeleteObject",
        "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "HeadBucket": "ListBucket",
        "HeadObject": "GetObject",
        "ListBuckets": "ListAllMyBuckets",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "ListObjects": "ListBucket",
        "ListObjectsV2": "ListBucket",
        "ListObjectVersions": "ListBucketVersions",
        "ListParts": "ListMultipartUploadParts",
        "PutBucketEncryption": "PutEncryptionConfiguration",
        "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
        "UploadPart": "PutObject",
        "UploadPartCopy": "PutObject",
    },
    "lambda": {"Invoke": "InvokeFunction"},
    "sqs": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
}
VERSIONED_ACTIONS = {"GetObject": "GetObjectVersion", "DeleteObject": "DeleteObjectVersion"}
PREFIXES = {"sesv2": "ses", "mwaa": "airflow"}
NAMING = (
    "Name",
    "JobName",
    "JobRunId",
    "CrawlerName",
    "DatabaseName",
    "TableName",
    "WorkGroup",
    "QueryExecutionId",
    "StackName",
    "RoleName",
    "RoleArn",
    "PolicyArn",
    "PolicyName",
    "logGroupName",
    "Identity",
    "EmailIdentity",
    "EmailAddress",
    "Source",
    "FromEmailAddress",
    "AlarmName",
    "FunctionName",
    "Namespace",
    "QueueName",
    "QueueUrl",
    "Rule",
    "SecretId",
    "TopicArn",
)


class Calls:
    """The record's file; when it is full it becomes calls.jsonl.1 and a new one starts."""

    def __init__(self, file: Path) -> None:
        """Append to `file`."""
        self._file = file
        self._lock = threading.Lock()
        self._out = file.open("a", encoding="utf-8")

    def note(self, **call: Any) -> None:
        """Write one call: caller, service, operation, action, resource, status."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **call}) + "\n"
        with self._lock:
            if self._out.tell() > LARGEST_FILE:
                self._out.close()
                self._file.replace(self._file.with_name(self._file.name + ".1"))
                self._out = self._file.open("a", encoding="utf-8")
            self._out.write(line)
            self._out.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._out.close()


_current: Calls | None = None


def keep(noted: Calls | None) -> None:
    """Set the record of the running server."""
    global _current
    _current = noted


def note_for_role(role_arn: str, session: str, act: str, on: str, allowed: bool) -> None:
    """Note what a service does here as a role, without a call: Lambda's logs and dead letters."""
    service, _, operation = act.partition(":")
    if _current is not None:
        _current.note(
            caller={"type": "role", "role": role_arn, "session": session},
            service=service,
            operation=operation,
            action=act,
            resource=on,
            status=200 if allowed else 403,
        )


def caller(access_key: str) -> dict[str, str]:
    """Return who an access key belongs to: a role's session, a user, or the account itself for any other key."""
    if not access_key:
        return {"type": "anonymous"}
    session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
    if session is not None:
        return {"type": "role", "role": session.role_arn, "session": session.session_name}
    for user in iam_backends[ACCOUNT]["aws"].users.values():
        if any(key.access_key_id == access_key for key in user.access_keys):
            return {"type": "user", "user": user.arn}
    return {"type": "account", "access_key": access_key}


def action(service: str, operation: str, params: dict[str, Any]) -> str:
    """Return the IAM action that AWS asks for; https://docs.aws.amazon.com/service-authorization/latest/reference/."""
    name = IAM_ACTIONS.get(service, {}).get(operation, operation)
    if service == "s3" and params.get("VersionId"):
        name = VERSIONED_ACTIONS.get(name, name)
    return f"{PREFIXES.get(service, service)}:{name}"


def resource(service: str, params: dict[str, Any]) -> str | dict[str, str]:
    """Return the ARN for S3, else the parameters that name what the call is about."""
    if service == "s3":
        bucket, key = params.get("Bucket"), params.get("Key")
        return "*" if not bucket else f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
    return {name: str(params[name]) for name in NAMING if params.get(name)}
