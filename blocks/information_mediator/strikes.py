"""What a fault does to a call: before it is passed on, to the passing on, and to the answer.

A planted fault is never a refusal of the mediator's own: the log says which fault it was, and what the block
itself had answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.faults import Fault
from blocks.information_mediator.streams import Ahead
from blocks.information_mediator.upstream import Headers

PIECES = 8
"""In how many pieces a slow body comes."""
OTHER_ANSWER = b'{"unexpected": true}'
Answered = tuple[int, Headers, Ahead]
Send = Callable[[], AbstractAsyncContextManager[Answered]]


async def strike_before(fault: Fault | None) -> None:
    """Wait, or raise the Refusal that the caller gets in the block's stead."""
    match fault.fault if fault else "":
        case "delay":
            await asyncio.sleep(_seconds(fault))
        case "time-out":
            await asyncio.sleep(_seconds(fault))
            raise Refusal(504, "timed-out", "the service did not answer in time: a planted fault")
        case "refuse":
            raise Refusal(
                503,
                "service-refuses",
                "the service takes no calls now: a planted fault",
                {"Retry-After": "1"},
            )
        case "error":
            raise Refusal(500, "internal-error", "the block broke while answering: a planted fault")
        case "outage":
            raise Refusal(502, "service-unreachable", "the service did not answer: a planted fault")


@asynccontextmanager
async def passed_on(fault: Fault | None, send: Send, *, repeatable: bool) -> AsyncIterator[Answered]:
    """Pass a call on, twice under `duplicate`; it is the first answer that is given.

    A request that is too large to be held is passed on once.
    """
    async with send() as answered:
        if fault is not None and fault.fault == "duplicate" and repeatable:
            with contextlib.suppress(Refusal):
                async with send() as (_, _, again):
                    async for _ in again.whole():
                        pass
        yield answered


def spoilt(fault: Fault | None, headers: Headers, body: Ahead) -> tuple[Headers, Ahead]:
    """Give the answer as the caller gets it."""
    match fault.fault if fault else "":
        case "slow-body":
            return headers, Ahead.coming(_in_pieces(body, _seconds(fault)))
        case "garble":
            # An odd quote, so that what was JSON is none whatever its first half was.
            broken = body.beginning[: len(body.beginning) // 2] + b'\xff"'
            return _resized(headers, broken), Ahead.of(broken)
        case "wrong-answer":
            other = [(name, value) for name, value in headers if name != b"content-type"]
            other.append((b"content-type", b"application/json"))
            return _resized(other, OTHER_ANSWER), Ahead.of(OTHER_ANSWER)
    return headers, body


def _seconds(fault: Fault | None) -> float:
    return fault.seconds if fault else 0.0


async def _in_pieces(body: Ahead, seconds: float) -> AsyncIterator[bytes]:
    beginning, size = body.beginning, max(1, -(-len(body.beginning) // PIECES))
    for start in range(0, max(len(beginning), 1), size):
        await asyncio.sleep(seconds / PIECES)
        yield beginning[start : start + size]
    async for part in body.rest():
        yield part


def _resized(headers: Headers, body: bytes) -> Headers:
    kept = [(name, value) for name, value in headers if name not in (b"content-length", b"content-encoding")]
    return [*kept, (b"content-length", str(len(body)).encode())]
