"""The door that holds calls back: who waits, who passes, and who is sent away."""

from __future__ import annotations

import asyncio

import pytest

from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.hold import Hold


async def pass_through(hold: Hold, exchange: str, cause: str = "") -> str:
    async with hold.passing(exchange, cause, awaited=True):
        return exchange


def test_a_held_call_passes_after_release() -> None:
    async def play() -> str:
        hold = Hold()
        await hold.close()
        waiting = asyncio.create_task(pass_through(hold, "one"))
        await asyncio.sleep(0)
        assert not waiting.done()
        hold.open()
        return await waiting

    assert asyncio.run(play()) == "one"


def test_a_call_held_over_a_reset_is_refused_and_later_ones_pass() -> None:
    async def play() -> str:
        hold = Hold()
        await hold.close()
        waiting = asyncio.create_task(pass_through(hold, "before"))
        await asyncio.sleep(0)
        hold.void_waiting()
        hold.open()
        with pytest.raises(Refusal) as refused:
            await waiting
        assert (refused.value.status, refused.value.kind) == (503, "sandbox-was-reset")
        return await pass_through(hold, "after")

    assert asyncio.run(play()) == "after"
