"""Mails as files: the raw mail as .eml, and a page of its HTML part that links the attachments.

<home>/mail/<time>-<subject>-<id>.eml
<home>/mail/<time>-<subject>-<id>.html
<home>/mail/<time>-<subject>-<id>/<attachment>
"""

import re
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from html import escape
from pathlib import Path
from urllib.parse import quote

LONGEST_NAME = 80
UNSAFE = re.compile(r"[^\w.+@ ()-]")
CONTENT_ID = re.compile(r"""(["'(])cid:([^"')]+)""", re.IGNORECASE)
PAGE = """<!doctype html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<title>{subject}</title></head>
<body>
<table class="local-aws-envelope" style="font: 14px sans-serif; background: #eee; width: 100%; margin-bottom: 1em">
{rows}
</table>
{content}
</body></html>
"""


def parse(raw: bytes) -> EmailMessage:
    """Parse a raw mail."""
    return BytesParser(policy=default).parsebytes(raw)


def keep(folder: Path, raw: bytes, message_id: str, sender: str, recipients: list[str]) -> Path:
    """Write a mail and its page.

    Args:
        folder: the folder of mails.
        raw: the mail as it was sent.
        message_id: what SES answered.
        sender: the envelope's sender.
        recipients: the envelope's recipients, Bcc included; the .eml notes them in X-Envelope-To.

    Returns:
        the .eml file.

    """
    folder.mkdir(parents=True, exist_ok=True)
    mail = parse(raw)
    now = datetime.now(UTC)
    subject = safe_name(str(mail["Subject"] or "no subject"))[:LONGEST_NAME].strip(" .") or "no subject"
    name = f"{now:%Y%m%dT%H%M%S%fZ}-{subject.replace(' ', '-')}-{message_id[-16:-7]}"
    links = _extract(mail, folder / name)
    _write(folder / f"{name}.html", _page(mail, sender, recipients, name, links).encode())
    end = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
    envelope = [
        f"X-Envelope-From: {sender}",
        f"X-Envelope-To: {', '.join(recipients)}",
        f"X-SES-Message-ID: {message_id}",
    ]
    eml = folder / f"{name}.eml"
    _write(eml, b"".join(line.encode() + end for line in envelope) + raw)
    return eml


def safe_name(name: str) -> str:
    """Return a name that is a file's on every system: no folders, no control characters, no leading dot."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    return UNSAFE.sub("_", name).strip(" .") or "_"


def _extract(mail: EmailMessage, folder: Path) -> dict[str, tuple[str, int]]:
    """Write all attachments and inline pictures; return content id or name to (file name, bytes)."""
    links: dict[str, tuple[str, int]] = {}
    taken: set[str] = set()
    for part in mail.walk():
        content_id = str(part.get("Content-ID", "")).strip("<> ")
        attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if part.is_multipart() or not (attached or content_id):
            continue
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)  # noqa: S101 (a part that is not multipart)
        name = _untaken(safe_name(part.get_filename() or content_id or "attachment"), taken)
        folder.mkdir(exist_ok=True)
        _write(folder / name, body)
        links[content_id or f"file:{name}"] = (name, len(body))
    return links


def _untaken(name: str, taken: set[str]) -> str:
    stem, dot, suffix = name[-LONGEST_NAME:].rpartition(".")
    candidate, number = name[-LONGEST_NAME:], 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}-{number}{dot}{suffix}" if dot else f"{suffix}-{number}"
    taken.add(candidate.lower())
    return candidate


def _page(mail: EmailMessage, sender: str, recipients: list[str], name: str, links: dict[str, tuple[str, int]]) -> str:
    rows = [_row("From", str(mail["From"] or sender)), _row("To", ", ".join(recipients))]
    rows += [_row(header, str(mail[header])) for header in ("Subject", "Reply-To", "Date") if mail[header]]
    if links:
        listed = [
            f'<a href="{quote(name)}/{quote(file)}">{escape(file)}</a> ({size:,} bytes)'
            for file, size in links.values()
        ]
        rows.append(f"<tr><th align=left>Attachments</th><td>{'<br>'.join(listed)}</td></tr>")
    return PAGE.format(
        subject=escape(str(mail["Subject"] or "")), rows="\n".join(rows), content=_content(mail, name, links)
    )


def _row(header: str, value: str) -> str:
    return f"<tr><th align=left>{header}</th><td>{escape(value)}</td></tr>"


def _content(mail: EmailMessage, name: str, links: dict[str, tuple[str, int]]) -> str:
    part = mail.get_body(preferencelist=("html", "plain"))
    if part is None:
        return "<p>(no text)</p>"
    text = str(part.get_content())
    if part.get_content_type() != "text/html":
        return f"<pre>{escape(text)}</pre>"

    def local(found: re.Match[str]) -> str:
        file = links.get(found[2], (None, 0))[0]
        return found[0] if file is None else f"{found[1]}{quote(name)}/{quote(file)}"

    return CONTENT_ID.sub(local, text)


def _write(file: Path, body: bytes) -> None:
    """Write a file so that nobody sees half of it."""
    work = file.with_name(f".{file.name}")
    work.write_bytes(body)
    work.replace(file)
