"""The payee institutions as one application: settlement, accounts, credits, and plants."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import Plant, build_block, make_kit
from blocks.payee_institutions import behaviours
from blocks.payee_institutions.routes import accounts, settlements, statements, witness
from blocks.payee_institutions.unclaimed import return_due

SLUG = "payee-institutions"


def create_app(
    environment: Mapping[str, str],
    transport: httpx2.BaseTransport | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> FastAPI:
    """Make the block; `pause` is how a slow institution takes its time."""
    kit = make_kit(SLUG, environment, transport)

    def on_plant(plant: Plant) -> None:
        with kit.records.transaction() as db:
            behaviours.plant(db, plant)

    return build_block(
        kit,
        Path(__file__).parent,
        [
            settlements.make_router(kit, pause),
            accounts.make_router(kit),
            witness.make_router(kit),
            statements.make_router(kit),
        ],
        on_clock=lambda: return_due(kit),
        on_plant=on_plant,
    )
