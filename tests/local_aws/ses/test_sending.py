"""Sending through SES's API: what is accepted becomes a file, what AWS refuses is refused.

Sources: https://docs.aws.amazon.com/ses/latest/dg/quotas.html (10 MB, 50 recipients); the words for the size in
aws/aws-sdk-go-v2 issue 1774, for the recipients in doubleunion/arooo issue 243, for the sender in danilop/LambdAuth
issue 64; https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html.
"""

import email
import inspect
from email.message import EmailMessage
from email.policy import default

import pytest
from botocore.exceptions import ClientError
from moto.ses.models import EmailIdentity, SESBackend
from moto.ses.responses import EmailResponse
from moto.sesv2.responses import SESV2Response

from local_aws.ses import sending


@pytest.fixture(scope="module")
def ses(running):
    client = running.client("ses")
    client.verify_email_identity(EmailAddress="Forester@trees.example")
    client.verify_domain_identity(Domain="wood.example")
    return client


@pytest.fixture
def v2(running, ses):
    return running.client("sesv2")


@pytest.fixture
def newest(running):
    def read():
        found = sorted((running.home / "mail").glob("*.eml"))[-1]
        return email.message_from_bytes(found.read_bytes(), policy=default)

    return read


def letter(sender="Ann <forester@trees.example>", to="ada@x.example", **headers):
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = "Acorns"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("text")
    return mail


def refusal(call, **params):
    with pytest.raises(ClientError) as refused:
        call(**params)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def raw(mail):
    return {"RawMessage": {"Data": mail.as_bytes()}}


def test_a_raw_mail_goes_to_whom_it_names(ses, newest):
    mail = letter(Cc="bob@x.example", Bcc="secret@x.example")
    mail.add_attachment(b"1,2", maintype="text", subtype="csv", filename="a.csv")
    message_id = ses.send_raw_email(**raw(mail))["MessageId"]
    kept = newest()
    assert kept["X-Envelope-To"] == "ada@x.example, bob@x.example, secret@x.example"
    assert (kept["Bcc"], kept["Cc"]) == (None, "bob@x.example")
    assert kept["Message-ID"] == f"<{message_id}@email.amazonses.com>"
    assert kept["Date"]
    assert [part.get_content() for part in kept.iter_attachments()] == ["1,2"]


def test_destinations_outrank_the_headers(ses, newest):
    ses.send_raw_email(**raw(letter()), Source="forester@trees.example", Destinations=["carl@x.example"])
    assert newest()["X-Envelope-To"] == "carl@x.example"


def test_text_html_and_reply_to(ses, newest):
    ses.send_email(
        Source="Ann <ann@wood.example>",
        Destination={"ToAddresses": ["ada@x.example"], "BccAddresses": ["bob@x.example"]},
        Message={"Subject": {"Data": "Žold"}, "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>rich</p>"}}},
        ReplyToAddresses=["office@wood.example"],
    )
    kept = newest()
    assert (kept["Subject"], kept["Reply-To"], kept["Bcc"]) == ("Žold", "office@wood.example", None)
    assert kept["X-Envelope-To"] == "ada@x.example, bob@x.example"
    assert kept.get_body(("plain",)).get_content().split() == ["plain"]
    assert kept.get_body(("html",)).get_content().strip() == "<p>rich</p>"


def test_v2_raw_and_simple_with_an_attachment(v2, newest):
    v2.send_email(Content={"Raw": {"Data": letter().as_bytes()}})
    assert newest()["X-Envelope-To"] == "ada@x.example"
    content = {
        "Subject": {"Data": "S"},
        "Body": {"Html": {"Data": "<p>rich</p>"}},
        "Attachments": [{"FileName": "a.csv", "RawContent": b"1,2", "ContentType": "text/csv"}],
    }
    to = {"ToAddresses": ["ada@x.example"]}
    v2.send_email(FromEmailAddress="forester@trees.example", Destination=to, Content={"Simple": content})
    assert [(part.get_filename(), part.get_content()) for part in newest().iter_attachments()] == [("a.csv", "1,2")]


@pytest.mark.parametrize("sender", ["other@trees.example", "forester@sub.trees.example", "x@example"])
def test_a_sender_that_is_not_verified(ses, v2, newest, sender):
    before = newest()["Message-ID"]
    wanted = (
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region US-EAST-1: " + sender,
    )
    assert refusal(ses.send_raw_email, **raw(letter(sender))) == wanted
    assert refusal(v2.send_email, Content={"Raw": {"Data": letter(sender).as_bytes()}}) == wanted
    assert newest()["Message-ID"] == before


def test_the_from_header_must_be_verified_too(ses):
    code, message = refusal(ses.send_raw_email, **raw(letter("x@y.example")), Source="forester@trees.example")
    assert (code, message.endswith(": x@y.example")) == ("MessageRejected", True)


def test_a_verified_domain_holds_for_those_below(ses):
    ses.send_raw_email(**raw(letter("x@deep.in.the.wood.example")))


def test_fifty_recipients_and_no_more(ses, v2):
    many = [f"n{number}@x.example" for number in range(51)]
    ses.send_raw_email(**raw(letter()), Destinations=many[:50])
    assert refusal(ses.send_raw_email, **raw(letter()), Destinations=many) == (
        "InvalidParameterValue",
        "Recipient count exceeds 50.",
    )
    assert refusal(
        v2.send_email, Content={"Raw": {"Data": letter().as_bytes()}}, Destination={"CcAddresses": many}
    ) == ("BadRequestException", "Recipient count exceeds 50.")


def test_ten_megabytes_and_no_more(ses):
    mail = letter().as_bytes()
    ses.send_raw_email(RawMessage={"Data": mail + b"x" * (10_485_760 - len(mail))})
    assert refusal(ses.send_raw_email, RawMessage={"Data": mail + b"x" * (10_485_761 - len(mail))}) == (
        "InvalidParameterValue",
        "Message length is more than 10485760 bytes long: '10485761'.",
    )


def test_an_address_that_is_none(ses):
    assert refusal(ses.send_raw_email, **raw(letter()), Destinations=["nobody"])[0] == "InvalidParameterValue"


def test_a_template_is_refused_by_name(v2):
    to = {"ToAddresses": ["ada@x.example"]}
    ask = {"FromEmailAddress": "x@wood.example", "Destination": to, "Content": {"Template": {"TemplateName": "t"}}}
    assert "sesv2.SendEmail" in refusal(v2.send_email, **ask)[1]


def test_an_identity_counts_as_soon_as_it_is_made(v2):
    assert v2.get_email_identity(EmailIdentity="wood.example")["VerifiedForSendingStatus"] is True


def test_what_was_sent_is_counted_and_not_held(ses, running):
    before = ses.get_send_quota()["SentLast24Hours"]
    ses.send_raw_email(**raw(letter(Cc="bob@x.example")))
    assert ses.get_send_quota()["SentLast24Hours"] == before + 2
    from moto.ses.models import ses_backends

    assert ses_backends["123456789012"]["us-east-1"].sent_messages == []


def test_the_hooks_into_moto(running):
    assert EmailResponse.send_email is sending.send_email
    assert EmailResponse.send_raw_email is sending.send_raw_email
    assert SESV2Response.send_email is sending.send_email_v2
    assert EmailIdentity("x@y.example", None, None, None).verified_for_sending_status is True
    made = SESBackend("us-east-1", "123456789012")
    assert (made.sent_message_count, made.rejected_messages_count, made.email_identities) == (0, 0, {})
    assert "verified_for_sending_status" in inspect.getsource(EmailIdentity.get_response_object.fget)
