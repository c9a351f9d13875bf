"""The questions of docs/querying.md, as they stand there, answered by the small shop of `rows/`."""

import re
from pathlib import Path

import pytest
import yaml

from tests.include.sql.test_questions import expected

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "querying.md").read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"^### (\d+)\. .*?```sql\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
ANSWERS = yaml.safe_load(Path(__file__).with_name("querying_answers.yaml").read_text(encoding="utf-8"))


def test_each_question_has_an_answer():
    assert [int(number) for number in QUESTIONS] == sorted(ANSWERS) == list(range(1, 11))


@pytest.mark.parametrize("number", QUESTIONS)
def test_rows(lake, number):
    answer = lake.query(QUESTIONS[number])
    assert answer.rows == expected({"rows": ANSWERS[int(number)]}, answer)


def test_question_6_the_other_way_round(lake):
    """The rows in which till and inventory agree."""
    answer = lake.query(QUESTIONS["6"].replace("<> coalesce", "= coalesce"))
    assert answer.rows == [
        ("2019-04-08", "3", "Scone, plain", 2, 2),
        ("2019-04-08", "10", "Scone, plain", 0, 0),
        ("2019-04-09", "8", "Blueberry Muffin", 3, 3),
        ("2019-04-09", "8", "Scone, plain", 2, 2),
        ("2019-04-11", "3", "Blueberry Muffin", 0, 0),
    ]


def test_duckdb_reads_the_folder(lake, tmp_path_factory, capsys):
    """The page's Python as it stands, on the small shop's folder; the session's lake has its files below `aws`."""
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "import duckdb" in block)
    folders = tmp_path_factory.getbasetemp().glob("*/aws/s3/*/lake/coffee_shop_conform")
    (folder,) = {path.resolve() for path in folders}  # pytest names the newest folder twice, by a link
    exec(re.sub(r"^conform = .*$", f"conform = {str(folder)!r}", code, flags=re.MULTILINE), {})
    rows = re.findall(r"│ +(\S.*?) +│ +(\d+\.\d\d) │", capsys.readouterr().out)
    assert rows == [("Harbor Point", "49.79"), ("Old Mill", "24.69"), ("NULL", "15.76")]
