"""Query executions: what is kept about each, and the threads that run them."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb

from local_aws.access import AccessDenied, act, caller_of
from local_aws.actions import Permission, s3_arn
from local_aws.athena import statements
from local_aws.athena.errors import QueryError, denied
from local_aws.athena.results import column_info, metadata, to_csv, to_text
from local_aws.cloudwatch.metrics import emit
from local_aws.state import changed

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"
_ENDED = (SUCCEEDED, FAILED, CANCELLED)
# https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
_CANCELLED_MESSAGE = "Query cancelled by user"
_CUTOFF_MESSAGE = "Bytes scanned limit was exceeded"
# https://repost.aws/knowledge-center/access-denied-athena
_DENIED_MESSAGE = (
    "Access denied when writing output to url: {} . Please ensure you are allowed to access the S3 bucket. If you are "
    "encrypting query results with KMS key, please ensure you are allowed to access your KMS key"
)
ATHENA = "athena.amazonaws.com"


@dataclass
class Execution:
    """One query, from StartQueryExecution to its end. Plain data: it is kept over a restart."""

    id: str
    account: str
    region: str
    query: str
    parameters: list[str] | None
    database: str
    catalog: str
    workgroup: str
    output_folder: str
    output_location: str
    statement_type: str
    substatement_type: str
    cutoff: int | None
    metrics: bool
    enforced: bool
    token: str | None
    asked: dict[str, Any]
    caller: str | None = None
    state: str = QUEUED
    reason: str | None = None
    error: dict[str, Any] | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    planned: float | None = None
    ended: float | None = None
    scanned: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)
    update_count: int = 0
    manifest: str | None = None
    engine_version: dict[str, str] = field(default_factory=dict)

    # moto's own code asks these of an execution
    @property
    def status(self) -> str:
        """State, under moto's name."""
        return self.state

    def as_dict(self) -> dict[str, Any]:
        """Return the QueryExecution that the API returns."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.ended is not None:
            status["CompletionDateTime"] = self.ended
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        context = {"Database": self.database} if self.database else {}
        described: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.statement_type,
            "SubstatementType": self.substatement_type,
            "ResultConfiguration": {"OutputLocation": self.output_location},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {**context, "Catalog": self.catalog.lower()},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": self.engine_version,
        }
        if self.parameters:
            described["ExecutionParameters"] = self.parameters
        return described

    def _statistics(self) -> dict[str, Any]:
        now = self.ended or time.time()
        started = self.started or now
        statistics: dict[str, Any] = {
            "DataScannedInBytes": self.scanned,
            "EngineExecutionTimeInMillis": _ms(started, now),
            "TotalExecutionTimeInMillis": _ms(self.submitted, now),
            "QueryQueueTimeInMillis": _ms(self.submitted, started),
            "ServicePreProcessingTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
        if self.planned is not None:
            statistics["QueryPlanningTimeInMillis"] = _ms(started, self.planned)
        if self.manifest is not None:
            statistics["DataManifestLocation"] = self.manifest
        return statistics

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.state not in _ENDED:  # it was running when the process ended
            self.state, self.ended = FAILED, self.started or self.submitted
            self.reason = "GENERIC_INTERNAL_ERROR: the local Athena was stopped while the query ran"


def _ms(start: float, end: float) -> int:
    return max(0, round((end - start) * 1000))


@dataclass
class _Handle:
    """A query under way: how to stop it."""

    connection: duckdb.DuckDBPyConnection | None = None
    stopped: bool = False


_handles: dict[str, _Handle] = {}
_lock = threading.Lock()
_workers: ThreadPoolExecutor | None = None


def _pool() -> ThreadPoolExecutor:
    global _workers
    if _workers is None:
        _workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="athena")
    return _workers


def submit(execution: Execution, statement: statements.Statement) -> None:
    """Queue an execution; two run at a time."""
    with _lock:
        _handles[execution.id] = _Handle()
    _pool().submit(_run, execution, statement)


def stop(execution: Execution) -> None:
    """Cancel an execution; one that has ended stays as it is."""
    with _lock:
        if execution.state in _ENDED:
            return
        handle = _handles.get(execution.id)
        if handle is not None:
            handle.stopped = True
            if handle.connection is not None:
                handle.connection.interrupt()
        execution.state, execution.reason, execution.ended = CANCELLED, _CANCELLED_MESSAGE, time.time()


def new_id() -> str:
    """Id of an execution."""
    return str(uuid.uuid4())


class _CutOff(Exception):
    """The query would read more than its workgroup allows."""


def _run(execution: Execution, statement: statements.Statement) -> None:
    handle = _handles[execution.id]
    with _lock:
        if handle.stopped:
            _handles.pop(execution.id, None)
            return
        execution.state, execution.started = RUNNING, time.time()
    try:
        outcome = statements.run(statement, _context(execution, handle))
        _finish(execution, outcome)
    except AccessDenied as e:
        problem = denied(e, is_ddl=execution.statement_type != "DML")
        _fail(execution, str(problem), {"ErrorCategory": 2, "ErrorType": problem.error_type, "Retryable": False})
    except QueryError as e:
        _fail(execution, str(e), {"ErrorCategory": 2, "ErrorType": e.error_type, "Retryable": False})
    except _CutOff:
        _end(execution, CANCELLED, _CUTOFF_MESSAGE)
    except duckdb.InterruptException:
        _end(execution, CANCELLED, _CANCELLED_MESSAGE)
    except Exception as e:  # whatever it is, the caller must see an end
        _fail(
            execution,
            f"GENERIC_INTERNAL_ERROR: {type(e).__name__}: {e}",
            {"ErrorCategory": 1, "ErrorType": 200, "Retryable": False},
        )
    finally:
        with _lock:
            _handles.pop(execution.id, None)
    changed()
    if execution.metrics:
        _publish_metrics(execution)


def _context(execution: Execution, handle: _Handle) -> statements.Context:
    def opened(connection: duckdb.DuckDBPyConnection) -> None:
        with _lock:
            handle.connection = connection
            if handle.stopped:
                connection.interrupt()

    def planned(scanned: int) -> None:
        execution.planned, execution.scanned = time.time(), scanned
        if execution.cutoff is not None and scanned > execution.cutoff:
            execution.scanned = int(execution.cutoff)  # AWS stops reading there
            raise _CutOff
        if handle.stopped:
            raise duckdb.InterruptException("stopped")

    return statements.Context(
        account=execution.account,
        region=execution.region,
        caller=caller_of(execution.caller or ""),
        database=execution.database,
        execution_id=execution.id,
        workgroup=execution.workgroup,
        output_folder=execution.output_folder,
        enforced=execution.enforced,
        opened=opened,
        planned=planned,
    )


def _finish(execution: Execution, outcome: statements.Outcome) -> None:
    key = execution.output_location
    execution.columns = [column_info(c) for c in outcome.columns]
    execution.update_count = outcome.update_count
    if outcome.kind == "rows":
        _write(execution, key, to_csv([c.name for c in outcome.columns], outcome.rows))
        _write(execution, f"{key}.metadata", metadata(execution.columns))
    elif outcome.kind == "text":
        _write(execution, key, to_text(outcome.rows))
        if outcome.columns:
            _write(execution, f"{key}.metadata", metadata(execution.columns))
    else:
        manifest = f"{execution.output_folder}{execution.id}-manifest.csv"
        _write(execution, manifest, "".join(f"{f}\n" for f in outcome.files).encode())
        execution.manifest = manifest
    _end(execution, SUCCEEDED, None)


def _write(execution: Execution, location: str, body: bytes) -> None:
    """Put a result where its caller may put one. Raises QueryError when it may not."""
    from local_aws.s3 import object_store

    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        act(caller_of(execution.caller or ""), ATHENA, [Permission("s3:PutObject", s3_arn(bucket, key))])
    except AccessDenied as e:
        raise QueryError("", _DENIED_MESSAGE.format(location)) from e
    object_store.write(bucket, key, body)


def _fail(execution: Execution, reason: str, error: dict[str, Any]) -> None:
    execution.error = {**error, "ErrorMessage": reason}
    _end(execution, FAILED, reason)


def _end(execution: Execution, state: str, reason: str | None) -> None:
    with _lock:
        if execution.state in _ENDED:
            return
        execution.state, execution.reason, execution.ended = state, reason, time.time()


def _publish_metrics(execution: Execution) -> None:
    """Send what a workgroup with metrics switched on sends to CloudWatch.

    Source: https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html
    """
    statistics = execution.as_dict()["Statistics"]
    dimensions = {
        "QueryState": execution.state,
        "QueryType": execution.statement_type,
        "WorkGroup": execution.workgroup,
    }
    emit("AWS/Athena", "ProcessedBytes", statistics["DataScannedInBytes"], dimensions, "Bytes")
    for name in ("EngineExecutionTime", "QueryQueueTime", "TotalExecutionTime"):
        emit("AWS/Athena", name, statistics[f"{name}InMillis"], dimensions, "Milliseconds")
