"""A record of each call: who asked for what on which resource, and what came of it. One JSON object a line."""

import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_aws.actions import Permission, names

LARGEST_FILE = 50 * 1024 * 1024


class Calls:
    """The record's file; when it is full it becomes calls.jsonl.1 and a new one starts."""

    def __init__(self, file: Path) -> None:
        """Append to `file`."""
        self._file = file
        self._lock = threading.Lock()
        self._out = file.open("a", encoding="utf-8")

    def note(self, **call: Any) -> None:
        """Write one call: caller, service, operation, permissions, status."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **call}) + "\n"
        with self._lock:
            if self._out.closed:  # a crawl or a job that outlived the server
                return
            if self._out.tell() > LARGEST_FILE:
                self._out.close()
                self._file.replace(self._file.with_name(self._file.name + ".1"))
                self._out = self._file.open("a", encoding="utf-8")
            self._out.write(line)
            self._out.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._out.close()


_current: Calls | None = None


def keep(noted: Calls | None) -> None:
    """Set the record of the running server."""
    global _current
    _current = noted


def note_act(caller: dict[str, str], by: str, needed: Iterable[Permission], allowed: bool) -> None:
    """Note what a service does for a caller without a call: a crawler's reading, a function's log, a query's files.

    Args:
        caller: the role, user or account, as in the record.
        by: the service, such as "glue.amazonaws.com".
        needed: what it does, as permissions of one service.
        allowed: whether the caller's policies let it.

    """
    permissions = names(needed)
    if _current is None or not permissions:
        return
    service, _, operation = permissions[0]["action"].partition(":")
    _current.note(
        caller=caller,
        by=by,
        service=service,
        operation=operation,
        permissions=permissions,
        status=200 if allowed else 403,
    )
