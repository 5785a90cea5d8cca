"""Checks a content root offline and tells everything that is wrong with it.

Nothing is started and nothing called. Expressions are parsed by the runner and packs by the
population package; `sandbox check` puts the three together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from sandbox.catalog.behaviours import inspect_behaviours
from sandbox.catalog.blocks import CONTROLS, Block
from sandbox.catalog.catalog import Catalog, open_catalog
from sandbox.catalog.content import check_content
from sandbox.catalog.cursor import Problems
from sandbox.catalog.pilots import PILOT, read_pilot
from sandbox.catalog.validate import nearest
from sandbox.catalog.wiring import build_wiring
from sandbox.errors import ContentError, NotFound


def check_catalog(
    root: Path, only: Collection[str] | None = None, *, cache: Path | None = None
) -> list[ContentError]:
    """Check blocks, controls and scenarios; `only` names the blocks and scenarios to look at.

    Raises NotFound when `only` names something that is not there.
    """
    catalog = open_catalog(root, cache=cache)
    known = {*catalog.block_slugs(), *catalog.scenario_slugs(), CONTROLS}
    for name in sorted(set(only or ()) - known):
        raise NotFound(f"no block or scenario is called {name!r}", hint=nearest(name, known))

    def wanted(slugs: Iterable[str]) -> list[str]:
        return [slug for slug in slugs if only is None or slug in only]

    problems = Problems()
    for slug in wanted(catalog.block_slugs()):
        with problems.collecting():
            _check_block(catalog.block(slug), catalog)
            problems.errors.extend(check_content(catalog.block(slug), catalog.read))
            inspect_behaviours(catalog, catalog.block(slug), problems)
    if wanted([CONTROLS]):
        with problems.collecting():
            catalog.controls()
    for slug in wanted(catalog.scenario_slugs()):
        _check_scenario(catalog, slug, problems)
    return _without_repeats(problems.errors)


def _check_block(block: Block, catalog: Catalog) -> None:
    catalog.requires(block.slug)
    yaml = catalog.read(block.folder / "block.yaml")
    for position, right in enumerate(block.descriptor.rights):
        pointer = ("rights", position)
        if right.service not in catalog.block_slugs():
            raise yaml.error(
                f"a right names the service {right.service!r}, which doesn't exist",
                (*pointer, "service"),
                hint=nearest(right.service, catalog.block_slugs()),
            )
        offered = catalog.block(right.service).operations
        for number, operation in enumerate(right.operations):
            if operation != "*" and operation not in offered:
                raise yaml.error(
                    f"{right.service} has no operation {operation!r}",
                    (*pointer, "operations", number),
                    hint=nearest(operation, offered),
                )


def _check_scenario(catalog: Catalog, slug: str, problems: Problems) -> None:
    scenario = catalog.inspect_scenario(slug, problems)
    if scenario is not None:
        with problems.collecting():
            build_wiring(catalog.blocks(scenario.blocks), catalog.controls(), scenario)
        with problems.collecting():
            if (scenario.folder / PILOT).exists():
                read_pilot(scenario.folder / PILOT, catalog.root, scenario)


def _without_repeats(errors: Iterable[ContentError]) -> list[ContentError]:
    """One broken contract is met by every step that calls it; it is told once."""
    told: dict[str, ContentError] = {}
    for error in errors:
        told.setdefault(str(error), error)
    return sorted(told.values(), key=lambda error: (error.path, error.line or 0))
