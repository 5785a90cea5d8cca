"""The conversation with one block at an address of its own: for conformance alone.

No mediator is between, or one that passes everything as it is (`Door`): a product on an Engine has no other
neighbour.

Follows no redirect, keeps no cookie, reads no proxy from the environment, and takes no more and
waits no longer than the conversation with the mediator does. Nothing of a sandbox is sent: the
product at the other end is somebody else's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType

import httpx2

from sandbox.calls.client import decode_body
from sandbox.calls.messages import Answer, Request
from sandbox.calls.requests import CannotSend, TookTooLong
from sandbox.calls.transport import ACCEPT, open_client, take_body
from sandbox.errors import BlockUnreachable

TIMEOUT_SECONDS = 30.0
Headers = Sequence[tuple[str, str]]


REFUSED = "x-sandbox-refused"
"""Header of an answer that is the mediator's own at its door to a measured product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The mediator's way to a product that is measured: where it is, and the token that opens it."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """An answer as it came. `problem` says why its body was not taken to the end."""

    status: int
    headers: Headers
    content: bytes
    milliseconds: float
    problem: str = ""
    version: str = "HTTP/1.1"


class DirectClient:
    """Calls one block at `address`; `headers` go with every request, such as the token that it asks for.

    With a `door` requests go there, and are written down as if they had gone to the address.
    """

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        door: Door | None = None,
        transport: httpx2.BaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.address = address.rstrip("/")
        self.headers = dict(headers or {})
        self._door = door
        self._timeout = timeout
        self._timer = timer
        self._client = open_client(address, transport, timeout)

    def __enter__(self) -> DirectClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def call(self, request: Request) -> Answer:
        """Send what a step of a workflow built, to this address instead of the mediator's."""
        url = self.address + request.target.removeprefix(request.address)
        headers = {**self.headers, **request.headers}
        raw = self.send(request.method, url, tuple(headers.items()), request.content, request.timeout)
        answer_headers = {name.lower(): value for name, value in raw.headers}
        answer = Answer(
            url=url,
            status=raw.status,
            headers=answer_headers,
            milliseconds=raw.milliseconds,
            problem=raw.problem,
        )
        if raw.problem:
            return answer
        body, problem = decode_body(raw.content, answer_headers)
        return replace(answer, body=body, problem=problem)

    def send(
        self, method: str, url: str, headers: Headers, content: bytes | None, timeout: float | None = None
    ) -> RawAnswer:
        """Send a request as given. Raises BlockUnreachable, or CannotSend for what HTTP can't carry."""
        patience = self._timeout if timeout is None else min(timeout, self._timeout)
        started = self._timer()
        named = {name.lower() for name, _ in headers}
        # What is asked must not tell who asks. Compressed answers could unpack to any size.
        sent = [one for one in headers if one[0].lower() not in ("accept-encoding", "connection")]
        sent += [("accept-encoding", "identity")] + ([("accept", ACCEPT)] if "accept" not in named else [])
        sent.sort(key=lambda one: one[0].lower())
        if self._door is not None:
            url = self._door.url + url.removeprefix(self.address)
            sent.append(("information-mediator-secret", self._door.token))
        try:
            encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in sent]
            with self._client.stream(
                method, url, headers=encoded, content=content, timeout=patience
            ) as response:
                taken, problem = take_body(response, started=started, timeout=patience, timer=self._timer)
        except (httpx2.LocalProtocolError, httpx2.InvalidURL, UnicodeEncodeError) as error:
            raise CannotSend(f"HTTP can't carry this request: {error}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            if isinstance(error, httpx2.TimeoutException) and patience < self._timeout:
                raise TookTooLong(f"no answer within {patience * 1000:g} ms") from error
            raise BlockUnreachable(
                f"{self.address} gave no answer: {error or type(error).__name__}",
                hint="is the product running, and is this its address?",
            ) from error
        if self._door is not None and REFUSED in response.headers:
            raise BlockUnreachable(
                f"{self.address} gave no answer: {response.headers[REFUSED]}",
                hint="is the product running still?",
            )
        return RawAnswer(
            status=response.status_code,
            headers=tuple((name, value) for name, value in response.headers.multi_items()),
            content=taken,
            milliseconds=round((self._timer() - started) * 1000, 3),
            problem=problem,
            version=response.http_version,
        )
