"""Every command of README and operating, typed in order on a stack of its own, as a newcomer would.

`make demo` runs the real thing under the scheduler: a REST trigger, Spark, Athena's SQL, mail, and its own check of the
figures against the raw files. A java and a docker that fail come first in PATH, JAVA_HOME is unset and HOME is empty.
"""

import email
import email.policy
import re
import subprocess
from pathlib import Path

import pytest

from laptop.stack import Stack, aws_client, read_names
from tests.workbook_schema import schema_errors

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
FOLLOWS = ("make logs", "make logs PROGRAM=scheduler")  # never end by themselves
NOT_RUN = {"make test": "this test is part of it", "make test-fast": "part of make test"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def commands(page: str) -> list[str]:
    """Return the lines of a page's command blocks."""
    text = (ROOT / page).read_text()
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line]


def run(command: str, environment: dict[str, str], seconds: float) -> str:
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def mails(environment: dict[str, str]) -> list[email.message.EmailMessage]:
    folder = Path(environment["LOCAL_HOME"], "aws", "mail")
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime)
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]


def reports(environment: dict[str, str], kind: str) -> list[str]:
    stack = Stack(Path(environment["LOCAL_HOME"]), int(environment["AWS_PORT"]), int(environment["AIRFLOW_PORT"]))
    s3 = aws_client(stack, "s3")
    (bucket,) = (each["Name"] for each in s3.list_buckets()["Buckets"] if "-reports-" in each["Name"])
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{kind}/").get("Contents", [])
    return sorted(each["Key"] for each in listed if each["Key"].endswith(".xlsx"))


def test_the_readme_starts_with_the_demo():
    assert commands("README.md")[:2] == ["make demo", "make test"]


def test_demo(environment, demo):
    assert "found the same in the workbooks and in the mail" in demo
    assert reports(environment, "weekly") == [
        "weekly/2019-W17/customers.xlsx",
        "weekly/2019-W17/employees.xlsx",
        "weekly/2019-W17/inventory.xlsx",
        "weekly/2019-W17/sales.xlsx",
        "weekly/2019-W17/targets.xlsx",
    ]
    (mail,) = mails(environment)
    attached = sorted(part.get_filename() for part in mail.iter_attachments())
    assert attached == ["customers.xlsx", "employees.xlsx", "inventory.xlsx", "sales.xlsx", "targets.xlsx"]


def test_the_workbooks_keep_to_the_schemas_of_iso_29500(environment, demo, stack, tmp_path):
    bucket = read_names(stack)["COFFEE_SHOP_REPORTS_BUCKET"]
    for key in reports(environment, "weekly"):
        file = tmp_path / Path(key).name
        aws_client(stack, "s3").download_file(bucket, key, str(file))
        assert schema_errors(file) == [], key


def later_commands() -> list[str]:
    found = [*commands("README.md"), *commands("docs/operating.md")]
    return [command for command in dict.fromkeys(found) if command != "make demo" and command not in NOT_RUN]


@pytest.mark.parametrize("command", later_commands())
def test_command(command, environment):
    if command in FOLLOWS:
        shown = run(f"timeout 5 {command}; test $? = 124", environment, 60)
        assert shown, "the log is empty"
        return
    shown = run(command, environment, 600)
    if command.startswith("make upload"):
        assert "changed the rows of 1 day: ['2019-04-24']" in shown


def test_a_week_that_was_reported_before_is_left_as_it_is(environment):
    """Also while Airflow has not noted yet that the back-fill before has ended."""
    shown = run("make backfill REPORT=weekly FROM=2019-04-08 TO=2019-04-14", environment, 120)
    assert "ran before and is left as it is" in shown


def test_back_filled_weeks_are_there_and_were_not_mailed(environment):
    weeks = {name.split("/")[1] for name in reports(environment, "weekly")}
    assert weeks == {"2019-W14", "2019-W15", "2019-W16", "2019-W17"}
    # the demo's week, and the same restated after the correction
    assert {re.search(r"2019-W\d\d", mail["Subject"])[0] for mail in mails(environment)} == {"2019-W17"}
