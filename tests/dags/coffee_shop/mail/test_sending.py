from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from coffee_shop.mail.sending import SMTP, new_message


def test_headers_are_one_line_each_however_long_the_subject_is():
    message = new_message(
        "Coffee\r\nBcc: x@evil.example Shop: " + "long " * 30,
        "reports@shop.example",
        ("a@shop.example", "b@shop.example"),
        datetime(2019, 4, 24, 6, tzinfo=UTC),
    )
    message.set_content("Käse\n", cte="quoted-printable")
    raw = message.as_bytes(policy=SMTP)

    assert b"\nBcc:" not in raw
    assert b"Subject: Coffee Bcc: x@evil.example Shop: long" in raw
    mail = message_from_bytes(raw, policy=default)
    assert (mail["To"], mail["From"]) == ("a@shop.example, b@shop.example", "reports@shop.example")
    assert (str(mail["Date"]), mail["Auto-Submitted"]) == ("Wed, 24 Apr 2019 06:00:00 +0000", "auto-generated")
    assert mail.get_content().strip() == "Käse"
