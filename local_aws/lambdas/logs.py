"""A function's log in CloudWatch Logs: a stream for each of its processes, written as its role may write it."""

import logging
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.logs.models import logs_backends

from local_aws import access, log_streams, state
from local_aws.actions import Place
from local_aws.lambdas import permissions

log = logging.getLogger("local_aws")


class Stream:
    """One stream. Without logs:CreateLogStream and logs:PutLogEvents in the role's policies nothing is written."""

    def __init__(self, function: Any) -> None:
        """Name the stream; it is made with the first line."""
        self.group = function.log_group
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid4().hex}"
        self._logs = logs_backends[function.account_id][function.region]
        place = Place(function.account_id, function.region)
        caller = access.role(function.role, function.function_name)
        self._allowed = log_streams.make(caller, permissions.LAMBDA, place, self.group, self.name)
        if not self._allowed:
            log.warning("%s: no log: its role %s may not write to %s", function.function_arn, function.role, self.group)

    def add(self, lines: list[str]) -> None:
        """Write lines; one may hold line breaks."""
        if not self._allowed or self.group not in self._logs.groups:
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line if line.endswith("\n") else line + "\n"} for line in lines]
        self._logs.ensure_log_stream(self.group, self.name)  # somebody may have deleted it
        self._logs.put_log_events(self.group, self.name, events)
        state.changed()
