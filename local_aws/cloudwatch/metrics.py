"""What metrics hold: a SQLite file with a row for each minute of each metric, kept for 15 days.

CloudWatch keeps minutes for 15 days too (CloudWatch User Guide, "Metrics retention"); alarms look back seven at most.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MINUTE = 60
KEPT_SECONDS = 15 * 24 * 3600
SCHEMA = """
create table if not exists minute (
    namespace text not null,
    name text not null,
    dimensions text not null,   -- JSON object, keys in order
    at integer not null,        -- its start, seconds since 1970
    unit text not null,
    samples real not null,
    total real not null,
    least real not null,
    most real not null,
    primary key (namespace, name, dimensions, at, unit)
)
"""
ADD = """
insert into minute values (?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (namespace, name, dimensions, at, unit) do update set samples = samples + excluded.samples,
    total = total + excluded.total, least = min(least, excluded.least), most = max(most, excluded.most)
"""


@dataclass(frozen=True)
class Summary:
    """What a metric's values of some time come to."""

    samples: float
    total: float
    least: float
    most: float

    def statistic(self, name: str) -> float:
        """Return Sum, Average, Minimum, Maximum or SampleCount."""
        return {
            "Sum": self.total,
            "Average": self.total / self.samples,
            "Minimum": self.least,
            "Maximum": self.most,
            "SampleCount": self.samples,
        }[name]


class Metrics:
    """The file. Every method may be called from any thread."""

    def __init__(self, file: Path) -> None:
        """Open the file; make it when missing."""
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("pragma journal_mode = wal")
        self._rows.execute("pragma synchronous = normal")
        self._rows.execute(SCHEMA)
        self._pruned = 0.0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()

    def add(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        summary: Summary,
        at: float | None = None,
        unit: str = "None",
    ) -> None:
        """Add values to the minute that they belong to."""
        now = time.time()
        minute = int(now if at is None else at) // MINUTE * MINUTE
        row = (namespace, name, _key(dimensions), minute, unit)
        with self._lock:
            self._rows.execute(ADD, (*row, summary.samples, summary.total, summary.least, summary.most))
            if now - self._pruned > 3600:
                self._pruned = now
                self._rows.execute("delete from minute where at < ?", (now - KEPT_SECONDS,))

    def summary(
        self, namespace: str, name: str, dimensions: Mapping[str, str], start: float, end: float
    ) -> Summary | None:
        """Return what the minutes from start (included) to end (not) come to, None without any value.

        Dimensions are those of the metric, all of them: CloudWatch does not add up over others.
        """
        with self._lock:
            row = self._rows.execute(
                "select sum(samples), sum(total), min(least), max(most) from minute where namespace = ? and name = ? "
                "and dimensions = ? and at >= ? and at < ?",
                (namespace, name, _key(dimensions), start, end),
            ).fetchone()
        return None if row[0] is None else Summary(*row)

    def names(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return namespace, name and dimensions of each metric."""
        with self._lock:
            rows = self._rows.execute(
                "select distinct namespace, name, dimensions from minute order by 1, 2, 3"
            ).fetchall()
        return [(namespace, name, json.loads(dimensions)) for namespace, name, dimensions in rows]


def _key(dimensions: Mapping[str, str]) -> str:
    return json.dumps(dict(dimensions), sort_keys=True)


_metrics: Metrics | None = None


def open_metrics(file: Path) -> Metrics:
    """Open the process's metrics."""
    global _metrics
    _metrics = Metrics(file)
    return _metrics


def close_metrics() -> None:
    """Close the process's metrics, if they are open."""
    global _metrics
    if _metrics is not None:
        _metrics.close()
        _metrics = None


def metrics() -> Metrics:
    """Return the process's metrics."""
    if _metrics is None:
        raise RuntimeError("The metrics are not open: start the server first (local_aws.server.start).")
    return _metrics


def emit(namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str = "Count") -> None:
    """Add one value now: what AWS's own services do."""
    metrics().add(namespace, name, dimensions, Summary(1, value, value, value), unit=unit)
