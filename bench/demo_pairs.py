"""Seconds and memory of `make demo`, of this checkout and of another one in turn.

Both are set up before. Each demo has an empty home and ports of its own. A ratio belongs to one pair, so that it holds
although the machine's speed drifts.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.memory import PeakMemory
from bench.stacks import free_port
from laptop.stack import ROOT


def demo(checkout: Path) -> tuple[float, float]:
    """Run the demo of a checkout from nothing and stop its stack; return the seconds and the most GB that it held.

    Raises:
        subprocess.CalledProcessError: it failed; its words are on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as home:
        environment = os.environ | {"LOCAL_HOME": home, "AWS_PORT": str(free_port()), "AIRFLOW_PORT": str(free_port())}
        started = time.monotonic()
        try:
            process = subprocess.Popen(["make", "demo"], cwd=checkout, env=environment, stdout=subprocess.DEVNULL)
            with PeakMemory([process.pid]) as memory:
                process.wait()
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, process.args)
            return time.monotonic() - started, memory.gb
        finally:
            subprocess.run(["make", "down"], cwd=checkout, env=environment, check=False)


def main() -> int:
    """Run the pairs and print each ratio and their median."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo_pairs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("other", type=Path, help="the other checkout, set up as this one")
    parser.add_argument("--runs", type=int, default=3, help="pairs (default 3)")
    arguments = parser.parse_args()
    ratios = []
    for number in range(1, arguments.runs + 1):
        (here, held), (there, held_there) = demo(ROOT), demo(arguments.other.resolve())
        ratios.append(here / there)
        print(f"pair {number}: {here:.0f} s here, {there:.0f} s there, ratio {ratios[-1]:.2f};", end=" ")
        print(f"{held:.2f} GB here, {held_there:.2f} GB there", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
