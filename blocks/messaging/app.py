"""Puts the messaging block together: sending, reading, the inbox page, a worker for what takes time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blockkit.worker import Patience, Step, Worker, grow
from blocks.messaging.relay import Sink, relay_next
from blocks.messaging.reports import has_work, report_next, tell_next
from blocks.messaging.routes import email, inbox, page, sms

SLUG = "messaging"
FOLDER = Path(__file__).parent


def create_app(
    environment: Mapping[str, str],
    transport: httpx2.BaseTransport | None = None,
    patience: Patience = grow,
) -> FastAPI:
    """Make the block; `transport` replaces the network in tests, `patience` the waits between attempts."""
    kit = make_kit(SLUG, environment, transport)
    sink = Sink.of(environment.get("SMTP_SINK", ""))
    steps: list[Step] = [lambda: report_next(kit), lambda: tell_next(kit, patience)]
    if sink is not None:
        steps.insert(0, lambda: relay_next(kit, sink, patience))
    worker = Worker(SLUG, kit.log, lambda: has_work(kit), steps)
    routers = [
        email.make_router(kit, sink),
        sms.make_router(kit),
        inbox.make_router(kit),
        page.make_router(kit),
    ]
    return build_block(kit, FOLDER, routers, on_start=worker.start, on_stop=worker.stop)
