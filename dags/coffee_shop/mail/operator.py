"""The e-mail operator: the mail about a report, with text, HTML and the workbooks from S3, at most once a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from coffee_shop.aws import s3_client
from coffee_shop.lake.ledger import changes_since, read_ledger
from coffee_shop.mail.addresses import workbook_address
from coffee_shop.mail.notes import skip
from coffee_shop.mail.sending import send_once
from coffee_shop.report.data_quality import NO_DATA, was_closed
from coffee_shop.report.documents import MailOfRun, Request, Summary
from coffee_shop.report.restatement import is_worth_a_mail
from coffee_shop.report.sent import ALARM, marker_of
from coffee_shop.report.wording import Wording
from coffee_shop.settings import Settings, include_folder, names, settings

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client


class ReportMailOperator(BaseOperator):
    """Mail a report: the SES client of the provider's hook, a raw message, attachments fetched in the same task.

    A marker in the state bucket, written only if there is none, makes sure that a retry does not mail twice.

    Args:
        request: what the run is to do: ``mail``, ``mails``, ``mail_once_as``, ``restates``.
        summary: summary.json of the report to mail.
    """

    template_fields: Sequence[str] = ("request", "summary")

    def __init__(self, *, request: Any, summary: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request: Request = request
        self.summary: Summary = summary

    def execute(self, context: Context) -> str:
        """Send the mails and, without any data, the alarm; return SES's message ids.

        A mail that fails keeps nobody else from theirs: its error is raised when all have been tried, one that a retry
        may mend before one that it cannot.
        """
        if not self.request["mail"]:
            skip(context, "This run was not asked to mail.")
        shop = settings()
        s3 = s3_client()
        if self.summary["status"] == NO_DATA and not was_closed(self.summary):
            self._alarm(s3, shop)
        if not self.request["mails"]:
            skip(
                context,
                "Nobody gets this mail: set mail_recipients or mail_lists in the Variable coffee_shop, or mail_digest "
                "to false.",
            )
        mails = [mail for mail in self.request["mails"] if self._is_worth_it(shop, mail)]
        if not mails:
            skip(
                context,
                "Income moved by less than the setting restated_mail_share: the workbooks are new, nobody is mailed.",
            )
        sent = self._send_all(s3, shop, mails)
        if not any(sent):
            markers = ", ".join(self._marker_of(mail) for mail in mails)
            skip(context, f"This version was mailed before: the state bucket holds {markers}.")
        return ", ".join(message_id for message_id in sent if message_id)

    def _send_all(self, s3: S3Client, shop: Settings, mails: Sequence[MailOfRun]) -> list[str | None]:
        """Try every mail, then raise the error of one that failed."""
        from airflow.sdk.exceptions import AirflowFailException

        sent, errors = [], []
        for mail in mails:
            try:
                sent.append(self._send(s3, shop, mail))
            except Exception as error:
                self.log.exception("The mail to %s failed.", ", ".join(mail["recipients"]))
                errors.append(error)
        if errors:
            raise min(errors, key=lambda error: isinstance(error, AirflowFailException))
        return sent

    def _is_worth_it(self, shop: Settings, mail: MailOfRun) -> bool:
        """Tell whether somebody is to get this mail: a report that a load restates is mailed when it moved enough."""
        return not self.request["restates"] or is_worth_a_mail(self._summary_for(mail), shop.restated_mail_share)

    def _summary_for(self, mail: MailOfRun) -> Summary:
        from coffee_shop.report.outlet_report import summary_of_outlet

        return summary_of_outlet(self.summary, mail["outlet"]) if mail["outlet"] else self.summary

    def _send(self, s3: S3Client, shop: Settings, mail: MailOfRun) -> str | None:
        return send_once(
            s3,
            self._marker_of(mail),
            mail["recipients"],
            lambda: self._report(s3, shop, mail),
            lambda: self._refuse_if_overtaken(s3),
        )

    def _refuse_if_overtaken(self, s3: S3Client) -> None:
        """Fail if a load changed the report's days after its queries ran.

        Once the marker is there, coffee_shop_restate sees the report of a day, week or month, so no load falls between.
        Each load that an upload's report lacks has one of its own.
        """
        from airflow.sdk.exceptions import AirflowFailException

        if self.request["mail_once_as"]:
            return
        period, ledger = self.summary["period"], read_ledger(s3, names().state_bucket).value
        if changes := changes_since(ledger, self.summary["data"]["load_id"], period["start"], period["end"]):
            loads = ", ".join(load["load_id"] for load, _ in changes)
            raise AirflowFailException(
                f"Not mailed: {loads} changed days of this report after its queries ran. Clear wait_until_published "
                "with all that follows it: the queries run again, and the mail has the new figures."
            )

    def _marker_of(self, mail: MailOfRun) -> str:
        own = [f"-outlet-{mail['outlet']}"] if mail["outlet"] else [f"-{report}" for report in mail["reports"] or ()]
        return self._marker("".join(own))

    def _marker(self, own: str) -> str:
        once_as = self.request["mail_once_as"] or f"{self.summary['period']['folder']}/{self.summary['version']}"
        return marker_of(once_as, own)

    def _alarm(self, s3: S3Client, shop: Settings) -> None:
        from coffee_shop.mail.body import compose_alarm

        self.log.error("No sales have been loaded for %s.", self.summary["period"]["label"])
        if not shop.mail_operators:
            self.log.warning("Nobody gets the alarm: set mail_operators in the Variable coffee_shop.")
            return
        send_once(
            s3,
            self._marker(ALARM),
            list(shop.mail_operators),
            lambda: compose_alarm(
                self.summary,
                Wording.of(shop),
                include_folder() / "mail",
                mail_from=names().mail_from,
                to=shop.mail_operators,
                now=datetime.now(UTC),
            ),
            lambda: self._refuse_if_overtaken(s3),
        )

    def _report(self, s3: S3Client, shop: Settings, mail: MailOfRun) -> bytes:
        """Return a mail with its workbooks attached, or with links when it would be too large."""
        from coffee_shop.mail.body import Attachment, Link, compose
        from coffee_shop.report.outlet_report import outlet_of

        bucket, limit = names().reports_bucket, shop.mail_size_limit_mb * 1_000_000
        common: dict[str, Any] = {
            "mail_from": names().mail_from,
            "to": mail["recipients"],
            "now": datetime.now(UTC),
        }
        reports = mail["reports"]
        summary, words = self._summary_for(mail), Wording.of(shop)
        if mail["outlet"]:
            words = replace(words, shop=f"{shop.shop_name}, {outlet_of(summary)}")
        files = [file for file in summary["files"] if reports is None or file["report"] in reports]
        templates = include_folder() / "mail"
        # base64 makes four bytes of three: no need to fetch what cannot fit
        if sum(file["size"] for file in files) * 4 / 3 < limit:
            attachments = [
                Attachment(
                    file["file"],
                    s3.get_object(Bucket=bucket, Key=file["key"])["Body"].read(),
                )
                for file in files
            ]
            message = compose(summary, words, templates, attachments=attachments, **common)
            if len(message) <= limit:
                return message
        links = [Link(file["file"], workbook_address(file["key"]), file["size"]) for file in files]
        return compose(summary, words, templates, links=links, **common)
