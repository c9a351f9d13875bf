"""What ministack would answer without doing fails, by name: services, and operations of services."""

import uuid
from functools import partial
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import ses_v2

# Services that are for real here, each with words of the operations that ministack only notes down. CloudFormation's
# resource types have a list of their own (corrections/cloudformation.py).
PRETENDED: dict[str, str] = {
    "athena": "CapacityReservation Notebook Session Calculation CreateDataCatalog PreparedStatement",
    "events": "Archive Replay ApiDestination Connection Endpoint",
    "glue": "Trigger Workflow UserDefinedFunction Connection SecurityConfiguration ColumnStatistics PartitionIndex "
    "StopCrawler DevEndpoint Blueprint DataQuality Registry Schema Session",
    "lambda": "EventSourceMapping Layer CodeSigning FunctionUrl ProvisionedConcurrency",
    "s3": "Replication Website Inventory Analytics Accelerate Logging Select Restore Torrent",
    "ses": "ReceiptRule ReceiptFilter Template ConfigurationSet SendEmail",
    "sesv2": "Send Template ConfigurationSet",
} | dict.fromkeys(("cloudformation", "iam", "logs", "monitoring", "secretsmanager", "sns", "sqs", "sts"), "")


def install() -> None:
    """Let ministack answer for the services above alone."""
    app.SERVICE_HANDLERS = {name: partial(answer, name, plain) for name, plain in app.SERVICE_HANDLERS.items()}
    ses_v2.handle_request = partial(answer, "sesv2", ses_v2.handle_request)  # ministack calls it by itself


async def answer(service: str, plain: Any, method: str, path: str, headers: Any, body: bytes, params: Any) -> Any:
    """Answer a call, or refuse it in the form of the service's protocol."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if service in PRETENDED and not operation:
        routing = app._routing_params(method, path, headers, body, params)
        action = iam_actions.extract_iam_action(service.removesuffix("v2"), method, path, headers, body, routing)
        operation = (action or "").partition(":")[2]
    if service in PRETENDED and not any(word in operation for word in PRETENDED[service].split()):
        return await plain(method, path, headers, body, params)
    what = f"{service}:{operation}" if service in PRETENDED else service
    words = f"The local AWS does not do {what} for real, so it refuses it. What it does is in docs/local-aws.md."
    more = {"error_code": "NotImplemented", "message": words, "headers": headers}
    return 501, *iam_actions.access_denied_response(service, operation, "", str(uuid.uuid4()), **more)[1:]
