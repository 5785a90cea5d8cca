"""From a wish to all that a sandbox is made of: content read and checked, citizens generated, a name drawn.

Nothing is started here, and nothing is loaded that only playing or evidence needs: commands that
bring a sandbox up and leave it are as quick as this is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox import __version__
from sandbox.candidates.entrance import let_in
from sandbox.candidates.start import add_seeder
from sandbox.candidates.swaps import remember
from sandbox.catalog.catalog import Catalog
from sandbox.catalog.wiring import build_wiring
from sandbox.lifecycle.service import Tools, Wish
from sandbox.model.dirt import DirtManifest
from sandbox.model.population import Manifest, ask_for
from sandbox.model.sandbox import SandboxSpec, check_name
from sandbox.population import load_pack
from sandbox.population.dirt import ensure_dirty, read_recipe
from sandbox.runner.compile import compile_scenario
from sandbox.runner.compiled import CompiledScenario
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxWish:
    """What somebody asks for, before anything is looked up. `name` None draws one."""

    name: str | None = None
    pack: str = "zz"
    size: int = 1000
    seed: int = 1
    dirt: str = "none"
    lease: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A wish with everything looked up, checked and generated; nothing has started."""

    wish: Wish
    manifest: Manifest
    scenario: CompiledScenario | None = None
    dirt: DirtManifest | None = None


def look_up_scenario(catalog: Catalog, slug: str) -> CompiledScenario:
    """Read and compile a scenario. Raises ContentError with file and line, or NotFound."""
    scenario = catalog.scenario(slug)
    return compile_scenario(scenario, catalog.interfaces(scenario))


def prepare_trial(
    settings: Settings,
    tools: Tools,
    catalog: Catalog,
    asked: SandboxWish,
    *,
    scenario: CompiledScenario | None = None,
    blocks: Sequence[str] = (),
    swaps: Sequence[str] = (),
    alone: bool = False,
) -> Prepared:
    """Look everything up, generate the population, draw a name. Raises before anything starts.

    With `alone` nothing runs but the named blocks, and products are told that.
    """
    name = draw_name(scenario.scenario.slug if scenario else "sandbox") if asked.name is None else asked.name
    check_name(name)
    ref = ask_for(pack=asked.pack, size=asked.size, seed=asked.seed, dirt=asked.dirt)
    pack = load_pack(settings.content, asked.pack)
    wanted = blocks if alone else catalog.close_over_requires(blocks)
    slugs = scenario.scenario.blocks if scenario else tuple(wanted)
    descriptors = {slug: catalog.descriptor(slug) for slug in slugs}
    candidates = let_in(settings, tools, swaps, descriptors, alone=alone)
    wiring = build_wiring(catalog.blocks(slugs), catalog.controls(), scenario.scenario if scenario else None)
    wiring = add_seeder(wiring, candidates, descriptors)
    tools.report("making fictitious citizens", 0, ref.size)
    folder, manifest, dirt = ensure_dirty(
        pack,
        read_recipe(settings.content),
        ref,
        settings.home / "populations",
        progress=lambda share: tools.report("making fictitious citizens", int(share * ref.size), ref.size),
    )
    now = tools.now()
    spec = SandboxSpec(
        name=name,
        runtime=tools.runtime.info().name,
        scenario=scenario.scenario.slug if scenario else None,
        blocks=tuple(slugs),
        population=ref,
        population_digest=manifest.digest,
        clock_start=date.fromisoformat(manifest.reference_date),
        created=now,
        expires=now + asked.lease if asked.lease else None,
        product_version=__version__,
        swaps=tuple(remember(candidate) for candidate in candidates.values()),
    )
    wish = Wish(spec=spec, blocks=descriptors, wiring=wiring, population=folder, candidates=candidates)
    return Prepared(wish=wish, manifest=manifest, scenario=scenario, dirt=dirt)


def draw_name(stem: str) -> str:
    """Draw a free-looking name such as `cash-transfer-7f3a`; the stem is cut to what fits."""
    return f"{stem[:15].rstrip('-')}-{secrets.token_hex(2)}"
