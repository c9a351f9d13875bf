"""The clock of CloudWatch: measures queues each minute and looks at the alarms."""

import logging
import threading
import time

from moto.cloudwatch.models import cloudwatch_backends
from moto.sqs.models import sqs_backends

from local_aws.cloudwatch import alarms, metrics

MINUTE = 60

log = logging.getLogger("local_aws")


class Watch:
    """A thread that measures and looks."""

    def __init__(self) -> None:
        """Do nothing yet."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="cloudwatch", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """Stop."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        measured = 0.0
        while not self._stopping.wait(alarms.LOOK_SECONDS):
            try:
                if time.time() - measured >= MINUTE:
                    measured = time.time()
                    measure_queues()
                look()
            except Exception:
                log.exception("CloudWatch's clock")


def measure_queues() -> None:
    """Emit what SQS emits of each queue; AWS does so once a minute."""
    for regions in list(sqs_backends.values()):
        for backend in list(regions.values()):
            for queue in list(backend.queues.values()):
                named = {"QueueName": queue.name}
                delayed = queue.approximate_number_of_messages_delayed
                hidden = queue.approximate_number_of_messages_not_visible
                visible = queue.approximate_number_of_messages
                for name, value in (("Visible", visible), ("NotVisible", hidden), ("Delayed", delayed)):
                    metrics.emit("AWS/SQS", f"ApproximateNumberOfMessages{name}", value, named)


def look() -> None:
    """Look at all alarms."""
    for regions in list(cloudwatch_backends.values()):
        for backend in list(regions.values()):
            if backend.alarms:
                alarms.evaluate(backend)


_watch: Watch | None = None


def start() -> None:
    """Start the process's clock."""
    global _watch
    _watch = Watch()
    _watch.start()


def stop() -> None:
    """Stop it, if it runs."""
    global _watch
    if _watch is not None:
        _watch.stop()
        _watch = None
