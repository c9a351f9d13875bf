"""Asynchronous invocations of Lambda: on disk once they are accepted, tried again when they fail, kept when given up.

AWS: a function that fails is tried twice again, after one minute and after two more; what fails then goes to the
function's dead-letter queue, the event as it came, with RequestID, ErrorCode and ErrorMessage as attributes, sent as
the function's role (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation",
"Capturing records of Lambda asynchronous invocations"). ministack: a thread for each event, which a restart forgets; an
event of EventBridge is tried once; the dead letter is an envelope around the event, without attributes.

A kill in the middle of a try means another one: at least once, as on AWS.
"""

import contextlib
import json
import logging
import threading
import time
import uuid
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from botocore.exceptions import ClientError
from ministack.core import persistence
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import lambda_svc, sqs

from local_aws import hooks
from local_aws.corrections import functions

AT_A_TIME = 4  # each is a process of its own
NO_ROOM_SECONDS = 5.0
MOST_RETRIES, LONGEST_AGE_SECONDS = 2, 6 * 3600
log = logging.getLogger("local_aws")
_writing = threading.Lock()

Waiting = dict[str, Any]  # id, function (ARN), event, made, due (seconds since 1970), attempts (that failed)


class Invocations:
    """The events that wait, each a file, and the threads that hand them over."""

    def __init__(self, folder: Path, retry_seconds: tuple[float, ...]) -> None:
        """Take the folder of events and the waits before the second and the third try."""
        self._folder = folder
        self._retry_seconds = retry_seconds
        self._due: SimpleQueue[Waiting] = SimpleQueue()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(AT_A_TIME):
            threading.Thread(target=self._work, daemon=True).start()

    def resume(self) -> None:
        """Go on with what an earlier run of the server had accepted."""
        for file in sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            self._plan(json.loads(file.read_text()))

    def accept(self, function: dict[str, Any], event: Any) -> None:
        """Take an event for a function (ministack's record of it); it is on disk when this returns."""
        arn, now = (function.get("config") or function)["FunctionArn"], time.time()
        self._keep({"id": str(uuid.uuid4()), "function": arn, "event": event, "made": now, "due": now, "attempts": 0})

    def _keep(self, waiting: Waiting) -> None:
        half = self._file(waiting).with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(json.dumps(waiting))
        half.replace(self._file(waiting))
        self._plan(waiting)

    def _file(self, waiting: Waiting) -> Path:
        return self._folder / f"{waiting['id']}.json"

    def _plan(self, waiting: Waiting) -> None:
        seconds = waiting["due"] - time.time()
        if seconds <= 0:
            self._due.put(waiting)
            return
        timer = threading.Timer(seconds, self._due.put, (waiting,))
        timer.daemon = True
        timer.start()

    def _work(self) -> None:
        while True:
            self._try(self._due.get())

    def _try(self, waiting: Waiting) -> None:
        try:
            if again := self._run(waiting):
                self._keep(waiting | again)
            else:
                self._file(waiting).unlink(missing_ok=True)
        except Exception:  # whatever it is, the event is not lost
            log.exception("%s could not be run", waiting["function"])
            self._keep(waiting | {"due": time.time() + NO_ROOM_SECONDS})

    def _run(self, waiting: Waiting) -> Waiting | None:
        """Run the function; return what is new about the event if it has to wait again."""
        _, _, _, region, account, *_ = waiting["function"].split(":")
        set_request_account_id(account)
        set_request_region(region)
        function, config, _ = lambda_svc._get_func_record_for_ref(waiting["function"])
        if not function or not config:  # deleted since
            return None
        slot, _ = lambda_svc._acquire_execution_slot(function, config)
        if slot is None:  # no room: waits without that being counted
            return {"due": time.time() + NO_ROOM_SECONDS}
        try:
            record = lambda_svc._execution_record_for_config(function, config)
            result = lambda_svc._execute_function_dispatch(record, config, waiting["event"], waiting["id"], time.time())
        finally:
            lambda_svc._release_execution_slot(slot)
        return self._after_failure(waiting, function, config, result) if result.get("error") else None

    def _after_failure(self, waiting: Waiting, function: Any, config: Any, result: dict[str, Any]) -> Waiting | None:
        limits = function.get("event_invoke_config") or function.get("event_invoke_configs", {}).get("$LATEST") or {}
        attempts = waiting["attempts"] + 1
        due = time.time() + self._retry_seconds[min(attempts, len(self._retry_seconds)) - 1]
        in_time = due - waiting["made"] <= limits.get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS)
        if attempts <= limits.get("MaximumRetryAttempts", MOST_RETRIES) and in_time:
            return {"due": due, "attempts": attempts}
        send_dead_letter(config, waiting, result)
        if destination := limits.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
            lambda_svc._route_async_failure(destination, config["FunctionName"], waiting["event"], result)
        return None


def send_dead_letter(config: dict[str, Any], waiting: Waiting, result: dict[str, Any]) -> None:
    """Send an event that was given up to its function's queue, as the function's role."""
    arn = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:
        return
    texts = {"RequestID": waiting["id"], "ErrorMessage": result["body"].get("errorMessage", "")[:1024] or "-"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["ErrorCode"] = {"DataType": "Number", "StringValue": "200"}
    letter = {"MessageBody": json.dumps(waiting["event"]), "MessageAttributes": attributes}
    queue = sqs._queue_by_arn(arn) or {"url": f"no queue {arn}"}
    try:
        functions.client("sqs", config).send_message(QueueUrl=queue["url"], **letter)
        keep_queues()
    except ClientError as refused:
        log.warning("%s: no dead letter could be sent: %s", config["FunctionName"], refused)


def keep_queues() -> None:
    """Write the queues to disk now, so that a message which was accepted outlives a kill."""
    with contextlib.suppress(RuntimeError):  # another message came meanwhile: the server's next round writes both
        persistence.save_state("sqs", sqs.get_state())


def one_at_a_time(plain: Any, *call: Any) -> None:
    """Write a service's state. ministack has one writer in mind, at its end: two would share a temporary file."""
    with _writing:
        plain(*call)


def install(folder: Path, retry_seconds: tuple[float, ...]) -> Invocations:
    """Take the place of ministack's asynchronous invocation."""
    invocations = Invocations(folder, retry_seconds)
    hooks.replace(persistence, "save_state", partial(one_at_a_time, persistence.save_state))
    hooks.replace(lambda_svc, "invoke_async_with_retry", invocations.accept)
    return invocations
