"""Consent as one application: configuration, people's records, verification, audit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blocks.consent import signing
from blocks.consent.routes import config, records, verification

SLUG = "consent"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)

    def on_epoch() -> None:
        with kit.records.transaction() as db:
            signing.drop_older_keys(db, kit.clock)

    return build_block(
        kit,
        Path(__file__).parent,
        [config.make_router(kit), records.make_router(kit), verification.make_router(kit)],
        on_epoch=on_epoch,
    )
