"""Runs inside a function's own process: loads the handler, then does one invocation after the other.

The local AWS starts it as `python -I -S -B runtime.py <socket> <memory in MB> <code> <packages> <handler>`; it talks to
it over the socket, in JSON behind a length of four bytes. Standard output and error are the function's log.
Nothing of the local AWS is imported here: the handler sees the standard library, boto3 and its own code.
"""

import importlib
import json
import logging
import resource
import socket
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any

LEVELS_LINE = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
_current_request = ""


class InvocationContext:
    """What a handler gets as its second argument."""

    def __init__(self, about: dict[str, Any]) -> None:
        """Take what the local AWS says of the invocation."""
        self.function_name = about["function_name"]
        self.function_version = about["function_version"]
        self.invoked_function_arn = about["invoked_function_arn"]
        self.memory_limit_in_mb = about["memory_limit_in_mb"]
        self.aws_request_id = about["aws_request_id"]
        self.log_group_name = about["log_group_name"]
        self.log_stream_name = about["log_stream_name"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = None
        self._deadline = about["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the time-out."""
        return max(0, int((self._deadline - time.time()) * 1000))


class _RequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = _current_request
        return True


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send one message."""
    body = json.dumps(message).encode()
    channel.sendall(len(body).to_bytes(4, "big") + body)


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """Wait for one message; None when the other side is gone."""
    head = _exactly(channel, 4)
    body = _exactly(channel, int.from_bytes(head, "big")) if head else None
    return json.loads(body) if body else None


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        data = channel.recv(size - len(found))
        if not data:
            return None
        found += data
    return bytes(found)


def _log_to_stdout() -> None:
    """Give the root logger the handler and the form that Lambda gives it; its level stays WARNING."""
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(LEVELS_LINE, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(_RequestId())
    logging.getLogger().addHandler(handler)


def _load(name: str) -> Any:
    """Return the handler. Raises what its module raises, ImportError or AttributeError."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def _problem(error: BaseException, own_frames: int) -> dict[str, Any]:
    """Return an error as Lambda answers it; the first frames are ours."""
    frames = traceback.extract_tb(error.__traceback__)[own_frames:]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_list(frames),
    }


def _load_problem(error: BaseException, name: str) -> dict[str, Any]:
    """Return why there is no handler, in the words of Lambda's Python runtime."""
    module, _, function = name.rpartition(".")
    if isinstance(error, ImportError):
        return {
            "errorMessage": f"Unable to import module '{module}': {error}",
            "errorType": "Runtime.ImportModuleError",
            "stackTrace": [],
        }
    if isinstance(error, SyntaxError):
        text = f"Syntax error in module '{module}': {error}"
        return {"errorMessage": text, "errorType": "Runtime.UserCodeSyntaxError", "stackTrace": []}
    if isinstance(error, AttributeError) and f"has no attribute '{function}'" in str(error):
        text = f"Handler '{function}' missing on module '{module}'"
        return {"errorMessage": text, "errorType": "Runtime.HandlerNotFound", "stackTrace": []}
    return _problem(error, 0)


def _invoke(handler: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Do one invocation; return {"payload": text}, {"problem": {...}} or {"killed": true}."""
    global _current_request
    context = InvocationContext(asked["context"])
    _current_request = context.aws_request_id
    try:
        answer = handler(json.loads(asked["event"]), context)
        try:
            return {"payload": json.dumps(answer)}
        except (TypeError, ValueError) as error:
            text = f"Unable to marshal response: {error}"
            return {"problem": {"errorMessage": text, "errorType": "Runtime.MarshalError", "stackTrace": []}}
    except MemoryError:
        return {"killed": True}
    except SystemExit as error:
        return {"exited": str(error.code)}
    except BaseException as error:
        return {"problem": _problem(error, 1)}


def main() -> None:
    """Load the handler, say how that went, then serve until the socket closes."""
    number, megabytes, code, packages, name = sys.argv[1:6]
    most = int(megabytes) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    channel = socket.socket(fileno=int(number))
    channel.set_inheritable(False)
    sys.path[:0] = [code, packages]
    sys.argv[:] = [""]
    _log_to_stdout()
    try:
        handler = _load(name)
    except MemoryError:
        _answer(channel, {"killed": True})
        return
    except BaseException as error:
        _answer(channel, {"problem": _load_problem(error, name)})
        return
    _answer(channel, {"ready": True})
    while (asked := receive(channel)) is not None:
        _answer(channel, _invoke(handler, asked))


def _answer(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send a message behind everything that was printed."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    send(channel, {**message, "max_memory_bytes": _most_memory()})


def _most_memory() -> int:
    """Return the most bytes that this process ever held."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 (quicker than pathlib, at each invocation)
            (line,) = [line for line in status if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):  # not Linux; on it, this would also count what the parent held when it forked
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
