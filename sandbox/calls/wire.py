"""Kept connections to one address, on the standard library's own HTTP: what every step of a run goes over.

A run makes thousands of small calls to a mediator beside it, and a client that can do everything costs more
there than the call itself. This one follows no redirect, keeps no cookie, knows no proxy, and takes no more
than `LARGEST_ANSWER`. It may be used from several threads at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import urlsplit

from urllib3.util import wait_for_read

from sandbox.calls.transport import KEPT_SECONDS, LARGEST_ANSWER, trust_for

_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. `problem` says why its body was not taken to the end."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; what was said twice stands in one, with a comma between."""
    content: bytes
    problem: str = ""


class Wire(Protocol):
    """What a conversation asks of its connections."""

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, timeout: float
    ) -> Reply:
        """Send and take the answer.

        Raises OSError or HTTPException when none came, TimeoutError when it took too long, and ValueError
        or UnicodeEncodeError for what HTTP can't carry.
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class _Together(HTTPConnection):
    """Sends head and body in one go: the other side is woken once, not twice."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._held: list[Any] = []

    def send(self, data: Any) -> None:
        self._held.append(data)

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        super().endheaders(message_body, encode_chunked=encode_chunked)
        sent, self._held = b"".join(self._held), []
        if self.sock is None:
            self.connect()
        # Whoever hangs up on a request may have said why.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(sent)


class _Secured(_Together, HTTPSConnection):
    """The same under TLS."""


class Connections:
    """Connections to one address, kept for a while."""

    def __init__(self, address: str, *, timer: Callable[[], float] = time.perf_counter) -> None:
        """Open none yet; `timer` measures answers."""
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self._before = parts.path.rstrip("/")
        self._trusted = trust_for(address) if parts.scheme == "https" else None
        self._timer = timer
        self._idle: list[tuple[HTTPConnection, float]] = []

    def close(self) -> None:
        """Give the connections back."""
        while self._idle:
            self._idle.pop()[0].close()

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, timeout: float
    ) -> Reply:
        """Send and take the answer, as `Wire` says."""
        started = self._timer()
        connection = self._take(timeout)
        try:
            connection.request(method, self._before + target, content, headers)
            response = connection.getresponse()
            closes = response.will_close
            body, problem = self._take_body(response, started, timeout)
            response.close()
        except BaseException:
            connection.close()
            raise
        if closes or problem:
            connection.close()
        else:
            self._idle.append((connection, time.monotonic()))
        found: dict[str, str] = {}
        for name, value in response.headers.items():
            name = name.lower()
            found[name] = f"{found[name]}, {value}" if name in found else value
        return Reply(response.status, found, body, problem)

    def _take(self, timeout: float) -> HTTPConnection:
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            sock = connection.sock
            # What can be read before anything was asked is the end of the connection.
            if sock is None or time.monotonic() - since > KEPT_SECONDS or wait_for_read(sock, timeout=0):
                connection.close()
                continue
            sock.settimeout(timeout)
            return connection
        if self._trusted is not None:
            return _Secured(self._host, self._port, timeout=timeout, context=self._trusted)
        return _Together(self._host, self._port, timeout=timeout)

    def _take_body(self, response: HTTPResponse, started: float, timeout: float) -> tuple[bytes, str]:
        """Take a body to its end, or nothing and why not; `timeout` seconds are for the whole."""
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(_CHUNK):
            size += len(chunk)
            if size > LARGEST_ANSWER:
                return b"", f"the answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB"
            if self._timer() - started > timeout:
                return b"", f"the answer was not complete after {timeout:g} s"
            chunks.append(chunk)
        if response.length:
            raise HTTPException(f"the connection ended {response.length} bytes before the answer did")
        return b"".join(chunks), ""
