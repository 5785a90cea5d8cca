"""Bodies that are read ahead a little and streamed for the rest, so that size costs no memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

KEPT = 64 * 1024
"""Bytes of a body that are read ahead: what the log may keep and the rules may look at."""
LARGEST_BODY = 32 * 1024 * 1024
"""Bytes; a larger body is cut off, whoever sends it."""


class TooLarge(Exception):
    """More came than LARGEST_BODY."""


class Ahead:
    """A stream whose beginning is known. `complete` is True when the beginning is all there is."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._size = 0
        self.beginning = b""
        self.complete = False

    @classmethod
    def of(cls, body: bytes) -> Ahead:
        """Give a body that is there already."""

        async def nothing() -> AsyncIterator[bytes]:
            return
            yield b""

        ahead = cls(nothing())
        ahead.beginning, ahead.complete = body, True
        return ahead

    @classmethod
    def coming(cls, source: AsyncIterator[bytes]) -> Ahead:
        """Give a body of which nothing is read ahead."""
        return cls(source)

    async def look(self) -> None:
        """Read the beginning."""
        parts = []
        async for part in self._source:
            self._count(part)
            parts.append(part)
            if self._size > KEPT:
                break
        else:
            self.complete = True
        self.beginning = b"".join(parts)

    async def whole(self) -> AsyncIterator[bytes]:
        """Yield the beginning and then the rest as it comes."""
        if self.beginning:
            yield self.beginning
        async for part in self.rest():
            yield part

    async def rest(self) -> AsyncIterator[bytes]:
        """Yield what follows the beginning as it comes."""
        if not self.complete:
            async for part in self._source:
                self._count(part)
                yield part

    def _count(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > LARGEST_BODY:
            raise TooLarge
