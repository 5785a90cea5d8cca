"""Registration as one application: services, applications, payrolls, tasks and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blocks.registration.routes import applications, overview, payrolls, review, services

SLUG = "registration"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)
    return build_block(
        kit,
        Path(__file__).parent,
        [
            services.make_router(kit),
            applications.make_router(kit),
            review.make_router(kit),
            payrolls.make_router(kit),
            overview.make_router(kit),
        ],
    )
