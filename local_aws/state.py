"""What outlives the process beside the objects: catalog, crawlers, jobs, workgroups, roles, stacks, identities, ...

All of moto's backends in one pickle, because they point at each other (a stack at its resources). It is replaced as a
whole, on the way out of each call that changed something; what changes between calls (a job run ends) is written half
a second later: see `changed`.
"""

import copyreg
import logging
import pickle
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import moto
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend

FORMAT = 1
SERVICES = (
    "s3",
    "iam",
    "sts",
    "ses",
    "sesv2",
    "glue",
    "athena",
    "cloudformation",
    "logs",
    "events",
    "awslambda",
    "sqs",
    "sns",
    "secretsmanager",
    "cloudwatch",
    "budgets",
)
WAIT = 0.5
TRIES = 20

log = logging.getLogger("local_aws")
_changed = threading.Event()
_current: "State | None" = None


class StateOfAnotherVersion(RuntimeError):
    """The file was written by code that is no longer here."""


def changed() -> None:
    """Say that something changed outside a call; it is written within half a second."""
    _changed.set()


def save() -> None:
    """Write everything before this returns, when a server runs: for what must not be lost once it was accepted."""
    if _current is not None:
        _current.write()


class State:
    """The file that holds the state, and the thread that writes what changes between calls."""

    def __init__(self, file: Path) -> None:
        """Name the file; nothing is read yet."""
        self._file = file
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write_changes, name="local-aws-state", daemon=True)

    def load(self) -> None:
        """Put what was kept into moto's backends."""
        if not self._file.exists():
            return
        try:
            with self._file.open("rb") as stream:
                kept = pickle.load(stream)  # noqa: S301 (our own file)
        except (AttributeError, ImportError, pickle.UnpicklingError, EOFError) as problem:
            raise StateOfAnotherVersion(
                f"{self._file}: written by another version of this program ({problem}). Delete the home folder "
                "(`make clean`) and start again."
            ) from problem
        if (kept["format"], kept["moto"]) != (FORMAT, moto.__version__):
            raise StateOfAnotherVersion(
                f"{self._file}: written with moto {kept['moto']}, format {kept['format']}; this is moto "
                f"{moto.__version__}, format {FORMAT}. Delete the home folder (`make clean`) and start again."
            )
        for service, accounts in kept["backends"].items():
            _put_back(service, accounts)

    def start(self) -> None:
        """Start to write what changes between calls."""
        global _current
        _current = self
        self._writer.start()

    def write(self) -> None:
        """Write everything, as one file that replaces the last one."""
        _changed.clear()
        with self._lock:
            work = self._file.with_suffix(".new")
            work.write_bytes(_pickled())
            work.replace(self._file)

    def stop(self) -> None:
        """Write for the last time."""
        global _current
        _current = None
        self._stopping.set()
        _changed.set()
        self._writer.join()
        self.write()

    def _write_changes(self) -> None:
        while not self._stopping.is_set():
            _changed.wait()
            if self._stopping.wait(WAIT):
                return
            try:
                self.write()
            except Exception:
                log.exception("the state could not be written")


class _Pickler(pickle.Pickler):
    """Leaves out what belongs to the process alone."""

    dispatch_table = {  # noqa: RUF012
        **copyreg.dispatch_table,
        type(threading.Lock()): lambda _: (threading.Lock, ()),
        type(threading.RLock()): lambda _: (threading.RLock, ()),
        threading.Event: lambda event: (_event, (event.is_set(),)),
        threading.Thread: lambda _: (_nothing, ()),
        weakref.WeakValueDictionary: lambda mapping: (weakref.WeakValueDictionary, (dict(mapping),)),
    }


def _event(is_set: bool) -> threading.Event:
    event = threading.Event()
    if is_set:
        event.set()
    return event


def _nothing() -> None:
    return None


def _pickled() -> bytes:
    """Return all backends as bytes. Others may be at work: a collection that changes meanwhile is tried again."""
    for attempt in range(TRIES):
        try:
            out = _Buffer()
            _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(
                {"format": FORMAT, "moto": moto.__version__, "backends": {name: _accounts(name) for name in SERVICES}}
            )
        except RuntimeError:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.01)
        else:
            return bytes(out.content)
    raise AssertionError


class _Buffer:
    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)


def _accounts(service: str) -> dict[str, dict[str, Any]]:
    return {account: dict(regions) for account, regions in get_backend(service).items()}  # type: ignore[call-overload]


def _put_back(service: str, accounts: dict[str, dict[str, Any]]) -> None:
    backends = get_backend(service)  # type: ignore[call-overload]
    for account, regions in accounts.items():
        place: AccountSpecificBackend[Any] = backends[account]
        for region, backend in regions.items():
            dict.__setitem__(place, region, backend)
    if service == "s3":
        for account, regions in accounts.items():
            for partition, backend in regions.items():
                for bucket in backend.buckets:
                    backends.bucket_accounts[bucket] = (partition, account)
