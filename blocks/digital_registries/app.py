"""The digital registries as one application: definitions, records, who read whom, pages, and plants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import Plant, build_block, make_kit
from blocks.digital_registries import planting
from blocks.digital_registries.routes import databases, reading, room, usage, writing

SLUG = "digital-registries"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)

    def on_plant(plant: Plant) -> None:
        with kit.records.transaction() as db:
            planting.plant(db, plant, kit.clock.today())

    return build_block(
        kit,
        Path(__file__).parent,
        [
            usage.make_router(kit),
            reading.make_router(kit),
            writing.make_router(kit),
            databases.make_router(kit),
            room.make_router(kit),
        ],
        on_plant=on_plant,
    )
