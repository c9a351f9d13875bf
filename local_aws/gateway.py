"""The way in: names each call, refuses what is not for real or not allowed, records it, and keeps what it changed.

Object operations of S3 are done here; everything else is moto's, with what other packages replaced in it.
"""

import calendar
import io
import logging
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import ActionContext, ActionResult
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import ClientDisconnected, NotFound

from local_aws import access, actions, refusals
from local_aws.actions import Permission
from local_aws.s3 import object_store, operations
from local_aws.s3.errors import NoSuchKey, NoSuchVersion, S3Error
from local_aws.served import SERVED

READY = "/_local_aws/ready"
SIGNING_NAMES = {  # the name in a signature to botocore's, where they differ
    "airflow": "mwaa",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "eventbridge": "events",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
READING = ("Get", "List", "Describe", "BatchGet", "Head", "Filter", "Validate", "Test", "Simulate")

StartResponse = Callable[..., Any]
log = logging.getLogger("local_aws")


class Gateway:
    """The WSGI application."""

    def __init__(self, after: Callable[["CallRecord"], None]) -> None:
        """Take what is to be done after each call, before its answer goes out."""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._after = after

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        began = time.monotonic()
        path = environ.get("PATH_INFO", "")
        if path == READY:
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
            return [b"ready\n"]
        request = Request(environ)
        service = _service(request)
        if service == "s3":
            # a body is there once: whoever refuses a call after reading it must not wait for it a second time
            environ |= {"wsgi.input": request.stream, "wsgi.input_terminated": True}
        else:
            _buffer(environ)
            request = Request(environ)
        protocol, operation, uri_params = _operation(service, request)
        record = CallRecord(service, protocol, operation, request)
        if operation not in SERVED.get(service, ()):
            return self._refuse(environ, start_response, record, refusals.not_for_real(service, operation, protocol))
        try:
            _check(record, request, uri_params)
            if record.is_about_objects:
                return self._object(environ, start_response, request, record, began)
            return self._pass_on(environ, start_response, record)
        except Exception as problem:
            return self._refuse(environ, start_response, record, _refusal(record, problem))

    def _object(
        self,
        environ: dict[str, Any],
        start_response: StartResponse,
        request: Request,
        record: "CallRecord",
        began: float,
    ) -> Iterable[bytes]:
        call = operations.Call(
            record.params,
            request.headers,
            request.stream,
            object_store.store(),
            DEFAULT_ACCOUNT_ID,
            began,
            ask=record.ask,
        )
        answer = _carried_out(record, call)
        status, headers, body = _serialized(record.operation, answer)
        if request.method == "HEAD" or status == 304:
            headers = {name: value for name, value in headers.items() if status != 304 or name != "Content-Length"}
            chunks: Iterable[bytes] = []
        elif answer.body is not None:
            chunks = answer.body
        else:
            chunks = [body]
            headers["Content-Length"] = str(len(body))
        record.status = status
        self._after(record)
        start_response(_status_line(status), list(headers.items()))
        return chunks

    def _pass_on(self, environ: dict[str, Any], start_response: StartResponse, record: "CallRecord") -> Iterable[bytes]:
        answers: list[tuple[str, list[tuple[str, str]]]] = []

        def remember(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
            answers.append((status, headers))
            return lambda _: None

        body = b"".join(self._moto(environ, remember))
        status, headers = answers[-1]
        record.status = int(status.split()[0])
        self._after(record)
        start_response(status, headers)
        return [body]

    def _refuse(
        self,
        environ: dict[str, Any],
        start_response: StartResponse,
        record: "CallRecord",
        answer: refusals.Refusal,
    ) -> Iterable[bytes]:
        _drain(environ)
        record.status = answer.status
        self._after(record)
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body
        headers = answer.headers | {"Content-Length": str(len(body))}
        start_response(_status_line(answer.status), list(headers.items()))
        return [body]


class Pretended(Exception):
    """A call asks for something that this server would only pretend."""


class UnknownKey(Exception):
    """A key looks like one of IAM's and is none."""


class CallRecord:
    """One call: who asked for what, which permissions it needs, and what came of it."""

    def __init__(self, service: str, protocol: str, operation: str, request: Request) -> None:
        """Name the call."""
        self.service = service
        self.protocol = protocol
        self.operation = operation
        self.params: dict[str, Any] = {}
        self.permissions: list[Permission] = []
        self.status = 0
        scope = _credential(request)
        self.caller = access.caller_of(scope[0])
        self.place = actions.Place(DEFAULT_ACCOUNT_ID, scope[2] if len(scope) > len(("key", "day")) else "us-east-1")

    def ask(self, needed: list[Permission]) -> None:
        """Note what the call needs, and raise AccessDenied unless its caller has all of it."""
        self.permissions += needed
        access.check(self.caller, needed)

    @property
    def is_about_objects(self) -> bool:
        """Whether the call is one of those that are done here and not by moto."""
        return self.service == "s3" and self.operation in operations.OPERATIONS

    @property
    def changes_something(self) -> bool:
        """Tell whether the call may have changed state other than objects, which have their own index."""
        if self.is_about_objects:
            return False
        return self.status < 300 and not self.operation.startswith(READING)


def _refusal(record: CallRecord, problem: Exception) -> refusals.Refusal:
    """Return the answer to a call that cannot be done."""
    service, protocol = record.service, record.protocol
    if isinstance(problem, access.AccessDenied):
        one, caller = problem.refused, problem.caller.shown
        return refusals.access_denied(service, protocol, caller, one.action, one.resource, problem.why)
    if isinstance(problem, UnknownKey):
        return refusals.unknown_key(service, protocol)
    if isinstance(problem, Pretended):
        return refusals.error(service, protocol, 400, "ValidationError", str(problem))
    if isinstance(problem, S3Error):
        answer = refusals.error(service, protocol, problem.status, problem.code, problem.message, **problem.details)
        answer.headers.update(problem.headers)
        return answer
    if isinstance(problem, ClientDisconnected):
        return refusals.error(service, protocol, 400, "IncompleteBody", "The connection ended inside the body")
    if isinstance(problem, NotImplementedError):
        log.error("%s.%s is listed as for real and is not", service, record.operation, exc_info=problem)
        return refusals.not_for_real(service, record.operation, protocol)
    log.error("%s.%s failed", service, record.operation, exc_info=problem)
    code = "InternalError" if service == "s3" else "InternalFailure"
    return refusals.error(service, protocol, 500, code, f"{type(problem).__name__}: {problem}")


# What moto takes without a word and does nothing about.
PRETENDED = {
    ("sts", "AssumeRole"): ("Policy", "PolicyArns"),
    ("iam", "CreateRole"): ("PermissionsBoundary",),
    ("iam", "CreateUser"): ("PermissionsBoundary",),
}


def _check(record: CallRecord, request: Request, uri_params: dict[str, Any]) -> None:
    """Read a call's parameters and refuse it unless its caller may do it."""
    if record.caller.kind == "unknown":
        raise UnknownKey
    if record.is_about_objects:
        _check_signed(request)
    record.params = _params(request, record, uri_params)
    given = [name for name in PRETENDED.get((record.service, record.operation), ()) if record.params.get(name)]
    if given:
        what = f"{record.service}.{record.operation} with {', '.join(given)}"
        raise Pretended(f"The local AWS does not do {what} for real, so it refuses it.")
    record.ask(actions.of(record.service, record.operation, record.params, record.place))


def _carried_out(record: CallRecord, call: operations.Call) -> operations.Answer:
    """Do an S3 operation. That a key is not there S3 tells only to who may list the bucket; to others it is denied.

    Source: Amazon S3 API Reference, GetObject and HeadObject, "Permissions".
    """
    try:
        return operations.carry_out(record.operation, call)
    except (NoSuchKey, NoSuchVersion):
        named = record.params.get("CopySource") or f"{call.bucket}/"
        bucket = unquote(named).lstrip("/").partition("/")[0]
        record.ask([Permission("s3:ListBucket", actions.s3_arn(bucket))])
        raise


def _service(request: Request) -> str:
    """Return botocore's name for the service that a request is meant for; unsigned ones are S3's."""
    parts = _credential(request)
    name = parts[3].lower() if len(parts) > 4 else "s3"
    if name == "ses" and request.path.startswith("/v2/"):
        return "sesv2"
    if name == "s3" and request.path.startswith("/v20180820/"):
        return "s3control"
    return SIGNING_NAMES.get(name, name)


def _credential(request: Request) -> list[str]:
    """Return the parts of the credential scope: access key, day, region, service, aws4_request."""
    signed = request.headers.get("Authorization", "")
    if signed:
        return access.credential(signed)
    return (request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId") or "").split("/")


def _operation(service: str, request: Request) -> tuple[str, str, dict[str, Any]]:
    """Return protocol, operation and the parameters in the path; an empty operation when nothing fits."""
    try:
        model = get_service_model(service)
        protocol = determine_request_protocol(model, request.content_type)
    except Exception:
        return "json", "", {}
    try:
        operation, params = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return protocol, "", {}
    finally:
        if service != "s3":
            request.environ["wsgi.input"].seek(0)
    return protocol, str(operation.name), params


def _params(request: Request, record: CallRecord, uri_params: dict[str, Any]) -> dict[str, Any]:
    """Return a call's parameters by botocore's names; the bytes of a streamed body stay where they are.

    What S3 cannot read is an error; of other calls moto says itself what is wrong with them. The body of a call about a
    bucket is moto's to read.
    """
    if record.service == "s3" and not record.is_about_objects:
        return uri_params
    protocol = record.protocol
    operation = get_service_model(record.service).operation_model(record.operation)
    streamed = record.service == "s3" and record.operation in ("PutObject", "UploadPart")
    try:
        parsed = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": request.values if protocol in ("query", "ec2") else request.args,
                "headers": request.headers,
                "body": b"" if streamed else request.get_data(),
                "url_path": request.path,
                "url_params": uri_params,
            }
        )
    except Exception:
        if record.service == "s3":
            raise
        return uri_params
    finally:
        if record.service != "s3":
            request.environ["wsgi.input"].seek(0)
    return {name: value for name, value in parsed.items() if value is not None}


def _serialized(operation: str, answer: operations.Answer) -> tuple[int, dict[str, str], bytes]:
    model = get_service_model("s3")
    shape = model.operation_model(operation)
    context = ActionContext(model, shape, get_serializer_class("s3", "rest-xml"), None)  # type: ignore[arg-type]
    status, headers, body = ActionResult(answer.result).execute_result(context)
    headers = {name: str(value) for name, value in headers.items()} | answer.headers
    return answer.status or status, headers, body if isinstance(body, bytes) else str(body).encode()


def _check_signed(request: Request) -> None:
    """Refuse requests without a signature (no bucket is public) and links that have expired."""
    if request.headers.get("Authorization"):
        return
    args = request.args
    denied = S3Error("Access Denied")
    denied.status, denied.code = 403, "AccessDenied"
    if "X-Amz-Signature" in args:
        signed = time.strptime(args["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        expires = _seconds(signed) + int(args.get("X-Amz-Expires", "0"))
    elif "Signature" in args:
        expires = int(args.get("Expires", "0"))
    else:
        raise denied
    if time.time() > expires:
        denied.message = "Request has expired"
        raise denied


def _seconds(moment: time.struct_time) -> int:
    return calendar.timegm(moment)


def _buffer(environ: dict[str, Any]) -> None:
    """Read a body into memory, so that we can name the call and moto can read it after us."""
    body = Request(environ).get_data()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _drain(environ: dict[str, Any]) -> None:
    """Read what is left of a refused body: a connection closed before that loses the answer."""
    try:
        stream = Request(environ).stream
        while stream.read(1024 * 1024):
            pass
    except Exception:
        log.debug("the caller went away", exc_info=True)


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
