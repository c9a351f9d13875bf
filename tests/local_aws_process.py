"""A local AWS in a process of its own, for tests that live in Airflow's virtual environment."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.free_port import free_port

ROOT = Path(__file__).resolve().parents[1]
KEY = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}
PYTHON = ROOT / ".venv-local-aws" / "bin" / "python"


@contextmanager
def running_local_aws(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Start a local AWS with nothing in it and yield its address.

    Its state is below `aws` in the folder, its log is `server.log`. The account's own key is the environment's, or KEY.
    """
    log, port = home / "server.log", free_port()
    with log.open("wb") as out:
        server = subprocess.Popen(
            [str(PYTHON), "-m", "local_aws", "--port", str(port), "--home", str(home / "aws")],
            cwd=ROOT,
            env=KEY | {name: value for name, value in environment.items() if not name.startswith("AIRFLOW")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + 60
        while "ready at" not in log.read_text():
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The local AWS did not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
