"""Run all tests, two groups at a time, and say how each ended: `python -m tests`; `--fast` for the fast ones alone.

A group is a process of its own, in the virtual environment of what it tests. The fast groups come first; the slow ones
start Spark, Airflow or the whole stack, the longest first, so that the cores are busy to the end.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AIRFLOW, LOCAL_AWS = ".venv/bin/python", ".venv-local-aws/bin/python"
AT_A_TIME = 2  # the cores that the tests are made for: Spark, Airflow and the local AWS keep them busy
NO_TESTS = 5  # pytest's exit status when all tests of a group are deselected


@dataclass(frozen=True)
class Group:
    """Tests that run in one process: the folders, whose Python, and a folder below them that is another group's."""

    python: str
    folders: tuple[str, ...]
    slow: bool
    but: str = ""

    @property
    def name(self) -> str:
        """What the summary calls it."""
        return ("slow: " if self.slow else "fast: ") + " ".join(
            folder.removeprefix("tests/") for folder in self.folders
        )

    def command(self) -> list[str]:
        """Return the command that runs it."""
        marked = ["-m", "slow" if self.slow else "not slow", "--durations=10" if self.slow else "--durations=5"]
        left_out = [f"--ignore={self.but}"] if self.but else []
        return [str(ROOT / self.python), "-m", "pytest", "-q", *marked, *left_out, *self.folders]


FAST = [
    Group(LOCAL_AWS, ("tests/local_aws", "tests/include", "tests/sample_data"), slow=False),
    Group(
        AIRFLOW,
        (
            "tests/dags",
            "tests/infrastructure",
            "tests/laptop",
            "tests/containers",
            "tests/plugins",
            "tests/docs",
        ),
        slow=False,
    ),
]
SLOW = [
    Group(AIRFLOW, ("tests/smoke",), slow=True),
    Group(AIRFLOW, ("tests/dags/load",), slow=True),
    Group(LOCAL_AWS, ("tests/include", "tests/sample_data"), slow=True),
    Group(AIRFLOW, ("tests/dags",), slow=True, but="tests/dags/load"),
    Group(AIRFLOW, ("tests/infrastructure", "tests/laptop", "tests/docs"), slow=True),
    Group(LOCAL_AWS, ("tests/local_aws",), slow=True),
    Group(AIRFLOW, ("tests/plugins",), slow=True),
]


def run(group: Group) -> tuple[int, float]:
    """Run a group, print its output in one piece when it has ended, return its exit status and its seconds."""
    print(f"[{time.strftime('%H:%M:%S')}] begins: {group.name}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        done = subprocess.run(group.command(), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False)
        seconds = time.monotonic() - started
        output.seek(0)
        print(f"\n[{time.strftime('%H:%M:%S')}] {group.name}, {seconds:.0f} s\n{output.read()}", flush=True)
    return (0 if done.returncode == NO_TESTS else done.returncode), seconds


def run_all(groups: list[Group]) -> dict[Group, tuple[int, float]]:
    """Run groups, two at a time in their order, and say each minute what is under way."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = {pool.submit(run, group): group for group in groups}
        ended = {}
        while waiting:
            done, _ = wait(waiting, timeout=60, return_when=FIRST_COMPLETED)
            for future in done:
                ended[waiting.pop(future)] = future.result()
            if not done:
                under_way = [group.name for future, group in waiting.items() if future.running()]
                print(f"[{time.strftime('%H:%M:%S')}] under way: {', '.join(under_way)}", flush=True)
    return ended


def main() -> int:
    """Run the groups and print a line for each; return 0 only if all of them passed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="only the tests that start neither Spark nor Airflow")
    only_fast = parser.parse_args().fast
    ended = run_all(FAST if only_fast else FAST + SLOW)
    print()
    for group, (status, seconds) in ended.items():
        print(f"  {'passed' if status == 0 else 'FAILED':<8} {seconds:5.0f} s  {group.name}")
    return 1 if any(status for status, _ in ended.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
