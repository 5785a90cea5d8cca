"""Passes a request on and its answer back as they come, nothing held whole: for the control plane's proxy.

Who may ask, and which headers cross, is the proxy's to say; here stands how the conversation is held.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from sandbox.calls.transport import trust_for
from sandbox.errors import BlockUnreachable

RawHeaders = Sequence[tuple[bytes, bytes]]
LIMITS = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 10.0}


@dataclass(frozen=True, slots=True)
class Passed:
    """An answer whose body is still to come, as it was sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: AsyncIterator[bytes]


class Passage:
    """A pool of connections to the sandboxes of this machine; no redirect followed, no cookie kept."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """`transport` replaces the network in tests."""
        self._transport = transport or httpx2.AsyncHTTPTransport(
            verify=trust_for("http://"),
            trust_env=False,
            limits=httpx2.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=2.0),
        )

    async def close(self) -> None:
        """Close what is pooled."""
        await self._transport.aclose()

    @asynccontextmanager
    async def send(
        self, method: str, address: str, target: bytes, headers: RawHeaders, body: AsyncIterator[bytes] | None
    ) -> AsyncIterator[Passed]:
        """Send one request to `address`. Raises BlockUnreachable, while its body is read as well."""
        url = httpx2.URL(address).copy_with(raw_path=target)
        request = httpx2.Request(
            method, url, headers=list(headers), content=body, extensions={"timeout": LIMITS}
        )
        try:
            response = await self._transport.handle_async_request(request)
        except httpx2.TransportError as error:
            raise _silent(address, error) from error
        try:
            yield Passed(response.status_code, list(response.headers.raw), _parts(address, response))
        finally:
            await response.aclose()


async def _parts(address: str, response: httpx2.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    try:
        async for part in response.stream:
            yield part
    except httpx2.TransportError as error:
        raise _silent(address, error) from error


def _silent(address: str, error: Exception) -> BlockUnreachable:
    return BlockUnreachable(
        f"the sandbox at {address} did not answer to the end: {error or type(error).__name__}",
        hint="does it still run? its page in the console shows it",
    )
