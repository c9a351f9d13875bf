"""The mail operator, with the S3 and the SES of the local AWS."""

import email
import email.policy
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from botocore.exceptions import ClientError, ReadTimeoutError
from coffee_shop.lake import ledger
from coffee_shop.lake.documents import PublishedLoad
from coffee_shop.lake.state import write_json
from coffee_shop.mail import operator as mail_operator
from coffee_shop.mail import sending
from coffee_shop.mail.operator import ReportMailOperator
from coffee_shop.settings import Settings

from tests.dags.coffee_shop.report.report_samples import CLOSED, COMPARED, LAST_WEEK, RESTATED, summary

FILES = {"customer": "customers.xlsx", "employee": "employees.xlsx", "sales": "sales.xlsx"}


class Shop:
    """Buckets with a report, a verified sender, and the mails that SES took."""

    def __init__(self, url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.s3 = boto3.client("s3", endpoint_url=url)
        self.ses = boto3.client("ses", endpoint_url=url)
        self.reports, self.state = f"reports-{name}", f"state-{name}"
        for bucket in (self.reports, self.state):
            self.s3.create_bucket(Bucket=bucket)
        self.ses.verify_email_identity(EmailAddress="reports@shop.example")
        self.settings = Settings(mail_operators=("operator@shop.example",))
        self.sent: list[dict[str, Any]] = []
        names = SimpleNamespace(reports_bucket=self.reports, state_bucket=self.state, mail_from="reports@shop.example")
        for module in (mail_operator, sending):
            monkeypatch.setattr(module, "names", lambda: names)
        monkeypatch.setattr(mail_operator, "settings", lambda: self.settings)
        self.xcoms: dict[str, str] = {}
        self.fail_with: Exception | None = None
        self.fail_for = ""  # the only address that it fails for, when there is one
        monkeypatch.setattr("airflow.providers.amazon.aws.hooks.ses.SesHook.get_conn", lambda hook: self)

    def send_raw_email(self, **arguments: Any) -> Any:
        if self.fail_with and (not self.fail_for or self.fail_for in arguments["Destinations"]):
            raise self.fail_with
        answer = self.ses.send_raw_email(**arguments)
        self.sent.append(arguments)
        return answer

    def mails(self) -> list[Any]:
        return [
            email.message_from_bytes(arguments["RawMessage"]["Data"], policy=email.policy.default)
            for arguments in self.sent
        ]

    def report(self, size: int = 10, **changes: Any) -> dict[str, Any]:
        """A report in the bucket and its summary."""
        files = []
        for report, file in FILES.items():
            key = f"weekly/2019-W17/{file}"
            self.s3.put_object(Bucket=self.reports, Key=key, Body=file[:1].encode() * size)
            files.append({"report": report, "file": file, "key": key, "size": size, "sha256": "", "version": 1})
        return summary(**changes) | {"files": files}

    def send(self, document: dict[str, Any], **request: Any) -> str:
        mails = [{"recipients": ["boss@shop.example"], "reports": None, "outlet": None}]
        asked = {"mail": True, "mails": mails, "mail_once_as": None, "restates": False}
        operator = ReportMailOperator(task_id="mail", request=asked | request, summary=document)
        return operator.execute({"ti": self})  # type: ignore[typeddict-item]

    def xcom_push(self, key: str, value: str) -> None:
        self.xcoms[key] = value

    def marker(self, key: str) -> dict[str, Any]:
        return json.loads(self.s3.get_object(Bucket=self.state, Key=key)["Body"].read())


@pytest.fixture
def shop(local_aws: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(local_aws, f"{abs(hash(request.node.name)):x}", monkeypatch)


def test_a_mail_with_three_workbooks(shop):
    message_id = shop.send(shop.report())

    (mail,) = shop.mails()
    assert mail["To"] == "boss@shop.example"
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [
        ("customers.xlsx", b"c" * 10),
        ("employees.xlsx", b"e" * 10),
        ("sales.xlsx", b"s" * 10),
    ]
    marker = shop.marker("mails/weekly/2019-W17/1.json")
    assert (marker["state"], marker["message_id"], marker["to"]) == ("sent", message_id, ["boss@shop.example"])


def test_a_retry_does_not_mail_twice(shop):
    shop.send(shop.report())
    with pytest.raises(AirflowSkipException, match="mailed before"):
        shop.send(shop.report())

    assert len(shop.sent) == 1


def test_a_new_version_is_mailed(shop):
    shop.send(shop.report())
    shop.send(shop.report() | {"version": 2})

    assert len(shop.sent) == 2


def test_a_report_that_a_load_restates_is_mailed_when_its_income_moved_enough(shop):
    report = shop.report() | {"version": 2}
    with pytest.raises(AirflowSkipException, match="restated_mail_share"):
        shop.send(report | {"restated": RESTATED | {"income_change": 0.004}}, restates=True)
    assert shop.sent == []

    shop.send(report | {"restated": RESTATED}, restates=True)
    [mail] = shop.mails()
    assert mail["Subject"].endswith("income $600.00, replaces $550.00 of 2019-04-29")


def test_somebody_who_asks_for_it_gets_a_small_change_too(shop):
    shop.send(shop.report() | {"restated": RESTATED | {"income_change": 0.004}})
    assert len(shop.sent) == 1


def test_an_upload_is_mailed_once_whatever_its_version(shop):
    shop.send(shop.report(), mail_once_as="upload/load-7")
    with pytest.raises(AirflowSkipException):
        shop.send(shop.report() | {"version": 2}, mail_once_as="upload/load-7")
    assert len(shop.sent) == 1


def test_what_ses_refused_is_tried_again(shop):
    shop.fail_with = ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "SendRawEmail")
    with pytest.raises(ClientError):
        shop.send(shop.report())
    shop.fail_with = None

    shop.send(shop.report())
    assert len(shop.sent) == 1


def test_when_nobody_knows_whether_it_went_out_it_is_not_sent_again(shop):
    shop.fail_with = ReadTimeoutError(endpoint_url="https://email.example")
    with pytest.raises(ReadTimeoutError):
        shop.send(shop.report())
    shop.fail_with = None

    with pytest.raises(AirflowFailException, match=r"whether it went out is not known.*delete s3://state-"):
        shop.send(shop.report())
    assert shop.sent == []


def test_a_report_is_not_mailed_when_a_load_changed_its_days_after_its_queries_ran(shop, monkeypatch):
    report = shop.report()
    loads = [published("load-8", "2019-04-29"), published("load-9", "2019-04-24")]  # the first after the report's week
    write_json(shop.s3, shop.state, "ledger.json", ledger.empty_ledger() | {"loads": [published("load-7"), *loads]})

    there_at_the_look: list[str] = []

    def read_ledger(s3: Any, bucket: str) -> Any:
        there_at_the_look.extend(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"])
        return ledger.read_ledger(s3, bucket)

    monkeypatch.setattr(mail_operator, "read_ledger", read_ledger)

    with pytest.raises(AirflowFailException, match=r"load-9 changed days of this report.* Clear wait_until_published"):
        shop.send(report)
    assert shop.sent == []
    # from here on a load has the report restated
    assert there_at_the_look == ["ledger.json", "mails/weekly/2019-W17/1.json"]

    no_data = report | {"status": "no data", "headline": None}
    with pytest.raises(AirflowFailException, match="load-9"):  # nobody is alarmed of data that have come
        shop.send(no_data)
    shop.send(report, mail_once_as="upload/7")  # the upload of load 9 has a report of its own
    assert len(shop.sent) == 1

    shop.send(report | {"data": report["data"] | {"load_id": "load-9"}})  # made again
    assert len(shop.sent) == 2


def published(load_id: str, *days: str) -> PublishedLoad:
    """A load of the ledger that changed some days."""
    return {
        "load_id": load_id,
        "run_id": "manual",
        "published_at": "2019-04-30T05:00:00+00:00",
        "changed_dates": list(days),
        "files": 1,
        "refused": [],
        "held_back": [],
    }


def test_too_large_a_mail_carries_links(shop):
    shop.settings = Settings(mail_size_limit_mb=0.05)
    shop.send(shop.report(size=100_000))

    (mail,) = shop.mails()
    assert not list(mail.iter_attachments())
    text = mail.get_body(("plain",)).get_content()
    assert "sign in to Airflow" in text
    assert "/coffee-shop/reports/download?key=weekly%2F2019-W17%2Fsales.xlsx" in text
    assert len(shop.sent[0]["RawMessage"]["Data"]) < 50_000


def test_the_whole_mail_counts_not_only_its_workbooks(shop):
    shop.settings = Settings(mail_size_limit_mb=0.012)
    shop.send(shop.report(size=2_000))  # 8 kB as base64, with the text above 12 kB

    (mail,) = shop.mails()
    assert not list(mail.iter_attachments())


def test_nobody_asked_for_a_mail(shop):
    with pytest.raises(AirflowSkipException, match="not asked to mail"):
        shop.send(shop.report(), mail=False)
    assert (shop.sent, shop.xcoms) == ([], {"why_skipped": "This run was not asked to mail."})


def test_nobody_to_mail_to(shop):
    with pytest.raises(AirflowSkipException, match="set mail_recipients"):
        shop.send(shop.report(), mails=[])


TWO_MAILS = [
    {"recipients": ["boss@shop.example"], "reports": None, "outlet": None},
    {"recipients": ["cook@shop.example", "clerk@shop.example"], "reports": ["sales"], "outlet": None},
]


def test_each_group_gets_its_workbooks(shop):
    message_ids = shop.send(shop.report(), mails=TWO_MAILS)

    boss, others = shop.mails()
    assert len(list(boss.iter_attachments())) == 3
    assert others["To"] == "cook@shop.example, clerk@shop.example"
    assert [part.get_filename() for part in others.iter_attachments()] == ["sales.xlsx"]
    assert "customers.xlsx" not in others.get_body(("plain",)).get_content()
    assert message_ids == ", ".join(
        shop.marker(f"mails/weekly/2019-W17/{name}.json")["message_id"] for name in ("1", "1-sales")
    )


def test_a_retry_sends_only_what_has_not_gone_out(shop):
    report = shop.report()
    shop.send(report, mails=TWO_MAILS[:1])
    shop.send(report, mails=TWO_MAILS)
    markers = r"holds mails/weekly/2019-W17/1\.json, mails/weekly/2019-W17/1-sales\.json\."
    with pytest.raises(AirflowSkipException, match=f"mailed before.*{markers}"):
        shop.send(report, mails=TWO_MAILS)

    assert [mail["To"] for mail in shop.mails()] == ["boss@shop.example", "cook@shop.example, clerk@shop.example"]


def test_a_mail_that_fails_keeps_nobody_else_from_theirs(shop):
    shop.fail_with, shop.fail_for = ReadTimeoutError(endpoint_url="https://email.example"), "boss@shop.example"
    with pytest.raises(ReadTimeoutError):
        shop.send(shop.report(), mails=TWO_MAILS)
    assert [mail["To"] for mail in shop.mails()] == ["cook@shop.example, clerk@shop.example"]


def test_an_error_that_a_retry_mends_is_raised_before_one_that_it_cannot_mend(shop):
    shop.fail_with, shop.fail_for = ReadTimeoutError(endpoint_url="https://email.example"), "boss@shop.example"
    with pytest.raises(ReadTimeoutError):
        shop.send(shop.report(), mails=TWO_MAILS[:1])
    slow = ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "SendRawEmail")
    shop.fail_with, shop.fail_for = slow, "cook@shop.example"

    with pytest.raises(ClientError):
        shop.send(shop.report(), mails=TWO_MAILS)
    shop.fail_with = None
    with pytest.raises(AirflowFailException, match="whether it went out is not known"):
        shop.send(shop.report(), mails=TWO_MAILS)
    assert [mail["To"] for mail in shop.mails()] == ["cook@shop.example, clerk@shop.example"]


def test_an_outlets_mail_names_it_and_has_no_workbook(shop):
    report = {
        "figures": LAST_WEEK["figures"],
        "status": "complete",
        "registered_transactions": 43,
        "missing": [],
        "days": [],
        "comparisons": [LAST_WEEK],
        "trend": [],
        "highlights": {"judged": True, "moves": []},
        "restated": None,
    }
    document = shop.report(compared=COMPARED | {"outlet_reports": {"3": report}})
    shop.send(document, mails=[{"recipients": ["north@shop.example"], "reports": [], "outlet": "3"}])

    (mail,) = shop.mails()
    assert mail["Subject"] == ("Coffee Shop, outlet 3 Astoria weekly report 2019-W17: income $500.00, same as 2019-W16")
    assert not list(mail.iter_attachments())
    text = mail.get_body(("plain",)).get_content()
    assert "43 of 90 transactions" in text
    assert "Data of the whole shop: 2 lines with a minus" in text
    assert "Kitchen" not in text  # the other outlet
    assert "For operators" not in text
    assert shop.marker("mails/weekly/2019-W17/1-outlet-3.json")["to"] == ["north@shop.example"]


def test_links_are_those_of_the_group_too(shop):
    shop.settings = Settings(mail_size_limit_mb=0.05)
    shop.send(shop.report(size=100_000), mails=TWO_MAILS[1:])

    text = shop.mails()[0].get_body(("plain",)).get_content()
    assert "sales.xlsx (100 kB)" in text
    assert "employees.xlsx" not in text


def test_no_data_alarms_the_operator_once(shop):
    empty = summary(status="no data") | {"files": []}
    shop.send(empty)
    with pytest.raises(AirflowSkipException):
        shop.send(empty)

    alarm, mail = shop.mails()
    assert (alarm["To"], alarm["Subject"]) == (
        "operator@shop.example",
        "Alarm: Coffee Shop weekly report 2019-W17: no data",
    )
    assert (mail["To"], mail["Subject"]) == ("boss@shop.example", "Coffee Shop weekly report 2019-W17: no data")


def test_closed_days_are_no_alarm(shop):
    shop.send(summary(status="no data", quality=CLOSED) | {"files": []})
    assert [mail["To"] for mail in shop.mails()] == ["boss@shop.example"]
