"""One invocation: START, the handler, what came of it, END and REPORT, as Lambda words them.

Sources: Lambda Developer Guide, "Python function errors and exceptions in Lambda" (form of an error), "Viewing logs
for Python Lambda functions" (lines of the log), "Troubleshoot execution issues in Lambda" (time-out, memory).
"""

import json
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch import metrics
from local_aws.lambdas.processes import Ended, Process, Processes


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation: JSON text, whether it is an error's, and the lines of its log."""

    payload: str
    failed: bool
    lines: list[str]


def invoke(processes: Processes, function: Any, event: str, request_id: str | None = None) -> Outcome:
    """Do an invocation for which there is room (`Processes.begin`), give the room back, and return what came of it.

    Args:
        processes: where its processes are.
        function: moto's function.
        event: JSON text.
        request_id: an asynchronous invocation keeps its own when it is tried again.

    """
    request_id = request_id or str(uuid.uuid4())
    process = processes.take(function)
    lines: list[str] = []
    reusable = False
    answer: dict[str, Any] = {}
    began = time.monotonic()
    try:
        process, answer = _carry_out(processes, process, function, event, request_id, lines)
        reusable = "payload" in answer or ("problem" in answer and not answer.get("not_loaded"))
    finally:
        processes.give_back(function.function_name, process, reusable)
    payload, problem_lines = _result(answer, request_id)
    seconds = answer.get("seconds", time.monotonic() - began)
    lines += [*problem_lines, f"END RequestId: {request_id}", _report(function, request_id, seconds, answer)]
    if process is not None:
        process.stream.add(lines)
    failed = "payload" not in answer
    named = {"FunctionName": function.function_name}
    metrics.emit("AWS/Lambda", "Invocations", 1, named)
    metrics.emit("AWS/Lambda", "Errors", int(failed), named)
    metrics.emit("AWS/Lambda", "Duration", seconds * 1000, named, unit="Milliseconds")
    return Outcome(payload, failed, lines)


def _carry_out(
    processes: Processes, process: Process | None, function: Any, event: str, request_id: str, lines: list[str]
) -> tuple[Process, dict[str, Any]]:
    """Return the process and its answer, with "seconds", "init_seconds" and how it ended added."""
    init_seconds = None
    answer: dict[str, Any] = {"ready": True}
    if process is None:
        began = time.monotonic()
        process = processes.make(function)
        answer = _asked(process.get_ready)
        init_seconds = time.monotonic() - began
        version = f"python:{sys.version_info.major}.{sys.version_info.minor}"
        lines.append(f"INIT_START Runtime Version: {version}\tRuntime asked for: {function.run_time}")
        lines += process.printed_lines()
    lines.append(f"START RequestId: {request_id} Version: $LATEST")
    began = time.monotonic()
    if answer.get("ready"):
        request = {"event": event, "context": _context(function, process, request_id)}
        answer = _asked(lambda: process.ask(request, function.timeout))
        lines += process.printed_lines()
    else:
        answer["not_loaded"] = True
    return process, answer | {"seconds": time.monotonic() - began, "init_seconds": init_seconds}


def _asked(ask: Any) -> dict[str, Any]:
    try:
        return dict(ask())
    except Ended as end:
        return {"ended": end.kind, "text": str(end)}


def _context(function: Any, process: Process, request_id: str) -> dict[str, Any]:
    return {
        "function_name": function.function_name,
        "function_version": "$LATEST",
        "invoked_function_arn": function.function_arn,
        "memory_limit_in_mb": str(function.memory_size),
        "aws_request_id": request_id,
        "log_group_name": process.stream.group,
        "log_stream_name": process.stream.name,
        "deadline": time.time() + function.timeout,
    }


def _result(answer: dict[str, Any], request_id: str) -> tuple[str, list[str]]:
    """Return the payload, and what the log says of an error."""
    if "payload" in answer:
        return answer["payload"], []
    if "problem" in answer:
        problem = answer["problem"] | {"requestId": request_id}
        words = f"[ERROR] {problem['errorType']}: {problem['errorMessage']}"
        trace = "".join(problem["stackTrace"])
        return json.dumps(problem), [words + (f"\nTraceback (most recent call last):\n{trace}" if trace else "")]
    kind, text = answer.get("ended"), answer.get("text")
    if kind == "Sandbox.Timedout":
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f"{at} {request_id} {text}"
    else:
        if answer.get("killed"):
            kind, text = "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"
        elif "exited" in answer:
            kind, text = "Runtime.ExitError", f"Runtime exited with error: exit status {answer['exited']}"
        line = f"RequestId: {request_id} Error: {text}\n{kind}"
    return json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}), [line]


def _report(function: Any, request_id: str, seconds: float, answer: dict[str, Any]) -> str:
    milliseconds = seconds * 1000
    used = answer.get("max_memory_bytes", 0) // (1024 * 1024) or function.memory_size
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {int(milliseconds) + 1} ms",
        f"Memory Size: {function.memory_size} MB",
        f"Max Memory Used: {min(used, function.memory_size)} MB",
    ]
    if answer.get("init_seconds") is not None:
        parts.append(f"Init Duration: {answer['init_seconds'] * 1000:.2f} ms")
    if answer.get("ended") == "Sandbox.Timedout":
        parts.append("Status: timeout")
    elif "payload" not in answer and "problem" not in answer:
        parts.append(f"Status: error\tError Type: {answer.get('ended') or 'Runtime.OutOfMemory'}")
    return "\t".join(parts) + "\t"
