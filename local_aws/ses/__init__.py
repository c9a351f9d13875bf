"""SES whose mails are files; a sender must be a verified identity. Identities are verified as soon as they are made."""

from pathlib import Path


def install(home: Path) -> None:
    """Write mails below `home` and put our sending in the place of moto's."""
    from moto.ses.models import EmailIdentity
    from moto.ses.responses import EmailResponse
    from moto.sesv2.responses import SESV2Response

    from local_aws.ses import sending

    sending.keep_mails_in(home / "mail")
    for service, name, ours in (
        (EmailResponse, "send_email", sending.send_email),
        (EmailResponse, "send_raw_email", sending.send_raw_email),
        (SESV2Response, "send_email", sending.send_email_v2),
        (EmailIdentity, "verified_for_sending_status", property(lambda _: True, lambda *_: None)),
    ):
        setattr(service, name, ours)
