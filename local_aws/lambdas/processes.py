"""Processes of functions: one invocation at a time each, kept for the next one for some minutes, as Lambda does.

Sources: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle", "Configure Lambda function
timeout", "Using Lambda environment variables" (those that are reserved), "Lambda quotas".
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from local_aws.lambdas import logs, packages, runtime

IDLE_SECONDS = 300
OLDEST_SECONDS = 3600  # their credentials outlive them
CREDENTIALS_LAST_SECONDS = 12 * 3600
START_SECONDS = 30  # Lambda gives 10; a laptop may be busy with Spark meanwhile
MOST_AT_A_TIME = 10  # the concurrency quota of a new account


class Busy(Exception):
    """As many invocations are under way as there may be."""


class Ended(Exception):
    """The process ended, or was ended, in the middle of its work. `kind` is Lambda's error type."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Process:
    """A function's process: its code in a folder of its own, its log stream, its role's credentials."""

    def __init__(self, function: Any, home: Path, endpoint_url: str) -> None:
        """Start it; `get_ready` says whether its handler could be loaded."""
        self.name = function.function_name
        self.revision = function.revision_id
        self.started = self.used = time.monotonic()
        self.stream = logs.Stream(function)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self.name[:30]}-", dir=home / "processes"))
        code, temporary = self._folder / "task", self._folder / "tmp"
        packages.unzip(function.code_bytes, code)
        temporary.mkdir()
        printed = self._folder / "printed"
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-S", "-B", runtime.__file__, str(theirs.fileno()), str(function.memory_size)]
        command += [str(code), str(home / "packages"), function.handler]
        with printed.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and script)
                command,
                env=_environment(function, self.stream, code, temporary, endpoint_url),
                cwd=code,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        theirs.close()
        self._printed = printed.open("rb")

    def get_ready(self) -> dict[str, Any]:
        """Wait until the handler is loaded, or not: {"ready": true}, {"problem": ...} or {"killed": true}.

        Raises Ended.
        """
        return self._answer(START_SECONDS)

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Do one invocation; return what `runtime` answers. Raises Ended."""
        self._channel.settimeout(seconds)
        with contextlib.suppress(OSError):  # it is gone: the answer will say how
            runtime.send(self._channel, request)
        return self._answer(seconds)

    def _answer(self, seconds: float) -> dict[str, Any]:
        self._channel.settimeout(seconds)
        try:
            answer = runtime.receive(self._channel)
        except TimeoutError:
            raise Ended("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds") from None
        except OSError:
            answer = None
        if answer is None:
            raise Ended("Runtime.ExitError", _how_it_ended(self._process.wait()))
        return answer

    def printed_lines(self) -> list[str]:
        """Return what was printed since the last time."""
        return self._printed.read().decode(errors="replace").splitlines()

    def end(self) -> None:
        """End it and all that it started; remove its folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()
        self._printed.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _environment(function: Any, stream: logs.Stream, code: Path, temporary: Path, endpoint_url: str) -> dict[str, str]:
    """Return the whole environment of a function's process: nothing of this server's own goes in."""
    return {
        **function.environment_vars,
        **_credentials(function),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": function.environment_vars.get("AWS_ENDPOINT_URL", endpoint_url),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": stream.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream.name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(code),
        "LANG": "en_US.UTF-8",
        "TZ": function.environment_vars.get("TZ", ":UTC"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
    }


def _credentials(function: Any) -> dict[str, str]:
    made = sts_backends[function.account_id][get_partition(function.region)].assume_role(
        region_name=function.region,
        role_session_name=function.function_name,
        role_arn=function.role,
        policy="",
        duration=CREDENTIALS_LAST_SECONDS,
        external_id="",
    )
    return {
        "AWS_ACCESS_KEY_ID": made.access_key_id,
        "AWS_SECRET_ACCESS_KEY": made.secret_access_key,
        "AWS_SESSION_TOKEN": made.session_token,
    }


def _how_it_ended(status: int) -> str:
    if status < 0:
        name = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault"}.get(
            signal.Signals(-status), signal.Signals(-status).name
        )
        return f"Runtime exited with error: signal: {name}"
    return f"Runtime exited with error: exit status {status}" if status else "Runtime exited without providing a reason"


class Processes:
    """All functions' processes. Every method may be called from any thread."""

    def __init__(self, home: Path, endpoint_url: str) -> None:
        """Keep folders below `home`; functions reach AWS at `endpoint_url`."""
        self.home = home
        self.endpoint_url = endpoint_url
        shutil.rmtree(home / "processes", ignore_errors=True)
        (home / "processes").mkdir(parents=True)
        packages.link_given(home / "packages")
        self._lock = threading.Lock()
        self._idle: list[Process] = []
        self._used: set[Process] = set()
        self._busy: Counter[str] = Counter()

    def begin(self, function: Any) -> None:
        """Take the room of one invocation of a function; raise Busy when there is none."""
        with self._lock:
            busy, reserved = self._busy[function.function_name], function.reserved_concurrency
            if self._busy.total() >= MOST_AT_A_TIME or (reserved is not None and busy >= int(reserved)):
                raise Busy
            self._busy[function.function_name] += 1

    def take(self, function: Any) -> Process | None:
        """Return an idle process for an invocation that has begun, or None when a new one is to be made."""
        with self._lock:
            fits = [
                one for one in self._idle if (one.name, one.revision) == (function.function_name, function.revision_id)
            ]
            if not fits:
                return None
            self._idle.remove(fits[-1])
            self._used.add(fits[-1])
            return fits[-1]

    def make(self, function: Any) -> Process:
        """Start a process for an invocation that has begun."""
        made = Process(function, self.home, self.endpoint_url)
        with self._lock:
            self._used.add(made)
        return made

    def give_back(self, name: str, process: Process | None, reusable: bool) -> None:
        """End an invocation; its process is kept for the next one if it is still good."""
        with self._lock:
            self._busy[name] -= 1
            if process is not None:
                self._used.discard(process)
            if process is not None and reusable:
                process.used = time.monotonic()
                self._idle.append(process)
        if process is not None and not reusable:
            process.end()

    def end_idle(self, name: str | None = None) -> None:
        """End the processes that have waited long enough, or all that wait of one function."""
        now = time.monotonic()
        with self._lock:
            old = [
                one
                for one in self._idle
                if one.name == name or now - one.used > IDLE_SECONDS or now - one.started > OLDEST_SECONDS
            ]
            self._idle = [one for one in self._idle if one not in old]
        for one in old:
            one.end()

    def end_all(self) -> None:
        """End every process, also in the middle of its work."""
        with self._lock:
            every, self._idle = [*self._idle, *self._used], []
        for one in every:
            one.end()
