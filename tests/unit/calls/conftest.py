"""A loopback server that answers as its path says, also in ways no framework would."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

OVERSIZE = 9 * 1024 * 1024


class _Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        match self.path.rpartition("/")[2].partition("?")[0]:
            case "hang":
                self.server.released.wait(10)  # type: ignore[attr-defined]
                self.close_connection = True
            case "drop":
                self._hang_up()
            case "cut":
                self._send(b'{"a"', {"Content-Length": "100"})
                self._hang_up()
            case "large":
                self._send(b" " * OVERSIZE, {"Content-Length": str(OVERSIZE)})
            case "zipped":
                body = gzip.compress(b"{}")
                self._send(body, {"Content-Length": str(len(body)), "Content-Encoding": "gzip"})
            case "broken":
                self._send(b'{"a": NaN}', {"Content-Length": "10"})
            case "half":
                self._send(b'["\\uD800"]', {"Content-Length": "10"})
            case "nested" | "deep" as how:
                body = b"[" * 101 + b"]" * 101 if how == "nested" else b"[" * 200_000
                self._send(body, {"Content-Length": str(len(body))})
            case "empty":
                self._send(b"", {"Content-Length": "0"}, status=204)
            case "text":
                self._send("héllo".encode(), {"Content-Length": "6", "Content-Type": "text/plain"})
            case "away":
                self._send(b"", {"Content-Length": "0", "Location": "http://127.0.0.1:9/"}, status=302)
            case _:
                seen = {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": sent.decode(),
                }
                body = json.dumps(seen).encode()
                self._send(
                    body,
                    {"Content-Length": str(len(body)), "X-Exchange-Id": "x-7", "Set-Cookie": "session=1"},
                )

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _send(self, body: bytes, headers: dict[str, str], *, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    released: threading.Event

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some of these tests are about."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The server's address."""
    scripted = _Server(("127.0.0.1", 0), _Scripted)
    scripted.released = threading.Event()
    thread = threading.Thread(target=scripted.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{scripted.server_address[1]}"
    scripted.released.set()
    scripted.shutdown()
    thread.join()
    scripted.server_close()
