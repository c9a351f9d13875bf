"""How much memory the stack's programs and all they started hold at the most."""

import contextlib
import threading
from typing import Self

import psutil


def proportional_memory_gb(roots: list[int]) -> float:
    """Return the memory of processes and their descendants in GB; a page that n of them share counts 1/n (PSS)."""
    total = 0
    for root in roots:
        with contextlib.suppress(psutil.Error):
            for process in (psutil.Process(root), *psutil.Process(root).children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    memory = process.memory_full_info()
                    total += getattr(memory, "pss", memory.uss)  # macOS does not say what is shared
    return total / 1024**3


class PeakMemory:
    """Samples every second while the ``with`` block runs; ``gb`` is the largest sample."""

    def __init__(self, roots: list[int]) -> None:
        self._roots, self.gb = roots, 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self) -> None:
        while not self._ended.wait(1):
            self.gb = max(self.gb, proportional_memory_gb(self._roots))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
