"""SES's three ways to send (v1 SendEmail and SendRawEmail, v2 SendEmail): checks, then a file.

Limits: https://docs.aws.amazon.com/ses/latest/dg/quotas.html. The 10 MB are v1's; v2 takes 40 on AWS, here the
stricter holds for both.
"""

import base64
import json
import secrets
import threading
import uuid
from collections.abc import Callable
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formatdate, getaddresses, parseaddr
from pathlib import Path
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ses.exceptions import InvalidParameterValue, MessageRejectedError
from moto.ses.models import SESBackend, ses_backends
from moto.ses.responses import EmailResponse
from moto.ses.utils import is_valid_address
from moto.sesv2.responses import SESV2Response

from local_aws.ses import mails

LARGEST_MAIL = 10 * 1024 * 1024
MOST_RECIPIENTS = 50

_folder = Path()
_counting = threading.Lock()


def keep_mails_in(folder: Path) -> None:
    """Set where mails go."""
    global _folder
    _folder = folder


def send(backend: SESBackend, raw: bytes, sender: str, recipients: list[str]) -> str:
    """Check a mail and write it.

    Args:
        backend: moto's SES of the region: identities and counts.
        raw: the whole mail.
        sender: the envelope's sender; empty takes the From header.
        recipients: the envelope's recipients; none takes To, Cc and Bcc of the mail.

    Returns:
        the message id.

    Raises:
        MessageRejectedError: a sender is not a verified identity.
        InvalidParameterValue: an address, the number of recipients or the size is not what SES takes.

    """
    if len(raw) > LARGEST_MAIL:
        raise InvalidParameterValue(f"Message length is more than {LARGEST_MAIL} bytes long: '{len(raw)}'.")
    mail = mails.parse(raw)
    froms = [address for _, address in getaddresses([str(one) for one in mail.get_all("From", [])])]
    sender = sender or (froms[0] if froms else "")
    recipients = recipients or _recipients(mail)
    _check_addresses(sender, recipients)
    _check_verified(backend, [sender, *froms])
    message_id = f"{secrets.token_hex(8)}-{uuid.uuid4()}-000000"
    mails.keep(_folder, _as_delivered(raw, mail, message_id, backend.region_name), message_id, sender, recipients)
    with _counting:
        backend.sent_message_count += len(recipients)
    return message_id


def _recipients(mail: Message) -> list[str]:
    headers = [str(value) for name in ("To", "Cc", "Bcc") for value in mail.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if address]


def _check_addresses(sender: str, recipients: list[str]) -> None:
    if not recipients:
        raise InvalidParameterValue("Missing required header 'To'.")
    if len(recipients) > MOST_RECIPIENTS:
        raise InvalidParameterValue(f"Recipient count exceeds {MOST_RECIPIENTS}.")
    for address in [sender, *recipients]:
        problem = is_valid_address(address)
        if problem is not None:
            raise InvalidParameterValue(problem)


def _check_verified(backend: SESBackend, senders: list[str]) -> None:
    unverified = [sender for sender in dict.fromkeys(senders) if identity_of(backend, sender) is None]
    if unverified:
        with _counting:
            backend.rejected_messages_count += 1
        raise MessageRejectedError(
            "Email address is not verified. The following identities failed the check in region "
            f"{backend.region_name.upper()}: {', '.join(unverified)}"
        )


def identity_of(backend: SESBackend, sender: str) -> str | None:
    """Return the identity that an address sends by: itself, its domain, or a domain above that; None without one."""
    _, address = parseaddr(sender)
    _, _, domain = address.rpartition("@")
    labels = domain.lower().split(".")
    identities = {name.lower(): name for name in backend.email_identities}
    wanted = [address.lower(), *(".".join(labels[start:]) for start in range(len(labels)))]
    return next((identities[one] for one in wanted if one in identities), None)


def _as_delivered(raw: bytes, mail: Message, message_id: str, region: str) -> bytes:
    """Put in front what SES adds: its Message-ID and, when missing, the date. Bcc goes nowhere."""
    head, gap, body = raw.partition(b"\r\n\r\n" if b"\r\n" in raw[:2000] else b"\n\n")
    end = gap[: len(gap) // 2] or b"\n"
    lines = _without_headers(head.split(end), (b"bcc:", b"message-id:", b"return-path:"))
    added = [f"Message-ID: <{message_id}@{'email' if region == 'us-east-1' else region}.amazonses.com>".encode()]
    if mail["Date"] is None:
        added.append(f"Date: {formatdate()}".encode())
    return end.join(added + lines) + gap + body


def _without_headers(lines: list[bytes], names: tuple[bytes, ...]) -> list[bytes]:
    kept: list[bytes] = []
    dropping = False
    for line in lines:
        dropping = line.lower().startswith(names) or (dropping and line[:1] in (b" ", b"\t"))
        if not dropping:
            kept.append(line)
    return kept


def _simple(sender: str, destination: dict[str, list[str]], content: dict[str, Any], reply_to: list[str]) -> bytes:
    """Build a mail from subject, text, HTML and attachments."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    for header, name in (("To", "ToAddresses"), ("Cc", "CcAddresses")):
        if destination.get(name):
            mail[header] = ", ".join(destination[name])
    if reply_to:
        mail["Reply-To"] = ", ".join(reply_to)
    mail["Subject"] = content["Subject"]["Data"]
    for header in content.get("Headers") or []:
        mail[header["Name"]] = header["Value"]
    body = content["Body"]
    if body.get("Text"):
        mail.set_content(body["Text"]["Data"])
    if body.get("Html"):
        add_html: Callable[..., None] = mail.add_alternative if body.get("Text") else mail.set_content
        add_html(body["Html"]["Data"], subtype="html")
    if not body.get("Text") and not body.get("Html"):
        raise InvalidParameterValue("Message body is empty.")
    for attachment in content.get("Attachments") or []:
        _attach(mail, attachment)
    return mail.as_bytes()


def _attach(mail: EmailMessage, attachment: dict[str, Any]) -> None:
    main, _, sub = (attachment.get("ContentType") or "application/octet-stream").partition("/")
    content_id = attachment.get("ContentId")
    mail.add_attachment(
        base64.b64decode(attachment["RawContent"]),
        maintype=main,
        subtype=sub,
        filename=attachment["FileName"],
        disposition=(attachment.get("ContentDisposition") or "ATTACHMENT").lower(),
        cid=f"<{content_id}>" if content_id else None,
    )


def _addresses(destination: dict[str, list[str]] | None) -> list[str]:
    destination = destination or {}
    return [one for name in ("ToAddresses", "CcAddresses", "BccAddresses") for one in destination.get(name) or []]


def _refuse_configuration_set(name: str | None, backend: SESBackend) -> None:
    if name and name not in backend.config_sets:
        raise MessageRejectedError(f"Configuration set <{name}> does not exist.")


def send_email(self: EmailResponse) -> ActionResult:
    """Do v1's SendEmail."""
    get = self._get_param
    _refuse_configuration_set(get("ConfigurationSetName"), self.backend)
    message = get("Message")
    content = {"Subject": message["Subject"], "Body": message["Body"]}
    destination = get("Destination") or {}
    raw = _simple(get("Source"), destination, content, list(get("ReplyToAddresses") or []))
    return ActionResult({"MessageId": send(self.backend, raw, get("Source"), _addresses(destination))})


def send_raw_email(self: EmailResponse) -> ActionResult:
    """Do v1's SendRawEmail."""
    _refuse_configuration_set(self._get_param("ConfigurationSetName"), self.backend)
    raw = self._get_param("RawMessage.Data")
    recipients = list(self._get_param("Destinations") or [])
    message_id = send(self.backend, raw, self._get_param("Source") or "", recipients)
    return ActionResult({"MessageId": message_id})


def send_email_v2(self: SESV2Response) -> Any:
    """Do v2's SendEmail, raw or simple."""
    asked = json.loads(self.body)
    backend = ses_backends[self.current_account][self.region]
    _refuse_configuration_set(asked.get("ConfigurationSetName"), backend)
    content = asked["Content"]
    sender = asked.get("FromEmailAddress") or ""
    if "Raw" in content:
        raw = base64.b64decode(content["Raw"]["Data"])
    elif "Simple" in content:
        raw = _simple(sender, asked.get("Destination") or {}, content["Simple"], asked.get("ReplyToAddresses") or [])
    else:
        raise NotImplementedError("templates")
    try:
        message_id = send(backend, raw, sender, _addresses(asked.get("Destination")))
    except InvalidParameterValue as problem:  # v2's name for it
        raise JsonRESTError("BadRequestException", str(problem.message)) from None
    return json.dumps({"MessageId": message_id})
