"""Mails as files, with names that are files on every system and pages that run nothing; SES's limits."""

import email
import email.policy
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from local_aws import mails

SENDER, READER = "zoe@trees.example", "ada@elsewhere.example"
PNG = b"\x89PNG\r\n\x1a\n"


def letter(subject="Acorns", text="plain text", html="", attached=(), sender=f"Zoë <{SENDER}>"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Bcc"], mail["Subject"] = sender, READER, "hidden@elsewhere.example", subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
        mail.get_payload()[1].add_related(PNG, "image", "png", cid="<chart@x>", filename="chart.png")
    for name in attached:
        mail.add_attachment(name.encode() * 3, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def newest(home):
    eml = max((home / "aws" / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return eml, email.message_from_bytes(eml.read_bytes(), policy=email.policy.default)


def page_of(folder, raw):
    mails.keep(folder, raw, SENDER, [READER])
    (eml,) = folder.glob("*.eml")
    return eml.with_suffix(".html").read_text()


@pytest.fixture(scope="module")
def ses(aws):
    aws("ses").verify_domain_identity(Domain="trees.example")
    return aws("ses")


@pytest.mark.parametrize("version", ["ses", "sesv2"])
def test_a_raw_mail_becomes_a_file_and_a_page(ses, aws, home, version):
    raw = letter(html="<p>Hello <b>you</b></p><img src='cid:chart@x'>", attached=["a b.xlsx", "é.csv"])
    if version == "ses":
        answer = ses.send_raw_email(RawMessage={"Data": raw}, Source=SENDER, Destinations=[READER])
    else:
        answer = aws(version).send_email(Content={"Raw": {"Data": raw}}, Destination={"ToAddresses": [READER]})
    eml, mail = newest(home)
    assert mail["Message-ID"] == f"<{answer['MessageId']}@email.amazonses.com>"
    assert (mail["X-Envelope-From"], mail["X-Envelope-To"], mail["Bcc"]) == (SENDER, READER, None)
    assert mail["Date"]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a b.xlsx", "é.csv"]
    page = eml.with_suffix(".html").read_text()
    assert "<p>Hello <b>you</b></p>" in page

    class Links(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend((eml.parent / unquote(value)).read_bytes() for name, value in attrs if name in ("href", "src"))

    found = []
    Links().feed(page)
    assert sorted(found) == sorted([PNG, b"a b.xlsx" * 3, "é.csv".encode() * 3, PNG])
    everything = [eml.parent, *eml.parent.rglob("*")]
    assert not [path for path in everything if path.stat().st_mode & 0o077]


def test_a_mail_that_ses_builds_is_kept_too(ses, home):
    body = {"Text": {"Data": "1 < 2"}, "Html": {"Data": "<p>1 &lt; 2</p>"}}
    message = {"Subject": {"Data": "Grüße"}, "Body": body}
    ses.send_email(Source=SENDER, Destination={"ToAddresses": [READER]}, Message=message)
    _, mail = newest(home)
    assert mail["Subject"] == "Grüße"
    assert mail.get_body(("plain",)).get_content().strip() == "1 < 2"


def test_a_mail_that_ses_would_refuse_is_refused(ses, aws, home):
    before = len(list((home / "aws" / "mail").iterdir()))
    many = [f"a{number}@elsewhere.example" for number in range(51)]
    for raw, to, words in (
        (b"To: a@b.cd\n\n" + b"x" * mails.LARGEST_MAIL, [READER], r"InvalidParameterValue.*more than 10485760 bytes"),
        (letter(), many, r"InvalidParameterValue.*Recipient count exceeds 50"),
        (letter(sender="eve@other.example"), [READER], r"MessageRejected.*not verified.*US-EAST-1: eve@other.example"),
        (letter(), ["nobody"], r"InvalidParameterValue.*Missing final '@domain'"),
    ):
        with pytest.raises(ClientError, match=words):
            ses.send_raw_email(RawMessage={"Data": raw}, Source=SENDER, Destinations=to)
    with pytest.raises(ClientError, match=r"BadRequestException.*Recipient count exceeds 50"):
        aws("sesv2").send_email(Content={"Raw": {"Data": letter()}}, Destination={"ToAddresses": many})
    assert len(list((home / "aws" / "mail").iterdir())) == before


def test_what_comes_from_a_mail_is_escaped(tmp_path):
    page = page_of(
        tmp_path, letter(subject="</title><script>1</script>", text="a < <script>2</script>", attached=["<b>.x"])
    )
    assert "<script>" not in page
    assert "<pre>a &lt; &lt;script&gt;2&lt;/script&gt;" in page
    assert "<b>.x" not in page


def test_html_may_load_nothing_and_lead_nowhere(tmp_path):
    page = page_of(tmp_path, letter(html='<META http-equiv="refresh" content="0;url=http://x"><p>a</p>'))
    assert "default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'; base-uri 'none'" in page
    assert "refresh" not in page


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "passwd"), ("..", "_"), ("C:\\a\\b.xlsx", "b.xlsx"), ("a\nb", "a_b"), (".hidden", "hidden")],
)
def test_a_name_is_one_of_a_file(name, safe):
    assert mails.safe_name(name) == safe


def test_attachments_of_one_name_are_kept_apart(tmp_path):
    page_of(tmp_path, letter(attached=["a.csv", "A.csv"]))
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == ["2-A.csv", "a.csv"]
