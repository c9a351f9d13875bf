import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

from coffee_shop.mail.body import (
    Attachment,
    Link,
    compose,
    compose_alarm,
)

from tests.dags.coffee_shop.report.report_samples import (
    ALL_THERE,
    LAST_WEEK,
    OUTLETS,
    QUALITY,
    RESTATED,
    WORDS,
    summary,
)

TEMPLATES = Path(__file__).resolve().parents[4] / "include" / "mail"
WORKBOOKS = [
    Attachment("customers.xlsx", b"PK customers"),
    Attachment("employees.xlsx", b"PK employees"),
    Attachment("sales.xlsx", b"PK sales"),
]


def mail(document=None, **changes) -> EmailMessage:
    arguments = {
        "mail_from": "reports@coffee-shop.example",
        "to": ["manager@coffee-shop.example", "boss@coffee-shop.example"],
        "now": datetime(2019, 4, 29, 10, 31, tzinfo=UTC),
        "attachments": WORKBOOKS,
    }
    raw = compose(document or summary(), WORDS, TEMPLATES, **(arguments | changes))
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()


def html_of(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()


class Words(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.tag = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.tag = tag

    def handle_data(self, data):
        if data.strip() and self.tag != "style":
            self.found.append(" ".join(data.split()))


def test_head_and_parts():
    message = mail()

    assert message["Subject"] == "Coffee Shop weekly report 2019-W17: incomplete, income $600.00"
    assert message["From"] == "reports@coffee-shop.example"
    assert message["To"] == "manager@coffee-shop.example, boss@coffee-shop.example"
    assert message["Date"] == "Mon, 29 Apr 2019 10:31:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "multipart/alternative",
        *["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] * 3,
    ]
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        ("customers.xlsx", b"PK customers"),
        ("employees.xlsx", b"PK employees"),
        ("sales.xlsx", b"PK sales"),
    ]


def test_what_is_missing_is_the_first_line():
    message = mail()

    assert text_of(message).splitlines()[0] == "Incomplete: 2019-04-24 lacks outlet 8."
    body = Words(html_of(message)).found
    assert body[1] == "Incomplete: 2019-04-24 lacks outlet 8."  # after <title>: what a phone shows in its list


def test_both_parts_hold_the_headline_figures():
    message = mail()

    for text in (
        "Week 17 of 2019: Monday 2019-04-22 to Sunday 2019-04-28",
        "$600.00",
        "+20.0% on 2019-W16",
        "$449.88",
        "300",
        "$6.67",
        "50.0%",
        "3 Astoria",
        "$350.00",
        "Outlet 8 Hell's <Kitchen> took $250.00, 25.0% more than the $200.00 usual for the days with all their sales",
        "a year before 2018-W17",
        "Changes on 2018-W17 are n/a: no sales are loaded for 2018-04-23 to 2018-04-29.",
        "Tea & <more>",
        "Data: 1 outlet day missing; 2 lines with a minus (-$7.50) counted; 1 row left out; 12 lines ($45.60) without a cost price;",
        "Data as published on 2019-04-29 05:03 EDT (load load-7)",
    ):
        assert text in text_of(message)
        assert text in " ".join(Words(html_of(message)).found)


def test_both_parts_have_a_line_on_targets_and_one_on_waste():
    message = mail()

    for text in (
        "Targets: 2 of 3 outlets on course for April 2019",
        "Waste: 37 items, 18.5% of stock, $24.50 (5 items without a wholesale price)",
    ):
        assert text in text_of(message)
        assert text in " ".join(Words(html_of(message)).found)


def test_without_targets_and_inventory_there_is_no_line_on_them():
    message = mail(summary(targets=[], inventory=None))

    for word in ("Targets:", "Waste:"):
        assert word not in text_of(message)
        assert word not in html_of(message)


def test_days_and_outlets_are_drawn_as_bars_of_the_largest():
    words = [word for word in Words(html_of(mail())).found if word.strip()]

    place = words.index("Income by day")
    assert words[place + 1 : place + 5] == ["Mon 2019-04-22", "$100.00", "Tue 2019-04-23", "$200.00"]
    place = words.index("Income by outlet")
    assert words[place + 1 : place + 5] == ["3 Astoria", "$350.00", "8 Hell's <Kitchen>", "$250.00"]
    html = html_of(mail())
    assert 'width="100%"' in html
    assert 'width="40%"' in html  # 100.00 of 250.00
    assert 'width="71%"' in html  # outlet 8: 250.00 of 350.00


def test_text_from_the_data_is_escaped():
    page = html_of(mail())

    assert "Hell&#39;s &lt;Kitchen&gt;" in page
    assert "Tea &amp; &lt;more&gt;" in page
    assert "b" not in Words(page).tags


def test_a_complete_report_has_no_warning():
    message = mail(summary(status="complete", quality=ALL_THERE))

    assert message["Subject"] == "Coffee Shop weekly report 2019-W17: income $600.00, +20.0% on 2019-W16"
    assert "Data: complete, nothing left out." in html_of(message)
    assert "For operators" not in html_of(message)
    assert text_of(message).splitlines()[0] == "Coffee Shop: Weekly report"


def test_no_data_says_so_and_shows_no_figure():
    message = mail(summary(status="no data"), attachments=())

    assert message["Subject"] == "Coffee Shop weekly report 2019-W17: no data"
    assert text_of(message).splitlines()[0] == "No data: no sales have been loaded for this period."
    assert "$" not in text_of(message).partition("Data:")[0]
    assert "Income" not in html_of(message)


def test_links_in_place_of_workbooks():
    url = 'https://s3.example/sales.xlsx?a=1&b="2"'
    message = mail(attachments=(), links=[Link("sales.xlsx", url, 12_000_000)])

    assert not list(message.iter_attachments())
    assert 'href="https://s3.example/sales.xlsx?a=1&amp;b=&#34;2&#34;"' in html_of(message)
    assert f"sales.xlsx (12.0 MB): {url}" in text_of(message)


def test_a_line_break_in_the_shops_name_does_not_make_a_header():
    from dataclasses import replace

    raw = compose(
        summary(),
        replace(WORDS, shop="Coffee\r\nBcc: all@example.com"),
        TEMPLATES,
        mail_from="a@b.example",
        to=["c@d.example"],
        now=datetime(2019, 4, 29, tzinfo=UTC),
    )
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Coffee Bcc: all@example.com weekly report")


def test_a_long_subject_begins_in_the_line_of_its_name():
    """Folded before its first word it would be empty to some mail programs."""
    raw = compose(
        summary(status="complete", quality=ALL_THERE),
        WORDS,
        TEMPLATES,
        mail_from="a@b.example",
        to=["c@d.example"],
        now=datetime(2019, 4, 29, tzinfo=UTC),
    )
    assert raw.startswith(b"Subject: Coffee Shop weekly report 2019-W17: income $600.00, +20.0% on 2019-W16\r\n")


def test_file_names_are_for_operators_who_are_told_where():
    message = mail()

    for body in (text_of(message), html_of(message)):
        assert "sales-reciept" not in body
        assert "For operators" in body


def test_however_much_is_wrong_a_mail_stays_below_100_kb():
    """Gmail cuts a message off at 102 kB. Names as long as a cell, 300 outlets and categories, a month of bars."""
    name = "&" * 32_767
    numbers = [str(number) for number in range(300)]
    outlets = [OUTLETS[0] | {"number": number, "neighbourhood": name} for number in numbers]
    days = [f"2019-04-{day:02d}" for day in range(1, 31)]
    quality = QUALITY | {
        "missing": [{"day": day, "outlets": numbers, "whole_day": False} for day in days],
        "open_files": [QUALITY["open_files"][0] | {"reason": name}] * 1000,
        "handovers": QUALITY["handovers"] * 1000,
    }
    lacking = LAST_WEEK | {"reason": "lacks outlets", "missing": quality["missing"], "label": "2019-03"}
    move = {"of": "category", "name": name, "income": "9.00", "usual": "1.00", "days_left_out": 2}
    compared = {
        "comparisons": [lacking, lacking, LAST_WEEK],
        "trend": [{"start": day, "end": day, "complete": True, "figures": LAST_WEEK["figures"]} for day in days],
        "highlights": {"judged": True, "moves": [move] * 3},
        "categories": [{"category": f"{name}{number}", "income": "1.00", "items": 1} for number in numbers],
        "outlet_reports": {},
        "chart": {
            "by": "day",
            "before": "2019-03",
            "bars": [{"at": day, "income": "1234567.89", "before": "1234567.89"} for day in days],
        },
    }
    links = [Link(f"{report}.xlsx", "https://s3.example/" + "x" * 2000, 10**9) for report in ("a", "b", "c", "d", "e")]

    message = mail(summary(outlets=outlets, quality=quality, compared=compared), attachments=(), links=links)

    assert len(html_of(message).encode()) < 100_000
    assert len(text_of(message).encode()) < 100_000


def test_letters_beyond_ascii_arrive():
    document = summary()
    document["headline"]["best_outlet"]["neighbourhood"] = "Café Überfluß 咖啡"
    message = mail(document)

    assert "Café Überfluß 咖啡" in text_of(message)
    assert "Café Überfluß 咖啡" in html_of(message)


def test_the_alarm_says_what_to_do():
    raw = compose_alarm(
        summary(status="no data"),
        WORDS,
        TEMPLATES,
        mail_from="a@b.example",
        to=["operator@d.example"],
        now=datetime(2019, 4, 29, tzinfo=UTC),
    )
    message = email.message_from_bytes(raw, policy=email.policy.default)

    assert message["Subject"] == "Alarm: Coffee Shop weekly report 2019-W17: no data"
    text = message.get_content()  # type: ignore[attr-defined]
    assert "No sales have been loaded for 2019-04-22 to 2019-04-28" in text
    assert "start coffee_shop_weekly_report by hand with from 2019-04-22 and to 2019-04-28" in text


def test_the_chart_is_a_picture_beside_the_page_and_its_words_have_the_figures():
    message = mail()

    related = next(part for part in message.walk() if part.get_content_type() == "multipart/related")
    page, picture = related.iter_parts()  # type: ignore[attr-defined]
    assert page.get_content_type() == "text/html"
    assert (picture.get_content_type(), picture["Content-ID"]) == ("image/png", "<income@chart>")
    assert picture.get_content_disposition() == "inline"
    assert 'src="cid:income@chart" width="552"' in html_of(message)
    assert (
        'alt="Income by day, beside 2019-W16. Mon 2019-04-22 $100.00 (before $80.00); Tue 2019-04-23 $200.00; '
        'Wed 2019-04-24 no sales (before $120.00)."'
    ) in html_of(message)
    # what is attached is the workbooks alone
    assert [part.get_filename() for part in message.iter_attachments()] == [book.name for book in WORKBOOKS]
    assert len(mail(attachments=[]).as_bytes()) < 100_000


def test_without_a_chart_there_is_no_picture():
    message = mail(summary() | {"chart": None})
    assert "image/png" not in {part.get_content_type() for part in message.walk()}
    assert "<img" not in html_of(message)


def test_a_restated_report_shows_before_and_now_and_why():
    message = mail(summary() | {"restated": RESTATED})

    for said in (text_of(message), " ".join(Words(html_of(message)).found)):
        assert "Restated on 2019-05-02: this replaces the report of 2019-04-29" in " ".join(said.split())
        assert "What changed" in said
        assert "Income $550.00 $600.00" in " ".join(said.split())
        assert "sales-reciept/corrections/<a>.csv, loaded 2019-05-02 05:03 EDT, changed 2019-04-23." in said
