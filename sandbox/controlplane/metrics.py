"""`GET /metrics` for Prometheus: requests of this process, and how things stand in the store."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.controlplane.access import Admin
from sandbox.controlplane.plane import Plane
from sandbox.store.schema import JobRow, RunRow, SandboxRow

API = "/api/v1"
FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """Counts and times requests by route, method and status; a path with somebody's id in it is no label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Keep the figures in this registry."""
        labels = ("method", "route", "status")
        self._count = Counter("sandbox_http_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "sandbox_http_request_seconds",
            "Until the first byte of the answer.",
            labels[:2],
            registry=registry,
        )

    def watch(self, app: ASGIApp) -> ASGIApp:
        """Give the application with its requests counted."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = time.perf_counter()

            async def send_counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = name_route(scope)
                    self._count.labels(scope["method"], route, message["status"]).inc()
                    self._seconds.labels(scope["method"], route).observe(time.perf_counter() - began)
                await send(message)

            await app(scope, receive, send_counted)

        return watched


def name_route(scope: Scope) -> str:
    """Name the route as it was declared; an included one does not know what it was included under."""
    path = getattr(scope.get("route"), "path", "none")
    return f"{API}{path}" if scope["path"].startswith(f"{API}/") and not path.startswith(API) else path


class Standing(Collector):
    """Counts what is in the store, when somebody asks."""

    def __init__(self, plane: Plane) -> None:
        """Count in this store."""
        self._plane = plane

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give one gauge for each kind of thing, by state."""
        kinds = (("sandboxes", SandboxRow), ("runs", RunRow), ("jobs", JobRow))
        with self._plane.store.session() as session:
            for name, table in kinds:
                gauge = GaugeMetricFamily(
                    f"sandbox_{name}", f"How many {name} are in a state.", labels=["state"]
                )
                for state, count in session.execute(select(table.state, func.count()).group_by(table.state)):
                    gauge.add_metric([state], count)
                yield gauge


def make_router(plane: Plane, registry: CollectorRegistry) -> APIRouter:
    """Give the route."""
    router = APIRouter(tags=["operation"])
    registry.register(Standing(plane))

    @router.get("/metrics", response_class=Response)
    def metrics(caller: Admin) -> Response:
        """Give figures in Prometheus' format, to an admin's token."""
        del caller
        return Response(generate_latest(registry), media_type=FORMAT)

    return router
