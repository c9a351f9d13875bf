"""Calls of Airflow's REST API while Airflow fails: what may be sent twice is sent again.

A server of this test stands for Airflow, whose database cannot be locked at will.
"""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from laptop import airflow_rest
from laptop.airflow_rest import AirflowRest, RestError
from laptop.stack import Stack


class Airflow(BaseHTTPRequestHandler):
    """Gives a token; then answers with the server's statuses in turn."""

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signs_in = self.path == "/auth/token"
        self.send_response(201 if signs_in else self.server.statuses.pop(0))
        self.end_headers()
        self.wfile.write(b'{"access_token": "a"}' if signs_in else b'{"detail": "database is locked"}')

    do_GET = do_PATCH = do_POST = answer  # noqa: N815 (names of the standard library)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Airflow) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture
def airflow(server, tmp_path, monkeypatch):
    monkeypatch.setattr(airflow_rest.time, "sleep", lambda _: None)
    return AirflowRest(Stack(tmp_path, 1, server.server_port))


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_call_that_failed_is_sent_again(server, airflow, method):
    server.statuses = [500, 503, 500, 200]
    airflow.call(method, "/dags/a")
    assert server.statuses == []


@pytest.mark.parametrize(
    ("method", "statuses"),
    [
        ("GET", [500, 500, 500, 500]),  # after three more it is given up
        ("GET", [404]),  # an answer
        ("POST", [500]),  # might start a second run
    ],
)
def test_a_refusal_is_raised_with_airflow_s_words(server, airflow, method, statuses):
    server.statuses = [*statuses, 200]
    with pytest.raises(RestError, match=f"HTTP {statuses[-1]}.*database is locked"):
        airflow.call(method, "/dags/a", {})
    assert server.statuses == [200]
