"""Asynchronous invocations that wait: a SQLite file, so that one that was accepted outlives a kill at any moment."""

import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
create table if not exists waiting (
    id integer primary key autoincrement,
    function_arn text not null,
    request_id text not null,
    event text not null,
    made real not null,         -- when it was accepted, seconds since 1970
    due real not null,          -- not to be tried before
    attempts integer not null   -- how often the function ran and failed
)
"""
COLUMNS = "id, function_arn, request_id, event, made, due, attempts"


@dataclass(frozen=True)
class Waiting:
    """An invocation that waits. Times in seconds since 1970; attempts: how often the function ran and failed."""

    id: int
    function_arn: str
    request_id: str
    event: str
    made: float
    due: float
    attempts: int


class Queue:
    """The file. Every method may be called from any thread."""

    def __init__(self, file: Path) -> None:
        """Open the file; make it when missing."""
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("pragma journal_mode = wal")
        self._rows.execute("pragma synchronous = normal")
        self._rows.execute(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()

    def add(self, function_arn: str, event: str) -> str:
        """Accept an invocation; it is on disk when this returns its request id."""
        request_id, now = str(uuid.uuid4()), time.time()
        with self._lock:
            self._rows.execute(
                "insert into waiting (function_arn, request_id, event, made, due, attempts) values (?, ?, ?, ?, ?, 0)",
                (function_arn, request_id, event, now, now),
            )
        return request_id

    def due(self, now: float) -> list[Waiting]:
        """Return those that may be tried now, the longest waiting first."""
        with self._lock:
            rows = self._rows.execute(f"select {COLUMNS} from waiting where due <= ? order by due, id", (now,))  # noqa: S608
            return [Waiting(*row) for row in rows.fetchall()]

    def next_due(self, now: float) -> float | None:
        """Return when the next one may be tried that may not be tried yet."""
        with self._lock:
            row = self._rows.execute("select min(due) from waiting where due > ?", (now,)).fetchone()
        return None if row[0] is None else float(row[0])

    def put_off(self, one: Waiting, due: float, attempts: int) -> None:
        """Let one wait for another try."""
        with self._lock:
            self._rows.execute("update waiting set due = ?, attempts = ? where id = ?", (due, attempts, one.id))

    def remove(self, one: Waiting) -> None:
        """Forget one: it is done, or lies where failed ones go."""
        with self._lock:
            self._rows.execute("delete from waiting where id = ?", (one.id,))

    def size(self, function_arn: str) -> int:
        """Return how many invocations of a function wait or are under way."""
        with self._lock:
            row = self._rows.execute("select count(*) from waiting where function_arn = ?", (function_arn,)).fetchone()
        return int(row[0])
