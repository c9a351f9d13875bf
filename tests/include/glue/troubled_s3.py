"""A way to S3 that is sometimes closed, sometimes slow and sometimes breaks off: a proxy in front of the local AWS."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

REFUSED_EVERY, SLOW_EVERY, BROKEN_EVERY = 7, 11, 5
# AWS: S3 API reference, "Error responses"; both ask a client to try again
ANSWERS = [
    (503, b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"),
    (500, b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"),
]


@contextmanager
def troubled_s3(url: str) -> Iterator[tuple[str, list[int], list[str]]]:
    """Yield the address of a proxy, the statuses of what it has refused so far, and the paths of what it has cut off."""
    refused: list[int] = []
    broken: list[str] = []
    numbers, bodies = itertools.count(1), itertools.count(1)
    there = urlparse(url).netloc

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            number = next(numbers)
            if number % REFUSED_EVERY == 0:
                status, words = ANSWERS[len(refused) % 2]
                refused.append(status)
                self.give(status, {}, words)
                return
            if number % SLOW_EVERY == 0:
                time.sleep(0.5)
            server = http.client.HTTPConnection(there, timeout=60)
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # with the Host that the client has signed
                server.putheader(name, value)
            server.endheaders(body)
            given = server.getresponse()
            answer = given.read()
            are_rows = urlparse(self.path).path.endswith((".csv", ".parquet", ".days"))
            if self.command == "GET" and given.status < 300 and are_rows and next(bodies) % BROKEN_EVERY == 0:
                broken.append(self.path)
                self.close_connection = True
                self.give(given.status, dict(given.getheaders()) | {"content-length": str(len(answer))}, answer[:-9])
            else:
                self.give(given.status, dict(given.getheaders()), answer)
            server.close()

        def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            length = headers.get("content-length", str(len(body)))
            own = {
                name: value
                for name, value in headers.items()
                if name.lower() not in ("transfer-encoding", "connection")
            }
            for name, value in ({**own, "content-length": length}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_address[1]}", refused, broken
    proxy.shutdown()
