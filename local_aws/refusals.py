"""Errors in the shape that each AWS protocol gives them, so that SDKs raise what they would raise on AWS.

Shapes: https://smithy.io/2.0/aws/protocols/ ; codes: each service's "Common Errors" page.
"""

import json
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape

UNKNOWN_CODES = {"json": "UnknownOperationException", "rest-json": "UnknownOperationException", "s3": "NotImplemented"}


@dataclass(frozen=True)
class Refusal:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def not_for_real(service: str, operation: str, protocol: str) -> Refusal:
    """Refuse an operation that this server would only pretend."""
    what = f"{service}.{operation}" if operation else service
    message = (
        f"The local AWS does not do {what} for real, so it refuses it. What it does is in docs/local-aws.md and "
        "local_aws/served.py."
    )
    code = UNKNOWN_CODES.get("s3" if service == "s3" else protocol, "InvalidAction")
    return error(service, protocol, 501 if service == "s3" else 400, code, message)


def error(service: str, protocol: str, status: int, code: str, message: str, **details: str) -> Refusal:
    """Return an error; `details` are S3's extra elements (Key, BucketName, ...)."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    if service == "s3":
        more = "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in details.items())
        body = f"<Error><Code>{code}</Code><Message>{_xml(message)}</Message>{more}"
        body += f"<RequestId>{request_id}</RequestId></Error>"
        return Refusal(status, headers | {"Content-Type": "application/xml"}, _document(body))
    if protocol in ("query", "rest-xml", "ec2"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{_xml(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Refusal(status, headers | {"Content-Type": "text/xml"}, _document(body))
    return Refusal(
        status,
        headers | {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code},
        json.dumps({"__type": code, "message": message}).encode(),
    )


def _document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _xml(text: str) -> str:
    """Escape a text, and leave out what XML 1.0 cannot hold."""
    return escape("".join(char if char >= " " or char in "\t\n\r" else "\ufffd" for char in text))
