"""Time `make demo` of this checkout against another one's, in turn.

    PYTHONPATH=include/glue:dags:plugins python -m bench.demo_pairs OTHER --runs 3

Both are set up before. Each demo has an empty home and ports of its own. A ratio belongs to one pair, so that it holds
although the machine's speed drifts.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.__main__ import free_port
from laptop.stack import ROOT


def demo_seconds(checkout: Path) -> float:
    """Run the demo of a checkout from nothing, stop its stack, and return how long the demo took.

    Raises:
        subprocess.CalledProcessError: it failed; its words are on standard error.
    """
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    places = {"LOCAL_HOME": str(home), "AWS_PORT": str(free_port()), "AIRFLOW_PORT": str(free_port())}
    environment = os.environ | places
    started = time.monotonic()
    try:
        subprocess.run(["make", "demo"], cwd=checkout, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - started
    finally:
        subprocess.run(["make", "down"], cwd=checkout, env=environment, check=False)
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    """Run the pairs and print each ratio and their median."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo_pairs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("other", type=Path, help="the other checkout, set up as this one")
    parser.add_argument("--runs", type=int, default=3, help="pairs (default 3)")
    arguments = parser.parse_args()
    ratios = []
    for number in range(1, arguments.runs + 1):
        here, there = demo_seconds(ROOT), demo_seconds(arguments.other.resolve())
        ratios.append(here / there)
        print(f"pair {number}: here {here:.0f} s, there {there:.0f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
