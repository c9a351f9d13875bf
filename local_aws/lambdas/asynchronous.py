"""Asynchronous invocations: accepted at once, done when there is room, tried again, and kept when they fail for good.

Lambda tries an event twice again when the function fails, after one minute and after two; an event that finds no room
waits without that being counted, up to its greatest age; with a reserved concurrency of 0 it fails at once. What
fails goes to the function's dead-letter queue and to its OnFailure destination, whichever are set. A kill of this
process between a try and its note means another try: at least once, as on AWS.

Source: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation", "Capturing
records of Lambda asynchronous invocations", "Configuring reserved concurrency for a function".
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.awslambda.models import lambda_backends

from local_aws import queues, state
from local_aws.cloudwatch import metrics
from local_aws.lambdas import invocations, permissions
from local_aws.lambdas.processes import MOST_AT_A_TIME, Busy, Processes
from local_aws.lambdas.queue import Queue, Waiting

RETRY_SECONDS = (60.0, 120.0)
MOST_RETRIES = 2
LONGEST_AGE_SECONDS = 6 * 3600
LOOK_SECONDS = 30.0  # idle processes are looked after this often
DEAD_LETTER_WORDS = 1024

log = logging.getLogger("local_aws")


class Worker:
    """Does what waits in the queue."""

    def __init__(self, waiting: Queue, processes: Processes, retry_seconds: Sequence[float]) -> None:
        """Take the queue, the processes, and the waits before the first and the second retry."""
        self.waiting = waiting
        self.processes = processes
        self._retry_seconds = tuple(retry_seconds)
        self._under_way: set[int] = set()
        self._wake = threading.Condition()
        self._awake = True
        self._stopping = False
        self._pool = ThreadPoolExecutor(max_workers=MOST_AT_A_TIME, thread_name_prefix="lambda")
        self._thread = threading.Thread(target=self._work, name="lambda-queue", daemon=True)

    def start(self) -> None:
        """Start to work."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be something to do."""
        with self._wake:
            self._awake = True
            self._wake.notify()

    def stop(self) -> None:
        """Stop; what is under way is ended and stays in the queue."""
        self._stopping = True
        self.wake()
        self._thread.join()
        self.processes.end_all()
        self._pool.shutdown(cancel_futures=True)
        self.waiting.close()

    def _work(self) -> None:
        while not self._stopping:
            with self._wake:
                self._awake = False
            try:
                self._start_due()
                self.processes.end_idle()
            except Exception:
                log.exception("Lambda's queue")
            following = self.waiting.next_due(time.time())
            seconds = LOOK_SECONDS if following is None else min(LOOK_SECONDS, max(0.0, following - time.time()))
            with self._wake:
                self._wake.wait_for(lambda: self._awake, seconds)

    def _start_due(self) -> None:
        full: set[str] = set()
        for one in self.waiting.due(time.time()):
            if one.id in self._under_way or self._stopping:
                continue
            function = find_function(one.function_arn)
            if function is None:  # deleted since
                self.waiting.remove(one)
            elif str(function.reserved_concurrency) == "0":
                self._fail(function, one, "ZeroConcurrency", None)
            elif time.time() - one.made > longest_age(function):
                self._fail(function, one, "EventAgeExceeded", None)
            elif one.function_arn not in full and not self._begin(function, one):
                full.add(one.function_arn)

    def _begin(self, function: Any, one: Waiting) -> bool:
        """Start one if there is room; else it stays in the queue, and the end of another wakes us."""
        try:
            self.processes.begin(function)
        except Busy:
            return False
        self._under_way.add(one.id)
        self._pool.submit(self._try, function, one)
        return True

    def _try(self, function: Any, one: Waiting) -> None:
        try:
            outcome = invocations.invoke(self.processes, function, one.event, one.request_id)
            if not self._stopping:
                self._note(function, one, outcome)
        except Exception:
            log.exception("%s could not be run", function.function_arn)
            if not self._stopping:
                self.waiting.put_off(one, time.time() + LOOK_SECONDS, one.attempts)
        finally:
            self._under_way.discard(one.id)
            self.wake()

    def _note(self, function: Any, one: Waiting, outcome: invocations.Outcome) -> None:
        if not outcome.failed:
            _send_record(function, one, "OnSuccess", "Success", outcome)
            self.waiting.remove(one)
            return
        attempts = one.attempts + 1
        due = time.time() + self._retry_seconds[min(one.attempts, len(self._retry_seconds) - 1)]
        if attempts > retries(function):
            self._fail(function, one, "RetriesExhausted", outcome)
        elif due - one.made > longest_age(function):
            self._fail(function, one, "EventAgeExceeded", outcome)
        else:
            self.waiting.put_off(one, due, attempts)

    def _fail(self, function: Any, one: Waiting, condition: str, outcome: invocations.Outcome | None) -> None:
        _send_dead_letter(function, one, outcome)
        _send_record(function, one, "OnFailure", condition, outcome)
        self.waiting.remove(one)


def retries(function: Any) -> int:
    """Return how often an event of a function is tried again."""
    return int(_config(function).get("MaximumRetryAttempts", MOST_RETRIES))


def longest_age(function: Any) -> float:
    """Return how many seconds an event of a function may wait in all."""
    return float(_config(function).get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS))


def _config(function: Any) -> dict[str, Any]:
    return function.event_invoke_config[0].config if function.event_invoke_config else {}


def _send_dead_letter(function: Any, one: Waiting, outcome: invocations.Outcome | None) -> None:
    arn = function.dead_letter_arn
    if not arn:
        return
    words = json.loads(outcome.payload).get("errorMessage", "") if outcome else "Not run: no room in time"
    texts = {"RequestID": one.request_id, "ErrorMessage": words[:DEAD_LETTER_WORDS]}
    if not _send(function, arn, one.event, texts, {"ErrorCode": 200 if outcome else 429}):
        metrics.emit("AWS/Lambda", "DeadLetterErrors", 1, {"FunctionName": function.function_name})


def _send_record(function: Any, one: Waiting, kind: str, condition: str, outcome: invocations.Outcome | None) -> None:
    arn = _config(function).get("DestinationConfig", {}).get(kind, {}).get("Destination")
    if not arn:
        return
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": one.request_id,
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": one.attempts + (1 if outcome else 0),
        },
        "requestPayload": json.loads(one.event),
    }
    if outcome is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
        record["responseContext"] |= {"functionError": "Unhandled"} if outcome.failed else {}
        record["responsePayload"] = json.loads(outcome.payload)
    if not _send(function, arn, json.dumps(record), {}, {}):
        metrics.emit("AWS/Lambda", "DestinationDeliveryFailures", 1, {"FunctionName": function.function_name})


def _send(function: Any, arn: str, body: str, texts: dict[str, str], numbers: dict[str, int]) -> bool:
    """Send to a queue as the function's role may; return whether it was sent. It is on disk when this returns."""
    queue = queues.find(arn)
    if queue is None or not permissions.role_may(function, "sqs:SendMessage", arn):
        log.warning("%s: nothing could be sent to %s: no such queue, or its role may not", function.function_arn, arn)
        return False
    queues.send(queue, body, texts, numbers)
    state.save()
    return True


_worker: Worker | None = None
_waiting: Queue | None = None


def open_queue(file: Path) -> None:
    """Open the process's queue: from now on invocations can be accepted."""
    global _waiting
    _waiting = Queue(file)


def start(home: Path, endpoint_url: str, retry_seconds: Sequence[float]) -> None:
    """Start to do what waits."""
    global _worker
    assert _waiting is not None  # noqa: S101 (install opened it)
    _worker = Worker(_waiting, Processes(home, endpoint_url), retry_seconds)
    _worker.start()


def stop() -> None:
    """Stop; what is not done stays in the queue."""
    global _worker, _waiting
    if _worker is not None:
        _worker.stop()
    elif _waiting is not None:
        _waiting.close()
    _worker, _waiting = None, None


def worker() -> Worker:
    """Return the process's worker."""
    if _worker is None:
        raise RuntimeError("Lambda is not running: start the server first (local_aws.server.start).")
    return _worker


def queue(function: Any, event: str) -> str:
    """Accept an asynchronous invocation; return its request id. It is on disk by then."""
    assert _waiting is not None  # noqa: S101 (install opened it)
    request_id = _waiting.add(function.function_arn, event)
    if _worker is not None:
        _worker.wake()
    return request_id


def find_function(arn: str) -> Any | None:
    """Return moto's function of an ARN (unqualified, or of $LATEST), None when there is none."""
    parts = arn.split(":")
    if parts[7:] not in ([], ["$LATEST"]):
        return None
    backend = lambda_backends[parts[4]][parts[3]]
    return next((one for one in backend._lambdas.latest() if one.function_name == parts[6]), None)
