"""The server: installs what is for real, loads what was kept, answers on 127.0.0.1."""

import fcntl
import importlib
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")  # no web page has business here; moto reads it on import

from moto.core.base_backend import BackendDict
from moto.core.common_models import BaseModel
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from local_aws import calls, cloudwatch, lambdas
from local_aws.actions import names
from local_aws.gateway import CallRecord, Gateway
from local_aws.s3 import lifecycle, moto_backend, object_store
from local_aws.state import State, changed

HOST = "127.0.0.1"
INSTALLED = ("s3", "ses", "glue", "athena", "cloudformation", "events", "lambdas", "cloudwatch", "sns")
LAMBDA_RETRY_SECONDS = (60.0, 120.0)  # AWS's
# what these start goes on by itself: written soon after, not before the answer
STARTING = {"StartQueryExecution", "StartJobRun", "StartCrawler", "PutLogEvents", "AssumeRole", "SendMessage"}
STARTING |= {"SendEmail", "SendRawEmail", "Invoke", "PutEvents", "PutMetricData", "ReceiveMessage", "DeleteMessage"}
STARTING |= {"DeleteMessageBatch", "ChangeMessageVisibility", "Publish"}


class AlreadyRunning(RuntimeError):
    """The home folder or the port is in use."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    home: Path
    _server: BaseWSGIServer
    _thread: threading.Thread
    _state: State
    _calls: calls.Calls
    _lock: IO[str]
    _stopping: threading.Event

    def stop(self) -> None:
        """Stop answering, write the state, close the files."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        cloudwatch.stop()
        lambdas.stop()
        self._state.stop()
        calls.keep(None)
        self._calls.close()
        moto_backend.uninstall()
        BackendDict.reset()
        self._lock.close()


def start(home: Path, port: int = 0, lambda_retry_seconds: Sequence[float] = LAMBDA_RETRY_SECONDS) -> Server:
    """Start the local AWS in this process; there can be one at a time.

    Args:
        home: the folder that holds its whole state; made when missing.
        port: on 127.0.0.1; 0 takes a free one.
        lambda_retry_seconds: waits before the first and the second retry of an asynchronous Lambda invocation.

    Raises:
        AlreadyRunning: another server has the home folder or the port.
        StateOfAnotherVersion: the home folder was written by a version that this one cannot read.

    """
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    lock = _claim(home)
    BaseModel.__new__ = _untracked  # type: ignore[method-assign]
    for name in INSTALLED:
        importlib.import_module(f"local_aws.{name}").install(home)
    state = State(home / "state.pickle")
    state.load()
    noted = calls.Calls(home / "calls.jsonl")
    calls.keep(noted)
    server = _bind(Gateway(_after(state, noted)), port)
    state.start()
    url = f"http://{HOST}:{server.server_port}"
    lambdas.start(home, url, lambda_retry_seconds)
    cloudwatch.start()
    thread = threading.Thread(target=server.serve_forever, name="local-aws", daemon=True)
    thread.start()
    stopping = threading.Event()
    lifecycle.start(object_store.store(), moto_backend.lifecycle_rules, stopping)
    return Server(url, home, server, thread, state, noted, lock, stopping)


def _untracked(cls: type[BaseModel], *_: object, **__: object) -> BaseModel:
    """Make a model without moto's list of all that were ever made: it would only grow."""
    return object.__new__(cls)


def _claim(home: Path) -> IO[str]:
    lock = (home / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        pid = lock.read().strip()
        lock.close()
        raise AlreadyRunning(f"{home} is in use by the local AWS with process id {pid}: stop that one first.") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _bind(app: Gateway, port: int) -> BaseWSGIServer:
    try:
        return make_server(HOST, port, app, threaded=True, request_handler=MotoRequestHandler)
    except (OSError, SystemExit):  # werkzeug prints and exits when the port is taken
        raise AlreadyRunning(f"Port {port} on {HOST} is in use: choose another with --port.") from None


def _after(state: State, noted: calls.Calls) -> "AfterCall":
    return AfterCall(state, noted)


class AfterCall:
    """What follows a call before its answer goes out: the record, and the state when it changed."""

    def __init__(self, state: State, noted: calls.Calls) -> None:
        """Take where to write."""
        self._state = state
        self._noted = noted

    def __call__(self, record: CallRecord) -> None:
        """Note the call; keep what it changed."""
        self._noted.note(
            caller=record.caller.as_dict(),
            service=record.service,
            operation=record.operation,
            permissions=names(record.permissions),
            status=record.status,
        )
        if not record.changes_something:
            return
        if record.operation in STARTING:
            changed()
        else:
            self._state.write()
