"""Consent as one application: configuration, people's records, verification, audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request

from blockkit.app import build_block, make_kit
from blockkit.worker import Patience, Worker, grow
from blocks.consent import signing
from blocks.consent.routes import config, pages, people, records, verification, webhooks
from blocks.consent.webhooks import Courier, deliver_next

SLUG = "consent"


def create_app(
    environment: Mapping[str, str],
    transport: httpx2.BaseTransport | None = None,
    patience: Patience = grow,
) -> FastAPI:
    """Make the block; `patience` says how long to wait before telling again what was not taken."""
    kit = make_kit(SLUG, environment, transport)
    courier = Courier(kit)
    worker = Worker(SLUG, kit.log, courier.has_work, (lambda: deliver_next(kit, patience),))

    def after_changes(request: Request) -> Iterator[None]:
        yield  # the operation has ended its transaction by then
        if request.method != "GET":
            courier.note()
            worker.wake()

    def on_epoch() -> None:
        with kit.records.transaction() as db:
            signing.drop_older_keys(db, kit.clock)
        courier.note()  # another database is in place, which has its own to tell

    operations = APIRouter(dependencies=[Depends(after_changes)])
    for group in (config, people, webhooks, records, verification, pages):
        operations.include_router(group.make_router(kit))
    return build_block(
        kit,
        Path(__file__).parent,
        [operations],
        on_epoch=on_epoch,
        on_start=worker.start,
        on_stop=worker.stop,
    )
