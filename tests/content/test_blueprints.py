"""Each scenario's committed blueprint is what its documents give today."""

from __future__ import annotations

import pytest

from sandbox.catalog.blueprint import blueprint_of
from sandbox.catalog.blueprint_svg import draw_blueprint
from sandbox.catalog.catalog import open_catalog
from sandbox.catalog.show import show_scenario
from sandbox.catalog.wiring import build_wiring
from sandbox.settings import CONTENT_ROOT

CATALOG = open_catalog(CONTENT_ROOT)


@pytest.mark.parametrize("slug", CATALOG.scenario_slugs())
def test_the_blueprint_in_the_readme_is_what_the_documents_give(slug: str) -> None:
    scenario = CATALOG.scenario(slug)
    blocks = CATALOG.blocks(scenario.blocks)
    rows = show_scenario(scenario, build_wiring(blocks, CATALOG.controls(), scenario))
    drawn = draw_blueprint(blueprint_of(scenario, rows, blocks))
    path = scenario.folder / "blueprint.svg"
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    where = path.relative_to(CONTENT_ROOT)
    assert kept == drawn, f"draw it anew: rm -f {where} && sandbox show {slug} --svg {where}"
    assert "](blueprint.svg)" in (scenario.folder / "README.md").read_text(encoding="utf-8")
