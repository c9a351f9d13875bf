"""Check what `make demo` and `make test` need before anything is installed; say what to type where something is missing.

Runs on the machine's own Python, any version from 3.6: standard library only, no syntax that an old Python refuses.
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


def system_problems():
    """Return what is wrong with system, Python and its modules, a sentence each."""
    found = []
    if platform.system() not in ("Linux", "Darwin"):
        found.append(
            "%s is not supported: use Linux, macOS, or Linux under WSL 2." % (platform.system() or "This system")
        )
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        found.append(
            "Python %d.%d is too old or too new: install 3.11 or 3.12, then type: make demo PYTHON=python3.12"
            % sys.version_info[:2]
        )
    for module in ("venv", "ensurepip", "sqlite3", "ssl"):
        try:
            __import__(module)
        except ImportError:
            found.append(
                "Python's module %s is missing. On Debian and Ubuntu type: apt-get install python3-venv" % module
            )
    if shutil.which("git") is None:
        found.append("git is missing. On Debian and Ubuntu type: apt-get install git")
    return found


def free_memory_gb():
    """Return the memory that is free for new programs in GB, or None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1024 / 1024
    except OSError:
        pass
    return None


def room_problems(folder):
    """Return what is wrong with disk and memory, a sentence each."""
    found = []
    disk = shutil.disk_usage(str(folder)).free / 1e9
    if disk < DISK_GB:
        found.append("Only %.1f GB of disk are free in %s; %d are needed." % (disk, folder, DISK_GB))
    memory = free_memory_gb()
    if memory is not None and memory < MEMORY_GB:
        found.append(
            "Only %.1f GB of memory are free; %d are needed. Close programs and try again." % (memory, MEMORY_GB)
        )
    if not os.access(str(folder), os.W_OK):
        found.append("%s cannot be written to. Clone the project into a folder of your own." % folder)
    return found


def port_problems(ports):
    """Return a sentence for each port of ``{variable: number}`` that something else listens on."""
    found = []
    for variable, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                found.append(
                    "Port %d is taken. Choose another one, for example: make demo %s=%d" % (port, variable, port + 1000)
                )
    return found


def main():
    """Print every problem found and exit with 1, or print nothing and exit with 0."""
    parser = argparse.ArgumentParser(description="Check that this machine can run the pipeline.")
    parser.add_argument("--port", action="append", default=[], metavar="VARIABLE=NUMBER", help="a port that must be free")
    arguments = parser.parse_args()
    ports = {name: int(number) for name, _, number in (item.partition("=") for item in arguments.port)}
    problems = system_problems() + room_problems(ROOT) + port_problems(ports)
    for problem in problems:
        print("  - " + problem, file=sys.stderr)
    if problems:
        print("Nothing was installed or started.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
