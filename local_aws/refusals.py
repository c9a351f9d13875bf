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


DENIED_CODES = {"sns": "AuthorizationError"}
ATHENA_DENIED = (
    "You are not authorized to perform: {} on the resource. After your AWS administrator or you have updated your "
    "permissions, please try again."
)
PLAIN_DENIED = ("s3", "sqs", "cloudwatch")  # REST XML, or once the query protocol, and the code is still that one


def access_denied(service: str, protocol: str, caller: str, action: str, resource: str, why: str) -> Refusal:
    """Refuse a call that its caller's policies do not allow.

    Sources: IAM User Guide, "Troubleshoot access denied error messages"; each service's "Common Errors" page for the
    code; apache/kyuubi pull request 4952 (Glue's sentence, and status 400 as all errors of JSON 1.1);
    LBHackney-IT/Data-Platform pull requests 2777 (S3 puts the resource in quotes) and 2008, metabase/metabase issue
    53377 (Athena's own sentence); dbeaver/dbeaver issue 18786 (Glue's refusal through Athena is a MetadataException);
    Amazon SES Developer Guide, "Access denied" (its quotes); botocore's model of SNS (AuthorizationError).
    """
    owner = action.partition(":")[0]
    if owner == "athena":
        message = ATHENA_DENIED.format(action)
    elif owner == "ses":
        message = f"User `{caller}' is not authorized to perform `{action}' on resource `{resource}'"
    elif owner == "s3":
        message = f'User: {caller} is not authorized to perform: {action} on resource: "{resource}" {why}'
    else:
        message = f"User: {caller} is not authorized to perform: {action} on resource: {resource} {why}"
    if service == "athena" and owner == "glue":
        return error(service, protocol, 400, "MetadataException", message)
    if service in PLAIN_DENIED or protocol in ("query", "rest-xml", "ec2"):
        return error(service, protocol, 403, DENIED_CODES.get(service, "AccessDenied"), message)
    return error(service, protocol, 403 if protocol == "rest-json" else 400, "AccessDeniedException", message)


def unknown_key(service: str, protocol: str) -> Refusal:
    """Refuse a call with a key that looks like one of IAM's and is none: a user or key that was deleted.

    Sources: Amazon S3 API Reference, "Error responses" (InvalidAccessKeyId); each service's "Common Errors" page.
    """
    if service == "s3":
        message = "The AWS Access Key Id you provided does not exist in our records."
        return error(service, protocol, 403, "InvalidAccessKeyId", message)
    message = "The security token included in the request is invalid."
    if protocol in ("query", "rest-xml", "ec2"):
        return error(service, protocol, 403, "InvalidClientTokenId", message)
    return error(service, protocol, 403 if protocol == "rest-json" else 400, "UnrecognizedClientException", message)


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
