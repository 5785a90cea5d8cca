"""Kept connections to one address, by urllib3: what every step of a run goes over.

A run makes thousands of small calls to a mediator beside it. No redirect is followed, no cookie kept, no
proxy known, nothing sent a second time, and no more taken than `LARGEST_ANSWER`. It may be used from several
threads at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool

from sandbox.calls.transport import KEPT_SECONDS, LARGEST_ANSWER, trust_for

_CHUNK = 256 * 1024
_MOST_KEPT = 16


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

        Raises urllib3's HTTPError when none came, its TimeoutError when it took too long, and ValueError
        or UnicodeEncodeError for what HTTP can't carry.
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class Connections:
    """Connections to one address, kept for a while."""

    def __init__(self, address: str, *, timer: Callable[[], float] = time.perf_counter) -> None:
        """Open none yet; `timer` measures answers."""
        self._address = address
        self._before = urlsplit(address).path.rstrip("/")
        self._timer = timer
        self._pool = self._open()
        self._used = time.monotonic()

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, timeout: float
    ) -> Reply:
        """Send and take the answer, as `Wire` says."""
        started = self._timer()
        response = self._fresh().urlopen(
            method,
            self._before + target,
            content,
            headers,
            retries=False,
            redirect=False,
            timeout=timeout,
            preload_content=False,
            decode_content=False,
        )
        try:
            body, problem = self._take_body(response, started, timeout)
            if problem:
                response.close()
        finally:
            response.release_conn()
        self._used = time.monotonic()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, found, body, problem)

    def _open(self) -> HTTPConnectionPool:
        parts = urlsplit(self._address)
        if parts.scheme == "https":
            trusted = trust_for(self._address)
            return HTTPSConnectionPool(
                parts.hostname or "", parts.port, maxsize=_MOST_KEPT, ssl_context=trusted
            )
        return HTTPConnectionPool(parts.hostname or "", parts.port, maxsize=_MOST_KEPT)

    def _fresh(self) -> HTTPConnectionPool:
        """Give connections that no server is about to close; urllib3 itself keeps them for ever."""
        if time.monotonic() - self._used > KEPT_SECONDS:
            self._pool.close()
            self._pool = self._open()
        return self._pool

    def _take_body(self, response: BaseHTTPResponse, started: float, timeout: float) -> tuple[bytes, str]:
        """Take a body to its end, or nothing and why not; `timeout` seconds are for the whole."""
        chunks: list[bytes] = []
        size = 0
        for chunk in response.stream(_CHUNK, decode_content=False):
            size += len(chunk)
            if size > LARGEST_ANSWER:
                return b"", f"the answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB"
            if self._timer() - started > timeout:
                return b"", f"the answer was not complete after {timeout:g} s"
            chunks.append(chunk)
        return b"".join(chunks), ""
