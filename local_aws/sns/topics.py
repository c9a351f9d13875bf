"""Topics: what is published reaches mail boxes, as files beside SES's mails."""

import logging
import secrets
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path
from typing import Any

from moto.sns import models
from moto.sns.exceptions import SNSInvalidParameter

from local_aws import policies, state
from local_aws.ses import mails

SENDER = "no-reply@sns.amazonaws.com"
PROTOCOLS = ("email",)

log = logging.getLogger("local_aws")
_folder = Path()


def keep_mails_in(folder: Path) -> None:
    """Set where mails go."""
    global _folder
    _folder = folder


def subscribe(self: models.SNSBackend, topic_arn: str, endpoint: str, protocol: str) -> Any:
    """Subscribe an address; another protocol would be pretended. Stands in for moto's."""
    if protocol not in PROTOCOLS:
        raise SNSInvalidParameter(f"Protocol: the local AWS does {', '.join(PROTOCOLS)}, not {protocol}.")
    if "@" not in endpoint:
        raise SNSInvalidParameter("Invalid parameter: Email address")
    made = moto_subscribe(self, topic_arn, endpoint, protocol)
    made.confirmed = True
    return made


def publish_to_subscription(self: models.Subscription, message: str, message_id: str, **details: Any) -> None:
    """Deliver a message as a mail. Stands in for moto's."""
    matcher = self._filter_policy_matcher
    if matcher is not None and not matcher.matches(details.get("message_attributes"), message):
        return
    if details.get("message_structure") == "json":
        message = self._parse_message_structure(message, self.protocol)
    _write_mail(self.topic, self.endpoint, details.get("subject"), message)


def publish_for(arn: str, service: str, source_arn: str, subject: str, text: str) -> bool:
    """Publish on behalf of a service, if the topic's policy lets it.

    Args:
        arn: the topic's.
        service: such as "cloudwatch.amazonaws.com".
        source_arn: what the service speaks of.
        subject: of mails.
        text: what mails say.

    """
    _, _, _, region, account, _ = arn.split(":", 5)
    topic = models.sns_backends[account][region].topics.get(arn)
    context = {
        "aws:SourceArn": source_arn,
        "aws:SourceAccount": account,
        "aws:SourceOwner": account,
        "aws:SecureTransport": "true",
    }
    if topic is None or not policies.allows(
        topic.policy, "sns:Publish", service=service, resource=arn, context=context
    ):
        log.warning("%s: could not publish to %s: no such topic, or its policy does not let it", source_arn, arn)
        return False
    message_id = str(uuid.uuid4())
    for one in models.sns_backends[account][region].list_subscriptions_by_topic(topic_arn=arn)[0]:
        publish_to_subscription(one, text, message_id, subject=subject)
    state.changed()
    return True


def _write_mail(topic: Any, address: str, subject: str | None, message: str) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"{topic.display_name or 'AWS Notifications'} <{SENDER}>"
    mail["To"] = address
    mail["Subject"] = " ".join((subject or "AWS Notification Message").split())
    mail["Date"] = formatdate()
    mail.set_content(message)
    mails.keep(_folder, mail.as_bytes(), f"{secrets.token_hex(8)}-{uuid.uuid4()}-000000", SENDER, [address])


moto_subscribe = models.SNSBackend.subscribe
