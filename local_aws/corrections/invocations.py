"""Asynchronous invocations of Lambda: on disk once they are accepted, tried again when they fail, kept when given up.

AWS: a function that fails is tried twice again, after one minute and after two more; what fails then goes to the
function's dead-letter queue, the event as it came, with RequestID, ErrorCode and ErrorMessage as attributes, sent as
the function's role (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation",
"Capturing records of Lambda asynchronous invocations"). ministack: a thread for each event, which a restart forgets; an
event of EventBridge is tried once; the dead letter is an envelope around the event, without attributes.

A kill in the middle of a try means another one: at least once, as on AWS.
"""

import json
import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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

Waiting = dict[str, Any]  # id, function (ARN), event, made, due (seconds since 1970), attempts (that failed)


class Invocations:
    """The events that wait, each a file, and the threads that hand them over."""

    def __init__(self, folder: Path, retry_seconds: tuple[float, ...]) -> None:
        """Take the folder of events and the waits before the second and the third try."""
        self._folder = folder
        self._retry_seconds = retry_seconds
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="lambda")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def resume(self) -> None:
        """Go on with what an earlier run of the server had accepted."""
        for file in sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            self._plan(json.loads(file.read_text()))

    def accept(self, function: dict[str, Any], event: Any) -> None:
        """Take an event for a function (ministack's record of it); it is on disk when this returns."""
        arn, now = (function.get("config") or function)["FunctionArn"], time.time()
        self._keep({"id": str(uuid.uuid4()), "function": arn, "event": event, "made": now, "due": now, "attempts": 0})

    def _keep(self, waiting: Waiting) -> None:
        file = self._folder / f"{waiting['id']}.json"
        half = file.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(json.dumps(waiting))
        half.replace(file)
        self._plan(waiting)

    def _plan(self, waiting: Waiting) -> None:
        timer = threading.Timer(max(0.0, waiting["due"] - time.time()), self._pool.submit, (self._try, waiting))
        timer.daemon = True
        timer.start()

    def _forget(self, waiting: Waiting) -> None:
        (self._folder / f"{waiting['id']}.json").unlink(missing_ok=True)

    def _try(self, waiting: Waiting) -> None:
        try:
            self._run(waiting)
        except Exception:  # whatever it is, the event is not lost
            log.exception("%s could not be run", waiting["function"])
            self._keep(waiting | {"due": time.time() + NO_ROOM_SECONDS})

    def _run(self, waiting: Waiting) -> None:
        _, _, _, region, account, *_ = waiting["function"].split(":")
        set_request_account_id(account)
        set_request_region(region)
        function, config, _ = lambda_svc._get_func_record_for_ref(waiting["function"])
        if not function or not config:  # deleted since
            self._forget(waiting)
            return
        slot, _ = lambda_svc._acquire_execution_slot(function, config)
        if slot is None:  # no room: waits without that being counted
            self._keep(waiting | {"due": time.time() + NO_ROOM_SECONDS})
            return
        try:
            record = lambda_svc._execution_record_for_config(function, config)
            result = lambda_svc._execute_function_dispatch(record, config, waiting["event"], waiting["id"], time.time())
        finally:
            lambda_svc._release_execution_slot(slot)
        if result.get("error"):
            self._after_failure(waiting, function, config, result)
        else:
            self._forget(waiting)

    def _after_failure(self, waiting: Waiting, function: Any, config: Any, result: dict[str, Any]) -> None:
        limits = function.get("event_invoke_config") or function.get("event_invoke_configs", {}).get("$LATEST") or {}
        attempts = waiting["attempts"] + 1
        due = time.time() + self._retry_seconds[min(attempts, len(self._retry_seconds)) - 1]
        in_time = due - waiting["made"] <= limits.get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS)
        if attempts <= limits.get("MaximumRetryAttempts", MOST_RETRIES) and in_time:
            self._keep(waiting | {"due": due, "attempts": attempts})
            return
        send_dead_letter(config, waiting, result)
        destination = limits.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            lambda_svc._route_async_failure(destination, config["FunctionName"], waiting["event"], result)
        self._forget(waiting)


def send_dead_letter(config: dict[str, Any], waiting: Waiting, result: dict[str, Any]) -> None:
    """Send an event that was given up to its function's queue, as the function's role."""
    arn = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:
        return
    queue, message = sqs._queue_by_arn(arn), result["body"].get("errorMessage", "")
    texts = {"RequestID": waiting["id"], "ErrorMessage": message[:1024] or "-"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["ErrorCode"] = {"DataType": "Number", "StringValue": "200"}
    try:
        if queue is None:
            raise LookupError(f"there is no queue {arn}")
        functions.client("sqs", config).send_message(
            QueueUrl=queue["url"], MessageBody=json.dumps(waiting["event"]), MessageAttributes=attributes
        )
        persistence.save_state("sqs", sqs.get_state())
    except (ClientError, LookupError) as refused:
        log.warning("%s: no dead letter could be sent: %s", config["FunctionName"], refused)


def install(folder: Path, retry_seconds: tuple[float, ...]) -> Invocations:
    """Take the place of ministack's asynchronous invocation; go on with what waits."""
    invocations = Invocations(folder, retry_seconds)
    hooks.replace(lambda_svc, "invoke_async_with_retry", invocations.accept)
    return invocations
