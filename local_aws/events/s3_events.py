"""S3's events for EventBridge: made for a bucket that has EventBridge notification on, when an object's row is written.

Source: Amazon S3 User Guide, "EventBridge event message structure"; unlike S3's own notifications, keys are as they
are, not URL-encoded.
"""

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.s3 import models
from moto.s3.responses import S3Response

from local_aws.events import rules
from local_aws.s3.errors import NotForReal

CREATED = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
DELETED = {
    "s3:ObjectRemoved:Delete": "Permanently Deleted",
    "s3:ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}


def send(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:
    """Put an S3 event on the default bus. Stands in for moto's function of the same parameters."""
    event = message(account_id, bucket, str(getattr(event_name, "value", event_name)), key)
    if event is not None:
        rules.put(account_id, bucket.region_name, event)


def message(account_id: str, bucket: Any, name: str, key: Any) -> dict[str, Any] | None:
    """Return the event for a bucket and a key (moto's models), None for a name that is no event of EventBridge."""
    about: dict[str, Any] = {"key": key.name}
    if name in CREATED:
        kind, more = "Object Created", {"reason": CREATED[name]}
        about |= {"size": key.size, "etag": key.etag.strip('"')}
    elif name in DELETED:
        kind, more = "Object Deleted", {"reason": "DeleteObject", "deletion-type": DELETED[name]}
        about |= {"etag": key.etag.strip('"')} if key.etag.strip('"') else {}
    else:
        return None
    if key.version_id not in (None, "null"):
        about["version-id"] = key.version_id
    about["sequencer"] = f"{int(key.last_modified.replace(tzinfo=UTC).timestamp()):010X}{key.event_seq:012X}"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": "aws.s3",
        "account": account_id,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": bucket.region_name,
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": about,
            "request-id": secrets.token_hex(8).upper(),
            "requester": account_id,
            "source-ip-address": "127.0.0.1",
            **more,
        },
    }


def put_bucket_notification_configuration(
    self: models.S3Backend, bucket_name: str, notification_config: dict[str, Any]
) -> None:
    """Switch a bucket's EventBridge notification on or off; other targets are refused. Stands in for moto's."""
    others = [name for name in notification_config if name.endswith("Configuration") and not name.startswith("EventBr")]
    if others:
        raise NotForReal(
            f"This server sends a bucket's events to EventBridge only, not by {', '.join(sorted(others))}."
        )
    moto_put_bucket_notification_configuration(self, bucket_name, notification_config)


def get_bucket_notification(self: S3Response) -> Any:
    """Do GetBucketNotificationConfiguration; moto's leaves EventBridge out."""
    found = self.backend.get_bucket_notification_configuration(self.bucket_name)
    bridge = found is not None and found.event_bridge is not None
    self.data["Action"] = "GetBucketNotificationConfiguration"
    return self.serialized(ActionResult({"EventBridgeConfiguration": {}} if bridge else {}))


moto_put_bucket_notification_configuration = models.S3Backend.put_bucket_notification_configuration
