"""Sends requests on to the sandbox's instances: pooled, streaming, without redirects, cookies or proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from blockkit.trust import trust_for
from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.outside import leads_elsewhere, what_tls_said
from blocks.information_mediator.settings import Peer
from blocks.information_mediator.streams import Ahead, TooLarge

HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
OURS = frozenset(
    b"host x-sandbox-secret x-exchange-id information-mediator-secret information-mediator-client "
    b"accept-encoding forwarded x-forwarded-for x-forwarded-host x-forwarded-proto expect "
    b"x-http-method x-http-method-override x-method-override x-original-url x-rewrite-url".split()
)
"""What a caller may not say for itself: who it is, and another operation than the one that was checked."""
ANSWERED_BY_US = frozenset((b"x-exchange-id", b"server", b"date"))
PLAIN = "http://"
"""How every instance of a sandbox is addressed."""
LIMITS = {"connect": 5.0, "read": 35.0, "write": 35.0, "pool": 35.0}
Headers = list[tuple[bytes, bytes]]


class Upstream:
    """The mediator's own HTTP client; `transport` replaces the network in tests."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._given = transport
        self._outside: dict[str, httpx2.AsyncBaseTransport] = {}
        self._transport = transport or httpx2.AsyncHTTPTransport(
            verify=trust_for(PLAIN),
            trust_env=False,
            # Shorter than servers' own limit (5 s): a connection that they are closing is not used again.
            limits=httpx2.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=2.0),
        )

    async def close(self) -> None:
        """Close pooled connections."""
        await self._transport.aclose()
        for transport in self._outside.values():
            await transport.aclose()

    def _way_to(self, peer: Peer) -> httpx2.AsyncBaseTransport:
        """Give the connections that lead to an instance; a product elsewhere has its own."""
        if peer.outside is None or self._given is not None:
            return self._transport
        if peer.url not in self._outside:
            self._outside[peer.url] = peer.outside.transport()
        return self._outside[peer.url]

    @asynccontextmanager
    async def send(
        self, peer: Peer, method: str, target: str, headers: Headers, proven: Headers, body: Ahead
    ) -> AsyncIterator[tuple[int, Headers, Ahead]]:
        """Forward one request; gives status, headers and body of the answer, its beginning read.

        Args:
            peer: Where to.
            method: As it came.
            target: Path and query as they came.
            headers: As they came; what a caller may not say for itself is left out.
            proven: What the mediator says about the caller.
            body: Its beginning read.

        Raises Refusal 502 when there is no answer, 413 when a body is too large.
        """
        said = [(b"accept-encoding", b"identity"), *_shown_to(peer)]
        try:
            request = httpx2.Request(
                method,
                peer.url + target,
                headers=[*_forwarded(headers), *proven, *said],
                content=body.beginning if body.complete else body.whole(),
                extensions={"timeout": LIMITS},
            )
            response = await self._way_to(peer).handle_async_request(request)
            await _refuse_to_be_led(peer, request, response)
            answer = Ahead(_parts(response))
            await answer.look()
        except TooLarge:
            raise Refusal(413, "too-large", "a body is larger than the mediator carries") from None
        except httpx2.InvalidURL:
            raise Refusal(400, "invalid-path", "the path can't be carried") from None
        except httpx2.TransportError as error:
            raise unreachable(error) from error
        try:
            yield response.status_code, _answered(response.headers.raw), answer
        finally:
            await response.aclose()

    async def ask(
        self,
        peer: Peer,
        method: str,
        target: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = 35.0,
    ) -> httpx2.Response:
        """Ask a question of the mediator's own and read the whole answer. Raises Refusal 502."""
        request = httpx2.Request(
            method,
            peer.url + target,
            json=json,
            headers=[*_shown_to(peer), *(httpx2.Headers(headers or {}).raw)],
            extensions={"timeout": dict.fromkeys(LIMITS, seconds)},
        )
        try:
            response = await self._way_to(peer).handle_async_request(request)
            await _refuse_to_be_led(peer, request, response)
            try:
                await response.aread()
            finally:
                await response.aclose()
        except httpx2.TransportError as error:
            raise unreachable(error) from error
        return response


def unreachable(error: Exception) -> Refusal:
    """Say that an instance gave no answer."""
    reason = what_tls_said(error) or type(error).__name__
    return Refusal(502, "service-unreachable", f"the service did not answer: {reason}")


def _shown_to(peer: Peer) -> Headers:
    """Prove ourselves to an instance of the sandbox; what runs elsewhere is shown no secret of it."""
    return [] if peer.outside else [(b"x-sandbox-secret", peer.secret.encode())]


async def _refuse_to_be_led(peer: Peer, request: httpx2.Request, response: httpx2.Response) -> None:
    if peer.outside is None:
        return
    location = response.headers.get("location", "")
    if elsewhere := leads_elsewhere(str(request.url), response.status_code, location):
        await response.aclose()
        raise Refusal(
            502, "led-elsewhere", f"the product sends its callers to {elsewhere}, where nobody may go"
        )


async def _parts(response: httpx2.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    async for part in response.stream:
        yield part


def _forwarded(headers: Headers) -> Headers:
    dropped = HOP_BY_HOP | OURS | _named_by_connection(headers)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _answered(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    dropped = HOP_BY_HOP | ANSWERED_BY_US | _named_by_connection(headers)
    return [(name.lower(), value) for name, value in headers if name.lower() not in dropped]


def _named_by_connection(headers: Sequence[tuple[bytes, bytes]]) -> frozenset[bytes]:
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for part in value.split(b",")
    )
