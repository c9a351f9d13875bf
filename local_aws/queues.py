"""SQS as the other services use it: find a queue, ask its policy, send a message.

Queues themselves are moto's: visibility, receive counts, redrive to a dead-letter queue and retention are real there.
"""

from typing import Any

from moto.sqs.models import sqs_backends

from local_aws import policies


def find(arn: str) -> Any | None:
    """Return moto's queue of an ARN, None when there is none."""
    _, _, service, region, account, name = arn.split(":", 5)
    return sqs_backends[account][region].queues.get(name) if service == "sqs" else None


def lets_send(queue: Any, service: str, source_arn: str) -> bool:
    """Tell whether a queue's policy lets a service send to it on behalf of a resource."""
    return bool(queue.policy) and policies.allows(
        queue.policy,
        "sqs:SendMessage",
        service=service,
        resource=queue.queue_arn,
        context={
            "aws:SourceArn": source_arn,
            "aws:SourceAccount": queue.account_id,
            "aws:SecureTransport": "true",
        },
    )


def send(queue: Any, body: str, attributes: dict[str, str], numbers: dict[str, int] | None = None) -> None:
    """Send a message; `attributes` are its texts, `numbers` its numbers."""
    shown = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
    shown |= {name: {"DataType": "Number", "StringValue": str(value)} for name, value in (numbers or {}).items()}
    sqs_backends[queue.account_id][queue.region].send_message(queue.name, body, message_attributes=shown)
