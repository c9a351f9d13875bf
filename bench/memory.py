"""How much memory the stack's programs and all they started hold at the most."""

import contextlib
import threading
import time
from collections.abc import Iterable
from pathlib import Path


def _parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def _with_descendants(roots: Iterable[int]) -> set[int]:
    family = set(roots)
    parents = _parents()
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def proportional_memory_gb(roots: Iterable[int]) -> float:
    """Return the memory of processes and their descendants in GB; a page that n of them share counts 1/n (PSS)."""
    total = 0
    for pid in _with_descendants(roots):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024 / 1024


class PeakMemory:
    """Samples every second while the ``with`` block runs; ``gb`` is the largest sample."""

    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = list(roots)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.gb = 0.0

    def _sample(self) -> None:
        while not self._ended.is_set():
            self.gb = max(self.gb, proportional_memory_gb(self._roots))
            time.sleep(1)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
