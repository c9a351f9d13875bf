"""What ministack would answer without doing fails, by name: services, and operations of services."""

import uuid
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import ses_v2

from local_aws.hooks import replace

# Services that are for real here; in cloudformation the resource types have a list of their own (corrections.py).
SERVICES = (
    "athena", "cloudformation", "events", "glue", "iam", "lambda", "logs", "monitoring", "s3", "secretsmanager", "ses",
    "sns", "sqs", "sts",
)  # fmt: skip
# What of them ministack only notes down.
PRETENDED = {
    "athena": ("DataCatalog", "CapacityReservation", "Notebook", "Session", "Calculation"),
    "glue": (
        "Trigger", "Workflow", "UserDefinedFunction", "Connection", "SecurityConfiguration", "ColumnStatistics",
        "PartitionIndex", "StopCrawler", "DevEndpoint", "Blueprint", "DataQuality", "Registry", "Schema", "Session",
    ),
    "lambda": ("EventSourceMapping", "Layer", "CodeSigning", "FunctionUrl", "ProvisionedConcurrency"),
    "events": ("Archive", "Replay", "ApiDestination", "Connection", "Endpoint"),
    "s3": ("Replication", "Website", "Inventory", "Analytics", "Accelerate", "Logging", "Select", "Restore", "Torrent"),
    "ses": ("ReceiptRule", "ReceiptFilter", "Template", "ConfigurationSet", "SendEmail"),
    "sesv2": ("Send", "Template", "ConfigurationSet"),
}  # fmt: skip


def install() -> None:
    """Let ministack answer for the services above alone."""
    served = {name: handler for name, handler in app.SERVICE_HANDLERS.items() if name in SERVICES}
    others = {name: _refuse(name) for name in app.SERVICE_HANDLERS if name not in SERVICES}
    replace(ses_v2, "handle_request", _checked("sesv2", ses_v2.handle_request))  # it has a way of its own
    replace(app, "SERVICE_HANDLERS", others | {name: _checked(name, handler) for name, handler in served.items()})


def _refuse(service: str) -> Any:
    async def refused(_: str, __: str, headers: Any, *___: Any) -> Any:
        return not_for_real(service, "", headers)

    return refused


def _checked(service: str, handler: Any) -> Any:
    """Return a handler that refuses the operations that would be pretended."""

    async def checked(method: str, path: str, headers: Any, body: bytes, params: Any) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if not operation:
            routing = app._routing_params(method, path, headers, body, params)
            action = iam_actions.extract_iam_action(service.removesuffix("v2"), method, path, headers, body, routing)
            operation = (action or "").partition(":")[2]
        if any(part in operation for part in PRETENDED.get(service, ())):
            return not_for_real(service, operation, headers)
        return await handler(method, path, headers, body, params)

    return checked


def not_for_real(service: str, operation: str, headers: Any) -> Any:
    """Return the refusal of something that would only be pretended, in the form of the service's protocol."""
    what = f"{service}:{operation}" if operation else service
    words = f"The local AWS does not do {what} for real, so it refuses it. What it does is in docs/local-aws.md."
    more = {"error_code": "NotImplemented", "message": words, "headers": headers}
    _, answer_headers, body = iam_actions.access_denied_response(service, operation, "", str(uuid.uuid4()), **more)
    return 501, answer_headers, body
