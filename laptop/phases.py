"""Show how a command gets on: one line a phase, a bar while it lasts, and everything else in a log file."""

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from laptop.stack import typed_path

TITLE_WIDTH = 16
Say = Callable[[str], None]


class Phase:
    """One phase that is under way; ``outcome`` is what its line says in the end."""

    def __init__(self, say: Say, count: Callable[[int, int], None]) -> None:
        self.say = say
        self.count = count
        self.outcome = ""


class Phases:
    """The phases of one command.

    Args:
        log: file that gets every detail, after what earlier commands wrote into it.
        console: where the lines go; a terminal also gets a bar while a phase lasts.
    """

    def __init__(self, log: Path, console: Console | None = None) -> None:
        self.log = log
        self._console = console or Console(highlight=False)
        log.parent.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def phase(self, title: str) -> Iterator[Phase]:
        """Show a phase until its block ends, then print its line with the seconds that it took.

        What fails in the block is raised again after a line that says so and names the log.
        """
        started = time.monotonic()
        bar = _bar(self._console)
        task = bar.add_task(title, total=None, newest="")

        def say(words: str) -> None:
            self._write(title, words)
            bar.update(task, newest=_short(words, self._console.width))

        def count(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        phase = Phase(say, count)
        try:
            with bar:
                yield phase
        except BaseException:
            self._end(title, started, f"failed; the details are in {typed_path(self.log)}")
            raise
        self._end(title, started, phase.outcome)

    def _end(self, title: str, started: float, words: str) -> None:
        seconds = time.monotonic() - started
        self._console.print(Text(f"{title:<{TITLE_WIDTH}} {seconds:5.0f} s   {words}"), soft_wrap=True)

    def _write(self, title: str, words: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{dt.datetime.now():%Y-%m-%d %H:%M:%S}  {title}: {words.rstrip()}\n")  # noqa: DTZ005  # local


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<" + str(TITLE_WIDTH) + "}", markup=False),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.fields[newest]}", markup=False),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _short(words: str, width: int) -> str:
    """Return the newest detail in the room that the bar leaves on its line."""
    room = max(width - TITLE_WIDTH - 34, 10)
    line = " ".join(words.split())
    return line if len(line) <= room else line[: room - 1] + "…"
