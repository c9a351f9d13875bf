"""A function's log in CloudWatch Logs: a stream for each of its processes, written as its role may write it."""

import logging
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.logs.models import logs_backends

from local_aws import state
from local_aws.actions import Place, log_group_arn, log_stream_arn
from local_aws.lambdas import permissions

log = logging.getLogger("local_aws")


class Stream:
    """One stream. Without logs:CreateLogStream and logs:PutLogEvents in the role's policies nothing is written."""

    def __init__(self, function: Any) -> None:
        """Name the stream; it is made with the first line."""
        self.group = function.log_group
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid4().hex}"
        self._logs = logs_backends[function.account_id][function.region]
        self._allowed = self._make(function)
        if not self._allowed:
            log.warning("%s: no log: its role %s may not write to %s", function.function_arn, function.role, self.group)

    def _make(self, function: Any) -> bool:
        place = Place(function.account_id, function.region)
        if self.group not in self._logs.groups:
            if not permissions.role_may(function, "logs:CreateLogGroup", log_group_arn(place, self.group)):
                return False
            self._logs.ensure_log_group(self.group)
        stream = log_stream_arn(place, self.group, self.name)
        if not all(
            permissions.role_may(function, f"logs:{one}", stream) for one in ("CreateLogStream", "PutLogEvents")
        ):
            return False
        self._logs.ensure_log_stream(self.group, self.name)
        return True

    def add(self, lines: list[str]) -> None:
        """Write lines; one may hold line breaks."""
        if not self._allowed or self.group not in self._logs.groups:
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line if line.endswith("\n") else line + "\n"} for line in lines]
        self._logs.ensure_log_stream(self.group, self.name)  # somebody may have deleted it
        self._logs.put_log_events(self.group, self.name, events)
        state.changed()
