"""Check what `make demo` and `make test` need before anything is installed, and say what to type.

Runs on the machine's own Python, from 3.6 on: standard library only, no syntax that it refuses.
"""

import argparse
import os
import platform
import shutil
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISK_GB = 5
MEMORY_GB = 6


def system_problems() -> "list[str]":
    """Return what is wrong with system, Python and its modules, a sentence each."""
    found = []
    if platform.system() not in ("Linux", "Darwin"):
        found.append(
            "%s is not supported: use Linux, macOS, or Linux under WSL 2." % (platform.system() or "This system")
        )
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        found.append(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} will not do: install 3.11 or 3.12, "
            "then name it, for example: make demo PYTHON=python3.12"
        )
    for module in ("venv", "ensurepip", "sqlite3", "ssl"):
        try:
            __import__(module)
        except ImportError:
            found.append(
                f"Python's module {module} is missing. On Debian and Ubuntu type: apt-get install python3-venv"
            )
    if shutil.which("git") is None:
        found.append("git is missing. On Debian and Ubuntu type: apt-get install git")
    return found


def free_memory_gb() -> "float | None":
    """Return the memory that is free for new programs in GB, or None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024 / 1024
    except OSError:
        pass
    return None


def room_problems(folder: Path) -> "list[str]":
    """Return what is wrong with disk and memory, a sentence each."""
    found = []
    disk = shutil.disk_usage(str(folder)).free / 1e9
    if disk < DISK_GB:
        found.append(f"Only {disk:.1f} GB of disk are free in {folder}; {DISK_GB} are needed.")
    memory = free_memory_gb()
    if memory is not None and memory < MEMORY_GB:
        found.append(f"Only {memory:.1f} GB of memory are free; {MEMORY_GB} are needed. Close programs and try again.")
    if not os.access(str(folder), os.W_OK):
        found.append(f"{folder} cannot be written to. Clone the project into a folder of your own.")
    return found


def port_problems(ports: "dict[str, int]") -> "list[str]":
    """Return a sentence for each port of ``{variable: number}`` that something else listens on."""
    found = []
    for variable, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                found.append(
                    f"Port {port} is taken. Choose another one, for example: make demo {variable}={port + 1000}"
                )
    return found


def stack_runs(home: Path) -> bool:
    """Return whether a program of the stack in folder ``home`` runs: its ports and memory are then its own."""
    for path in home.glob("run/*.pid"):
        try:
            os.kill(int(path.read_text().split()[0]), 0)
        except (OSError, ValueError, IndexError):
            continue
        return True
    return False


def main() -> int:
    """Print every problem found and exit with 1, or print nothing and exit with 0."""
    parser = argparse.ArgumentParser(description="Check that this machine can run the pipeline.")
    parser.add_argument(
        "--port", action="append", default=[], metavar="VARIABLE=NUMBER", help="a port that must be free"
    )
    parser.add_argument("--running", metavar="FOLDER", help="home of a stack that may run already")
    arguments = parser.parse_args()
    ports = {name: int(number) for name, _, number in (item.partition("=") for item in arguments.port)}
    problems = system_problems()
    if not (arguments.running and stack_runs(ROOT / arguments.running)):
        problems += room_problems(ROOT) + port_problems(ports)
    for problem in problems:
        print("  - " + problem, file=sys.stderr)
    if problems:
        print("Nothing was installed or started.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
