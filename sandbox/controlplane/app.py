"""The control plane as one application: the API under `/api/v1`, the console beside it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from sandbox import __version__
from sandbox.controlplane import metrics
from sandbox.controlplane.api import accounts, content, inside, runs, sandboxes, workshops
from sandbox.controlplane.console import classroom, doors, inner_pages, pages
from sandbox.controlplane.console.rendering import STATIC
from sandbox.controlplane.guard import Guard
from sandbox.controlplane.lines import Lines
from sandbox.controlplane.metrics import API, Requests
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.problems import install_problems


def create_app(plane: Plane) -> FastAPI:
    """Build it."""
    app = FastAPI(
        title="civic-sandbox",
        version=__version__,
        summary="Try a digital government service safely: sandboxes, runs and evidence.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.plane = plane
    install_problems(app)
    api = APIRouter(prefix=API)
    for part in (content, sandboxes, inside, runs, workshops, accounts):
        api.include_router(part.make_router(plane))
    app.include_router(api)
    registry = CollectorRegistry()
    app.include_router(metrics.make_router(plane, registry))
    app.include_router(doors.make_router(plane))
    app.include_router(inner_pages.make_router(plane))
    app.include_router(pages.make_router(plane))
    app.include_router(classroom.make_router(plane))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/healthz", tags=["operation"])
    def healthz() -> dict[str, str]:
        """Say whether this server and its store answer."""
        with plane.store.session() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok", "version": __version__}

    app.add_middleware(Guard, hosts=plane.rules.hosts)
    app.add_middleware(Requests(registry).watch)
    app.add_middleware(Lines)
    return app
