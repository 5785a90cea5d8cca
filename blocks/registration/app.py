"""Registration as one application: services, applications, payrolls, tasks, statistics, pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request

from blockkit.app import build_block, make_kit
from blockkit.problems import Problem
from blocks.registration.acts import Office
from blocks.registration.routes import (
    applications,
    desk,
    documents,
    files,
    overview,
    payroll_desk,
    payrolls,
    review,
    services,
    tasks,
)

SLUG = "registration"


def create_app(environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> FastAPI:
    """Make the block."""
    kit = make_kit(SLUG, environment, transport)
    office = Office.of(kit)
    doors = desk.Doors(office)
    router = APIRouter(dependencies=[Depends(refuse_nul)])
    for each in (
        services.make_router(kit),
        applications.make_router(kit),
        files.make_router(kit),
        documents.make_router(kit),
        review.make_router(office),
        tasks.make_router(office),
        payrolls.make_router(office),
        overview.make_router(kit),
        desk.make_router(doors),
        payroll_desk.make_router(doors),
    ):
        router.include_router(each)
    return build_block(kit, Path(__file__).parent, [router])


def refuse_nul(request: Request) -> None:
    """Find nothing at an address with NUL in it: no id has one, and PostgreSQL can't even be asked for it."""
    if "\0" in request.url.path or "\0" in request.scope["path"]:
        raise Problem(404, "not-found", "there is nothing at this address")
