"""Mails as files, with pages that run nothing; SES's limits."""

import base64
import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from botocore.exceptions import ClientError

from local_aws import mails

SENDER, READER = "zoe@trees.example", "ada@elsewhere.example"
PNG = b"\x89PNG\r\n\x1a\n"


def letter(text="plain text", html="", attached=(), **headers):
    mail = EmailMessage()
    for name, value in ({"From": f"Zoë <{SENDER}>", "To": READER, "Bcc": "x@y.example"} | headers).items():
        mail[name] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
        mail.get_payload()[1].add_related(PNG, "image", "png", cid="<chart@x>", filename="chart.png")
    for name in attached:
        mail.add_attachment(name.encode() * 3, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def page_of(folder, raw):
    folder.mkdir()
    mails.keep(folder, raw, [READER], "1@x")
    return next(folder.glob("*.html")).read_text()


@pytest.fixture(scope="module")
def ses(aws):
    aws.client("ses").verify_domain_identity(Domain="trees.example")
    return aws.client("ses")


def test_a_raw_mail_becomes_a_file_and_a_page(ses, aws):
    raw = letter(html="<p>Hello <b>you</b></p><img src='cid:chart@x'>", attached=["a b.xlsx", "é.csv"])
    answer = ses.send_raw_email(RawMessage={"Data": raw}, Source=SENDER, Destinations=[READER])
    (eml,) = (aws.home / "mail").glob(f"*-{answer['MessageId'][:8]}.eml")
    mail = email.message_from_bytes(eml.read_bytes(), policy=email.policy.default)
    assert (mail["Message-ID"], mail["Bcc"]) == (f"<{answer['MessageId']}>", None)
    assert mail["Date"]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a b.xlsx", "é.csv"]
    page = eml.with_suffix(".html").read_text()
    assert "<p>Hello <b>you</b></p>" in page
    links = re.findall(r"""(?:href|src)=["']data:[^,]*,([^"']+)""", page)
    assert [base64.b64decode(link) for link in links] == [PNG, b"a b.xlsx" * 3, "é.csv".encode() * 3, PNG]
    assert re.findall('download="([^"]*)"', page) == ["chart.png", "a b.xlsx", "é.csv"]
    assert not [path for path in eml.parent.rglob("*") if path.stat().st_mode & 0o077]


def test_a_mail_that_ses_would_refuse_is_refused(ses, aws):
    before = len(list((aws.home / "mail").iterdir()))
    for raw, source, to, words in (
        (b"To: a@b.cd\n\n" + b"x" * mails.LARGEST_MAIL, SENDER, [READER], "InvalidParameterValue.*SES takes 10485760"),
        (letter(), SENDER, [READER] * 51, "InvalidParameterValue.*to 1 to 50 addresses"),
        (letter(), "eve@other.example", [READER], "MessageRejected.*not verified.*US-EAST-1: eve@other.example"),
        (letter(), SENDER, ["nobody"], "InvalidParameterValue.*with a domain"),
    ):
        with pytest.raises(ClientError, match=words):
            ses.send_raw_email(RawMessage={"Data": raw}, Source=source, Destinations=to)
    to, text = {"ToAddresses": [READER]}, {"Data": "a"}
    with pytest.raises(ClientError, match="does not do ses:SendEmail for real"):
        ses.send_email(Source=SENDER, Destination=to, Message={"Subject": text, "Body": {"Text": text}})
    with pytest.raises(ClientError, match="does not do sesv2:Send"):
        aws.client("sesv2").send_email(Content={"Raw": {"Data": letter()}}, Destination=to)
    assert len(list((aws.home / "mail").iterdir())) == before


def test_what_comes_from_a_mail_is_escaped_and_its_html_may_load_nothing(tmp_path):
    page = page_of(tmp_path / "a", letter("a < <script>2</script>", attached=["<b>.x"], Subject="</title><script>"))
    assert "<script>" not in page
    assert "<pre>a &lt; &lt;script&gt;2&lt;/script&gt;" in page
    assert "<b>.x" not in page
    page = page_of(tmp_path / "b", letter(html='<META http-equiv="refresh" content="0;url=http://x"><p>a</p>'))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'" in page
    assert "refresh" not in page
