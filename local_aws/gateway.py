"""The way in: names each call, refuses what is not for real, records it, and keeps what it changed.

Object operations of S3 are done here; everything else is moto's, with what other packages replaced in it.
"""

import calendar
import io
import json
import logging
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import ActionContext, ActionResult
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import ClientDisconnected, NotFound

from local_aws import refusals
from local_aws.s3 import object_store, operations
from local_aws.s3.errors import S3Error
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
        record = CallRecord(service, operation, request, uri_params)
        if operation not in SERVED.get(service, ()):
            return self._refuse(environ, start_response, record, refusals.not_for_real(service, operation, protocol))
        try:
            if service == "s3" and operation in operations.OPERATIONS:
                return self._object(environ, start_response, request, record, began)
            return self._pass_on(environ, start_response, record)
        except S3Error as problem:
            answer = refusals.error(service, protocol, problem.status, problem.code, problem.message, **problem.details)
            answer.headers.update(problem.headers)
            return self._refuse(environ, start_response, record, answer)
        except ClientDisconnected:
            answer = refusals.error(service, protocol, 400, "IncompleteBody", "The connection ended inside the body")
            return self._refuse(environ, start_response, record, answer)
        except NotImplementedError:
            log.exception("%s.%s is listed as for real and is not", service, operation)
            return self._refuse(environ, start_response, record, refusals.not_for_real(service, operation, protocol))
        except Exception as problem:
            log.exception("%s.%s failed", service, operation)
            code = "InternalError" if service == "s3" else "InternalFailure"
            message = f"{type(problem).__name__}: {problem}"
            return self._refuse(environ, start_response, record, refusals.error(service, protocol, 500, code, message))

    def _object(
        self,
        environ: dict[str, Any],
        start_response: StartResponse,
        request: Request,
        record: "CallRecord",
        began: float,
    ) -> Iterable[bytes]:
        _check_signed(request)
        params = _params(request, record)
        record.params = params
        call = operations.Call(params, request.headers, request.stream, object_store.store(), DEFAULT_ACCOUNT_ID, began)
        answer = operations.carry_out(record.operation, call)
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


class CallRecord:
    """One call: who asked for what, and what came of it."""

    def __init__(self, service: str, operation: str, request: Request, uri_params: dict[str, Any]) -> None:
        """Name the call."""
        self.service = service
        self.operation = operation
        self.request = request
        self.uri_params = uri_params
        self.params: dict[str, Any] = {}
        self.status = 0

    @property
    def access_key(self) -> str:
        """The caller's access key id, empty for an unsigned request."""
        return _credential(self.request)[0]

    @property
    def named_params(self) -> dict[str, Any]:
        """The call's parameters, as far as they can be read without its model."""
        if self.params:
            return self.params
        if self.service == "s3":
            return self.uri_params
        self.request.environ["wsgi.input"].seek(0)
        body = self.request.environ["wsgi.input"].read()
        try:
            found = json.loads(body) if body.lstrip().startswith(b"{") else dict(parse_qsl(body.decode()))
        except ValueError:
            return self.uri_params
        return {**found, **self.uri_params}

    @property
    def changes_something(self) -> bool:
        """Tell whether the call may have changed state other than objects, which have their own index."""
        if self.service == "s3" and self.operation in operations.OPERATIONS:
            return False
        return self.status < 300 and not self.operation.startswith(READING)


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
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0]
    if not scope:
        scope = request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId") or ""
    return scope.split("/")


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


def _params(request: Request, record: CallRecord) -> dict[str, Any]:
    """Return an S3 operation's parameters by botocore's names; the bytes of a streamed body stay where they are."""
    operation = get_service_model("s3").operation_model(record.operation)
    streamed = record.operation in ("PutObject", "UploadPart")
    parsed = PROTOCOL_PARSERS["rest-xml"](operation).parse(
        {
            "method": request.method,
            "values": request.args,
            "headers": request.headers,
            "body": b"" if streamed else request.get_data(),
            "url_path": request.path,
            "url_params": record.uri_params,
        }
    )
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
