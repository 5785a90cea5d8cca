"""What there is to try: scenarios, blocks, packs, runtimes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from sandbox.catalog.blueprint import Blueprint, blueprint_of
from sandbox.catalog.blueprint_svg import draw_blueprint
from sandbox.catalog.show import show_scenario
from sandbox.catalog.wiring import build_wiring
from sandbox.controlplane.access import AskedBy
from sandbox.controlplane.api.views import Page, View
from sandbox.controlplane.plane import Plane
from sandbox.population import known_packs, load_pack
from sandbox.runtime import runtime_names

PICTURE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""A picture brings its style along, to travel by itself; opened alone it has no origin of ours."""


class ScenarioView(View):
    """A scenario, in short."""

    slug: str
    title: str
    summary: str
    blocks: tuple[str, ...]


class StepView(View):
    """One step of a scenario, for an official."""

    number: str
    depth: int
    sentence: str
    actor: str
    block: str
    operation: str
    checks: tuple[str, ...]


class ScenarioWhole(ScenarioView):
    """A scenario with its steps."""

    steps: tuple[StepView, ...]


class BlockView(View):
    """A building block, as its descriptor says."""

    slug: str
    descriptor: dict[str, Any]


class PackView(View):
    """A country pack."""

    code: str
    country: str


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["content"])

    @router.get("/scenarios")
    def list_scenarios(caller: AskedBy) -> Page[ScenarioView]:
        """List the scenarios."""
        del caller
        return Page(items=tuple(_scenario(plane, slug) for slug in plane.catalog.scenario_slugs()))

    @router.get("/scenarios/{slug}")
    def read_scenario(slug: str, caller: AskedBy) -> ScenarioWhole:
        """Read one with its steps."""
        del caller
        return whole_scenario(plane, slug)

    @router.get("/scenarios/{slug}/blueprint.svg", response_class=Response)
    def draw_scenario(slug: str, caller: AskedBy) -> Response:
        """Draw its service blueprint."""
        del caller
        return Response(
            draw_blueprint(blueprint(plane, slug)),
            media_type="image/svg+xml",
            headers={"content-security-policy": PICTURE_POLICY},
        )

    @router.get("/blocks")
    def list_blocks(caller: AskedBy) -> Page[BlockView]:
        """List the building blocks."""
        del caller
        return Page(
            items=tuple(
                BlockView(slug=slug, descriptor=plane.catalog.descriptor(slug).model_dump(mode="json"))
                for slug in plane.catalog.block_slugs()
            )
        )

    @router.get("/packs")
    def list_packs(caller: AskedBy) -> Page[PackView]:
        """List the country packs."""
        del caller
        return Page(items=tuple(packs(plane)))

    @router.get("/runtimes")
    def list_runtimes(caller: AskedBy) -> Page[str]:
        """Name the runtimes that this version knows; whether one answers here shows when it is asked for."""
        del caller
        return Page(items=tuple(runtime_names()))

    return router


def whole_scenario(plane: Plane, slug: str) -> ScenarioWhole:
    """Read one scenario. Raises NotFound, ContentError."""
    read = plane.catalog.scenario(slug)
    wiring = build_wiring(plane.catalog.blocks(read.blocks), plane.catalog.controls(), read)
    steps = tuple(StepView(**asdict(row)) for row in show_scenario(read, wiring))
    return ScenarioWhole(**_scenario(plane, slug).model_dump(), steps=steps)


def blueprint(plane: Plane, slug: str) -> Blueprint:
    """Read the service blueprint of one scenario. Raises NotFound, ContentError."""
    read = plane.catalog.scenario(slug)
    blocks = plane.catalog.blocks(read.blocks)
    rows = show_scenario(read, build_wiring(blocks, plane.catalog.controls(), read))
    return blueprint_of(read, rows, blocks)


def packs(plane: Plane) -> list[PackView]:
    """List the packs with their countries' names."""
    return [
        PackView(code=code, country=load_pack(plane.settings.content, code).profile.country)
        for code in known_packs(plane.settings.content)
    ]


def _scenario(plane: Plane, slug: str) -> ScenarioView:
    read = plane.catalog.scenario(slug)
    return ScenarioView(
        slug=slug, title=read.story.title, summary=read.story.summary, blocks=tuple(read.blocks)
    )
