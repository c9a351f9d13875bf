"""Mails as files, with names that are files on every system and pages that run nothing."""

from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from local_aws.ses import mails


def letter(**parts):
    mail = EmailMessage()
    mail["From"] = "Zoë <zoe@trees.example>"
    mail["To"] = "ada@trees.example"
    mail["Subject"] = parts.get("subject", "Acorns")
    mail.set_content(parts.get("text", "plain text"))
    if "html" in parts:
        mail.add_alternative(parts["html"], subtype="html")
    for name in parts.get("attached", []):
        mail.add_attachment(name.encode() * 3, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def keep(folder, raw):
    return mails.keep(folder, raw, "0123456789abcdef-0-000000", "zoe@trees.example", ["ada@trees.example"])


class Links(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.targets = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.targets += [value for name, value in attrs if name in ("href", "src")]


def test_the_eml_is_the_mail_with_its_envelope(tmp_path):
    raw = letter()
    eml = keep(tmp_path, raw)
    head = b"X-Envelope-From: zoe@trees.example\nX-Envelope-To: ada@trees.example\n"
    assert eml.read_bytes() == head + b"X-SES-Message-ID: 0123456789abcdef-0-000000\n" + raw


def test_the_page_shows_the_html_part_and_links_the_attachments(tmp_path):
    eml = keep(tmp_path, letter(html="<p>Hello &amp; <b>welcome</b></p>", attached=["a b.xlsx", "é.csv"]))
    page = eml.with_suffix(".html").read_text()
    assert "<p>Hello &amp; <b>welcome</b></p>" in page
    linked = [tmp_path / unquote(target) for target in Links(page).targets]
    assert [file.read_bytes() for file in linked] == [b"a b.xlsx" * 3, "é.csv".encode() * 3]


def test_a_mail_without_html_shows_its_text(tmp_path):
    page = keep(tmp_path, letter(text="1 < 2 & <script>alert(1)</script>")).with_suffix(".html").read_text()
    assert "<pre>1 &lt; 2 &amp; &lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_page_may_load_nothing_and_run_nothing(tmp_path):
    page = keep(tmp_path, letter(html="<script>alert(1)</script>")).with_suffix(".html").read_text()
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert "default-src 'none'" in page


def test_what_the_mail_says_of_itself_is_escaped(tmp_path):
    page = keep(tmp_path, letter(subject="<img src=x onerror=alert(1)>", attached=["<b>.csv"]))
    text = page.with_suffix(".html").read_text()
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_pictures_inside_the_mail_are_shown_from_the_extracted_files(tmp_path):
    mail = EmailMessage()
    mail["Subject"] = "Picture"
    mail.set_content("<p><img src='cid:leaf'></p>", subtype="html")
    mail.add_related(b"png", maintype="image", subtype="png", cid="<leaf>", filename="leaf.png")
    eml = keep(tmp_path, mail.as_bytes())
    targets = Links(eml.with_suffix(".html").read_text()).targets
    assert len(set(targets)) == 1
    assert (tmp_path / unquote(targets[0])).read_bytes() == b"png"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.xlsx", "report.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".hidden", "hidden"),
        ("a:b?c*.csv", "a_b_c_.csv"),
        ("zażółć (1).csv", "zażółć (1).csv"),
        ("..", "_"),
        ("", "_"),
        ("a\0\nb", "a__b"),
    ],
)
def test_names_that_are_files_everywhere(name, safe):
    assert mails.safe_name(name) == safe


def test_attachments_of_one_name_are_all_kept(tmp_path):
    eml = keep(tmp_path, letter(attached=["a.csv", "A.csv", "a.csv", "x/a.csv"]))
    folder = eml.with_suffix("")
    assert sorted(path.name for path in folder.iterdir()) == ["A-2.csv", "a-3.csv", "a-4.csv", "a.csv"]


def test_a_subject_of_any_kind_makes_a_file_name(tmp_path):
    for subject in ("/" * 300, "x" * 300, "日本語", "", "con\tnul"):
        assert keep(tmp_path, letter(subject=subject)).exists()
    assert len(list(tmp_path.glob("*.eml"))) == 5
    assert all(len(path.name.encode()) < 255 for path in tmp_path.iterdir())
