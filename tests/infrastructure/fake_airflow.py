"""A small HTTP server that answers as Airflow's REST API does to the Lambda; the real one answers in tests/smoke."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeAirflow(ThreadingHTTPServer):
    """Knows runs by id and state, keeps the bodies that started one, and can be broken or slow."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.runs: dict[str, str] = {}
        self.bodies: list[dict[str, object]] = []
        self.broken = False
        self.seconds = 0.0
        self.user = {"username": "caller", "password": "secret"}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def started_by(self) -> list[str]:
        """Return the keys that started a run, in order."""
        return [body["conf"]["key"] for body in self.bodies]  # type: ignore[index]


@contextlib.contextmanager
def fake_airflow(port: int = 0) -> Iterator[FakeAirflow]:
    """Run one until the block ends."""
    server = FakeAirflow(port)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Says 409 to a run it has, 401 without its token."""

    server: FakeAirflow

    def do_GET(self) -> None:
        time.sleep(self.server.seconds)
        queued = [{"dag_run_id": name} for name, state in self.server.runs.items() if state == "queued"]
        self.answer(200, {"dag_runs": queued})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            return self.answer(201 if body == self.server.user else 401, {"access_token": "t"})
        if self.headers["Authorization"] != "Bearer t":
            return self.answer(401, {})
        if self.server.broken:
            return self.answer(503, {"detail": "restarting"})
        with self.server.lock:
            if body["dag_run_id"] in self.server.runs:
                return self.answer(409, {"detail": "exists"})
            self.server.runs[body["dag_run_id"]] = "running"
            self.server.bodies.append(body)
        return self.answer(200, {"dag_run_id": body["dag_run_id"]})

    def answer(self, status: int, body: object) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a caller that waited no longer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    def log_message(self, *words: object) -> None:
        pass
