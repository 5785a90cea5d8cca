"""Identity as one application: enrolment, clients, log-in, tokens, keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import Plant, build_block, make_kit
from blocks.identity import persons, signing
from blocks.identity.routes import births, credentials, linked, login, management, oidc
from blocks.identity.routes import persons as person_routes
from blocks.identity.service import Service

SLUG = "identity"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)
    service = Service.of(kit)

    def on_epoch() -> None:
        with kit.records.transaction() as db:
            signing.drop_older_epochs(db, kit.clock)

    def on_clock() -> None:
        with kit.records.transaction() as db:
            signing.drop_expired(db, kit.clock)

    def on_plant(plant: Plant) -> None:
        with kit.records.transaction() as db:
            persons.plant(db, plant)

    return build_block(
        kit,
        Path(__file__).parent,
        [
            person_routes.make_router(kit),
            births.make_router(kit),
            management.make_router(kit),
            login.make_router(kit, service),
            linked.make_router(kit, service),
            oidc.make_router(kit, service),
            credentials.make_router(kit, service),
        ],
        on_clock=on_clock,
        on_epoch=on_epoch,
        on_plant=on_plant,
    )
