"""What analysts use beside boto3 works on the demo's stack: tests/clients, run with nothing set but a profile.

Comes after test_golden.py and before the tests that correct a day.
"""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("client", ["awswrangler", "pyathena", "command_line"])
def test_client(client, environment, demo):
    profile = {"AWS_CONFIG_FILE": f"{environment['LOCAL_HOME']}/aws.ini", "AWS_PROFILE": "account"}
    done = subprocess.run(
        [PYTHON, "-m", "pytest", "-q", f"tests/clients/test_{client}.py"],
        cwd=ROOT,
        env=environment | profile,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
