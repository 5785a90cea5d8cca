"""Reads a block's behaviours: the Arazzo documents in `blocks/<name>/conformance/`, one story each.

They call that block's own contract and nothing else, for they are played against one product that
stands alone. Values that identify somebody or something are inputs: their `default` is what everybody
knows, their JSON Schema is what others are drawn from.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.catalog.cursor import Problems
from sandbox.catalog.scenarios import SLUG, read_story
from sandbox.errors import ContentError
from sandbox.model.scenario import Findings, Scenario

if TYPE_CHECKING:
    from sandbox.catalog.blocks import Block
    from sandbox.catalog.catalog import Catalog

FOLDER = "conformance"
ENDING = ".arazzo.yaml"


def read_behaviours(catalog: Catalog, block: Block) -> tuple[Scenario, ...]:
    """Read every behaviour of a block; the first thing wrong is raised."""
    problems = Problems()
    found = inspect_behaviours(catalog, block, problems)
    problems.raise_first()
    return found


def inspect_behaviours(catalog: Catalog, block: Block, problems: Problems) -> tuple[Scenario, ...]:
    """Read every behaviour of a block and collect all that is wrong."""
    found = []
    for path in sorted((block.folder / FOLDER).glob(f"*{ENDING}")):
        with problems.collecting():
            found.append(_read(catalog, block, path, problems))
    return tuple(found)


def _read(catalog: Catalog, block: Block, path: Path, problems: Problems) -> Scenario:
    name = path.name.removesuffix(ENDING)
    shown = path.relative_to(catalog.root).as_posix()
    if not SLUG.fullmatch(name):
        raise ContentError(f"the name is {name!r}, wanted: small letters, digits and hyphens", path=shown)
    story, documents, blocks = read_story(path, catalog.surroundings(), problems)
    others = blocks - {block.slug}
    if others:
        raise ContentError(
            f"it calls {', '.join(sorted(others))}; a behaviour calls its own block alone",
            path=shown,
            hint="what takes several blocks is a scenario",
        )
    return Scenario(
        slug=name,
        folder=path.parent,
        story=story,
        documents=documents,
        blocks=(block.slug,),
        policy={},
        findings=Findings(passed=story.summary or story.title),
    )
