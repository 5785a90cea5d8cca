"""Pushes events until they are taken: to a block by HTTP, to an application outside by its letter-box.

One task looks for what is due; each push is an exchange of its own in the message log. It remembers only
what it is doing now, so that a mediator started after a kill goes on where the database says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from blocks.information_mediator.events.deliveries import due_pushes, expire, note_push, seconds_until_due
from blocks.information_mediator.events.store import Row
from blocks.information_mediator.events.wire import event_item
from blocks.information_mediator.exchange import Exchange, Refusal

if TYPE_CHECKING:
    from blocks.information_mediator.core import Core

Patience = Callable[[int], float]
MOST_AT_ONCE = 16
MOST_ATTEMPTS = 12
IDLE_SECONDS = 5.0
PUSH_SECONDS = 10.0
KIND = "event"
"""What an application outside awaits, with the event's id as correlation."""

log = logging.getLogger("blocks.information-mediator.events")


def grow(failures: int) -> float:
    """Wait half a second at first, twice as long each time, never more than a minute."""
    return float(min(0.25 * 2 ** min(failures, 10), 60.0))


class Pusher:
    """Works from `open` to `close`, which belong to the loop that serves."""

    def __init__(self, core: Core, patience: Patience = grow) -> None:
        self._core = core
        self._patience = patience
        self._running: dict[tuple[int, str], asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Start; what an earlier mediator left open is taken up at once."""
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Stop; what is being pushed stays open and is pushed again by the next one."""
        tasks = [self._looking, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        news = self._core.events.news
        while True:
            news.clear()
            try:
                await expire(self._core.events)
                await self._start_due()
                wait = IDLE_SECONDS
                if len(self._running) < MOST_AT_ONCE:
                    wait = await seconds_until_due(self._core.events, IDLE_SECONDS, list(self._running))
            except Exception as error:
                # It outlives whatever the database does, or accepted events would wait for ever.
                log.warning("pushing is held up: %s", error)
                wait = IDLE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait, 0.01)):
                    await news.wait()

    async def _start_due(self) -> None:
        free = MOST_AT_ONCE - len(self._running)
        due = await due_pushes(self._core.events, free, list(self._running)) if free > 0 else []
        for push in due:
            key = (push["number"], str(push["subscription"]))
            task = asyncio.create_task(self._push(push))
            self._running[key] = task
            task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: tuple[int, str], _: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        self._core.events.news.set()

    async def _push(self, push: Row) -> None:
        core = self._core
        exchange = core.begin("callback", push["publisher"], "POST", f"/events/{push['event_type']}")
        exchange.service = push["subscriber"]
        exchange.operation_id = push["event_type"]
        exchange.summary = f"event {push['event_type']}"
        exchange.correlation = str(push["id"])
        try:
            async with core.hold.passing(exchange.id, "", awaited=True):
                failure = await self._hand_over(push, exchange)
                await core.log.append(exchange)
                wait = self._patience(push["attempts"] + 1) if failure else 0.0
                await note_push(core.events, push, failure=failure, wait=wait, most=MOST_ATTEMPTS)
        except Exception as error:
            # Held for a reset, or the database did not take its line or the note: it is pushed again.
            log.warning("event %s stays open: %s", push["id"], error)
            await asyncio.sleep(self._patience(1))

    async def _hand_over(self, push: Row, exchange: Exchange) -> str:
        """Hand an event over, as far as no fault prevents it; gives why it was not, or why nobody knows."""
        ends = {self._block_of(push["publisher"]), self._block_of(push["subscriber"])} - {""}
        fault = await self._core.faults.meet_on_callback(tuple(ends), push["event_type"])
        name = exchange.fault = fault.fault if fault else ""
        if fault is not None and name == "callback-delay":
            await asyncio.sleep(fault.seconds)
        elif name in ("callback-drop", "undelivered"):
            exchange.status = 503 if name == "undelivered" else 504
            return f"{name}: a planted fault"
        failure = await self._try(push, exchange)
        if name == "callback-duplicate":
            return await self._try(push, exchange)
        return "its confirmation was lost: a planted fault" if name == "callback-unconfirmed" else failure

    def _block_of(self, application: str) -> str:
        client = self._core.directory.client(application)
        return (client.block or "") if client else ""

    async def _try(self, push: Row, exchange: Exchange) -> str:
        core = self._core
        client = core.directory.client(push["subscriber"])
        item = event_item(push)
        if client is None or client.proof == "sandbox":
            await core.messages.deliver(KIND, str(push["id"]), item)
            exchange.status = 202
            return ""
        exchange.block = client.block or ""
        peer = core.settings.peers.get(exchange.block)
        try:
            if peer is None:
                raise Refusal(502, "service-unreachable", f"nothing answers for {exchange.block}")
            answer = await core.upstream.ask(
                peer,
                "POST",
                f"/events/{quote(push['event_type'], safe='')}",
                json=item,
                headers={"Information-Mediator-Client": push["publisher"], "X-Exchange-Id": exchange.id},
                seconds=PUSH_SECONDS,
            )
        except Refusal as refusal:
            exchange.status = refusal.status
            return refusal.detail
        exchange.status = answer.status_code
        return "" if answer.is_success else f"it answered {answer.status_code}"
