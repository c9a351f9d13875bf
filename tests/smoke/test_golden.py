"""The demo's stack answers as the golden files say: questions, checks, tables, catalog, permissions by role.

Comes first of tests/smoke, right after the demo: later tests load corrections of days. To see the difference on a stack
that runs, or to write the files anew after a change that was meant:
`PYTHONPATH=dags:include/glue python -m tests.smoke.golden`.
"""

from pathlib import Path

import pytest

from laptop.stack import Stack
from laptop.uploads import read_ledger
from tests.smoke.golden import PERIODS, actions_of, differences, golden, record

FILES = [*(f"questions/{period}.json" for period in PERIODS), "checks.json", "catalog.json", "tables.json"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def found(environment, demo):
    """What the stack answers now, by golden file."""
    ports = int(environment["AWS_PORT"]), int(environment["AIRFLOW_PORT"])
    stack = Stack(Path(environment["LOCAL_HOME"]), *ports)
    keys = [key for files in read_ledger(stack)["files"].values() for key in files]
    assert not [key for key in keys if "/corrections/" in key], "this must run before a test that corrects a day"
    return record(stack)


@pytest.mark.parametrize("file", FILES)
def test_nothing_moved(file, found):
    assert differences(golden(file), found[file]) == []


def test_every_role_does_the_same(found):
    assert differences(actions_of(golden("permissions.json")), actions_of(found["permissions.json"])) == []


def test_every_role_does_it_to_the_same_resources(found):
    assert differences(golden("permissions.json"), found["permissions.json"]) == []


def test_there_is_no_other_golden_file(found):
    folder = Path(__file__).parent / "golden"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json")) == sorted(found)
