"""Holds calls back while databases are exchanged underneath the blocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from blocks.information_mediator.exchange import Refusal

LONGEST_HOLD = 30.0
LONGEST_DRAIN = 10.0
"""Seconds."""


class Hold:
    """A door: closed, it lets nothing begin and waits until what had begun has ended."""

    def __init__(self) -> None:
        self._running: dict[str, bool] = {}  # id of the exchange -> whether draining waits for it
        self._opened = asyncio.Event()
        self._opened.set()
        self._ended = asyncio.Event()
        self._resets = 0

    @asynccontextmanager
    async def passing(self, exchange: str, cause: str, *, awaited: bool) -> AsyncIterator[None]:
        """Pass one exchange through.

        Args:
            exchange: Its id.
            cause: Id of the exchange in whose service it is made. What has begun may finish, or the two
                would wait for each other.
            awaited: False for calls to the controls: the reset itself is one.

        Raises Refusal 503 when it was held for too long, or the sandbox was reset while it waited: what it
        was part of is gone, and on the new databases it would be half of nothing.
        """
        if cause not in self._running:
            await self._wait_for_release()
        self._running[exchange] = awaited
        try:
            yield
        finally:
            del self._running[exchange]
            self._ended.set()

    @contextmanager
    def exempt(self, exchange: str) -> Iterator[None]:
        """Let an exchange of the controls', and what it causes, pass while calls are held."""
        self._running[exchange] = False
        try:
            yield
        finally:
            del self._running[exchange]

    async def close(self) -> int:
        """Let nothing begin, wait for what runs, and give how many still do after the longest wait."""
        self._opened.clear()
        try:
            async with asyncio.timeout(LONGEST_DRAIN):
                while any(self._running.values()):
                    self._ended.clear()
                    await self._ended.wait()
        except TimeoutError:
            pass
        return sum(self._running.values())

    def void_waiting(self) -> None:
        """Let what waits now be refused at release, because the databases it was meant for are gone."""
        self._resets += 1

    def open(self) -> None:
        """Let everything pass again."""
        self._opened.set()

    async def _wait_for_release(self) -> None:
        resets = self._resets
        try:
            async with asyncio.timeout(LONGEST_HOLD):
                await self._opened.wait()
        except TimeoutError:
            raise Refusal(503, "held", "the sandbox is being reset and did not come back in time") from None
        if resets != self._resets:
            raise Refusal(
                503, "sandbox-was-reset", "the sandbox was reset while this call waited; it was not made"
            )
