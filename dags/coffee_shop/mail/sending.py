"""What all mails have in common: their headers, and that SES gets them at most once.

A marker in the state bucket is there before a mail is handed over, and confirmed after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_OF_PYTHON
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from coffee_shop.lake.state import ChangedMeanwhileError, read_json, replace_json, write_json
from coffee_shop.settings import names

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# at the default of 78 Python breaks a subject before its first word, and some mail programs then show none
SMTP = SMTP_OF_PYTHON.clone(max_line_length=250)


def new_message(subject: str, mail_from: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """Return a message with its headers and no content; ``as_bytes(policy=SMTP)`` makes it raw.

    Args:
        subject: line breaks and runs of blanks in it become one blank.
        mail_from: the sender that SES has verified.
        to: who gets it.
        now: the date in its header.
    """
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["From"] = mail_from
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    return message


def send_once(
    s3: S3Client,
    marker: str,
    recipients: Sequence[str],
    make: Callable[[], bytes],
    check: Callable[[], None] = lambda: None,
) -> str | None:
    """Send a mail unless its marker is there.

    Args:
        s3: the client.
        marker: the marker's key in the state bucket.
        recipients: the addresses.
        make: returns the raw message.
        check: raises if the mail must not go out; called when the marker is there, which goes again then.

    Returns:
        SES's message id, None when the mail was sent before.

    Raises:
        AirflowFailException: an earlier try was cut off while it handed the mail over; nobody knows if it went out.
    """
    bucket, raw = names().state_bucket, make()
    try:
        replace_json(s3, bucket, marker, _mark("sending", recipients), etag=None)
    except ChangedMeanwhileError:
        _refuse_if_unknown(s3, bucket, marker)
        return None
    try:
        check()
    except Exception:
        s3.delete_object(Bucket=bucket, Key=marker)
        raise
    message_id = _hand_over(s3, bucket, marker, recipients, raw)
    write_json(s3, bucket, marker, _mark("sent", recipients) | {"message_id": message_id})
    return message_id


def _refuse_if_unknown(s3: S3Client, bucket: str, marker: str) -> None:
    """Fail when an earlier try was cut off while it handed the mail over: it may have gone out or not."""
    from airflow.sdk.exceptions import AirflowFailException

    there = read_json(s3, bucket, marker)
    if there and there.value["state"] == "sending":
        raise AirflowFailException(
            f"An earlier try was cut off at {there.value['at']} while it handed this mail to SES: whether it went "
            f"out is not known. Ask {', '.join(there.value['to'])}; to send it, delete "
            f"s3://{bucket}/{marker} and clear this task."
        )


def _hand_over(s3: S3Client, bucket: str, marker: str, recipients: Sequence[str], raw: bytes) -> str:
    from airflow.providers.amazon.aws.hooks.ses import SesHook
    from botocore.config import Config
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

    # one try: botocore would send again when only the answer was lost
    ses: Any = SesHook(config=Config(retries={"total_max_attempts": 1})).get_conn()
    try:
        answer = ses.send_raw_email(Source=names().mail_from, Destinations=list(recipients), RawMessage={"Data": raw})
    except (ClientError, ConnectTimeoutError, EndpointConnectionError):
        s3.delete_object(Bucket=bucket, Key=marker)  # SES did not take it: a retry may try again
        raise
    return str(answer["MessageId"])


def _mark(state: str, recipients: Sequence[str]) -> dict[str, Any]:
    return {"state": state, "to": list(recipients), "at": datetime.now(UTC).isoformat()}
