"""Registration as one application: services, applications, payrolls, tasks, statistics, pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import FastAPI

from blockkit.app import build_block, make_kit
from blocks.registration.acts import Office, end_what_is_over, remind_whoever_is_late
from blocks.registration.routes import (
    applications,
    desk,
    documents,
    files,
    overview,
    payroll_desk,
    payrolls,
    review,
    reviews,
    services,
    tasks,
)

SLUG = "registration"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)
    office = Office.of(kit)
    doors = desk.Doors(office)

    def on_clock() -> None:
        end_what_is_over(office)
        remind_whoever_is_late(office)

    return build_block(
        kit,
        Path(__file__).parent,
        [
            services.make_router(kit),
            applications.make_router(kit),
            files.make_router(kit),
            documents.make_router(kit),
            review.make_router(office),
            reviews.make_router(office),
            tasks.make_router(office),
            payrolls.make_router(office),
            overview.make_router(kit),
            desk.make_router(doors),
            payroll_desk.make_router(doors),
        ],
        on_clock=on_clock,
    )
