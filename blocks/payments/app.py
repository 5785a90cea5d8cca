"""Payments as one application: two dialects of GovStack's API, the ledger to read, and a worker that pays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blockkit.worker import Patience, Worker, grow
from blocks.payments.agenda import has_work
from blocks.payments.billing import requests_to_pay
from blocks.payments.callbacks import deliver_next
from blocks.payments.completion import complete_next
from blocks.payments.routes import (
    audit,
    billing,
    compliance,
    mapper,
    officers,
    published,
    reading,
    voucher_batches,
    voucher_codes,
)
from blocks.payments.settlement import reserve_next, settle_next
from blocks.payments.unclaimed import take_back_next
from blocks.payments.vouchers.ending import expire_due
from blocks.payments.vouchers.numbers import Vault
from blocks.payments.vouchers.stock import seal_waiting

SLUG = "payments"


def create_app(
    environment: Mapping[str, str],
    transport: httpx2.BaseTransport | None = None,
    patience: Patience = grow,
) -> FastAPI:
    """Make the block; `patience` says how long to wait before trying again what failed."""
    kit = make_kit(SLUG, environment, transport)
    vault = Vault.of(kit.settings)
    worker = Worker(
        SLUG,
        kit.log,
        lambda: has_work(kit),
        (
            lambda: reserve_next(kit),
            lambda: settle_next(kit, patience),
            lambda: complete_next(kit),
            lambda: deliver_next(kit, patience),
            lambda: take_back_next(kit, patience),
        ),
    )

    def on_clock() -> None:
        expire_due(kit)
        requests_to_pay.expire_due(kit)
        worker.wake()

    def on_start() -> None:
        seal_waiting(kit, vault)
        worker.start()

    return build_block(
        kit,
        Path(__file__).parent,
        [
            compliance.make_router(kit, worker.wake),
            published.make_router(kit, worker.wake),
            mapper.make_router(kit, worker.wake),
            voucher_codes.make_router(kit, vault),
            voucher_batches.make_router(kit, vault, worker.wake),
            billing.make_router(kit, vault, worker.wake),
            officers.make_router(kit, vault),
            reading.make_router(kit),
            audit.make_router(kit),
        ],
        on_clock=on_clock,
        on_epoch=lambda: seal_waiting(kit, vault),
        on_start=on_start,
        on_stop=worker.stop,
    )
