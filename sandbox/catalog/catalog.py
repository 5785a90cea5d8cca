"""The catalogue: blocks and scenarios found by scanning folders, each read when it is asked for.

Opening a catalogue lists two folders and reads nothing. A new block or scenario is one new
folder; there is no list to enter it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sandbox.catalog.blocks import CONTROLS, Block, load_block, load_controls, load_descriptor
from sandbox.catalog.cache import open_reader
from sandbox.catalog.cursor import Problems
from sandbox.catalog.documents import Yaml
from sandbox.catalog.scenarios import STORY, Surroundings, read_scenario
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError, NotFound
from sandbox.model.block import BlockDescriptor
from sandbox.model.operation import Interface
from sandbox.model.scenario import Scenario

MEDIATOR = "information-mediator"
"""Part of every sandbox: it carries every call."""


def open_catalog(root: Path, *, cache: Path | None = None) -> Catalog:
    """List what `root` holds; with `cache`, parsed contracts are kept in that folder by content."""
    return Catalog(root.resolve(), cache)


class Catalog:
    """Blocks and scenarios of one content root. Values are read once and kept."""

    def __init__(self, root: Path, cache: Path | None) -> None:
        self.root = root
        self._read = open_reader(cache)
        self._folders = {
            path.parent.name.replace("_", "-"): path.parent.resolve()
            for path in sorted((root / "blocks").glob("*/block.yaml"))
        }
        self._scenarios = sorted(path.parent.name for path in (root / "scenarios").glob(f"*/{STORY}"))
        self._descriptors: dict[str, BlockDescriptor] = {}
        self._blocks: dict[str, Block] = {}
        self._controls: Interface | None = None

    def read(self, path: Path) -> Yaml:
        """Read any YAML file of this content root."""
        return self._read(path, self.root)

    def block_slugs(self) -> tuple[str, ...]:
        """Name every block."""
        return tuple(self._folders)

    def scenario_slugs(self) -> tuple[str, ...]:
        """Name every scenario."""
        return tuple(self._scenarios)

    def blocks(self, slugs: Iterable[str] | None = None) -> tuple[Block, ...]:
        """Read the named blocks, or all of them."""
        return tuple(self.block(slug) for slug in (self._folders if slugs is None else slugs))

    def block(self, slug: str) -> Block:
        """Read one block, descriptor and contract."""
        if slug not in self._blocks:
            self._blocks[slug] = load_block(self._folder(slug), self.root, read=self._read)
        return self._blocks[slug]

    def descriptor(self, slug: str) -> BlockDescriptor:
        """Read one block's descriptor and leave its contract unread."""
        if slug not in self._descriptors:
            self._descriptors[slug] = load_descriptor(self._folder(slug), self.root, read=self._read)
        return self._descriptors[slug]

    def controls(self) -> Interface:
        """Read the contract of the sandbox's own operations."""
        if self._controls is None:
            self._controls = load_controls(self.root, read=self._read)
        return self._controls

    def interface(self, slug: str) -> Interface:
        """Read the contract of a block, or of the controls (`sandbox`)."""
        return self.controls() if slug == CONTROLS else self.block(slug).interface

    def interfaces(self, scenario: Scenario) -> Mapping[str, Interface]:
        """Read the contracts of everything that a scenario runs with, by slug; the controls included."""
        return {slug: self.interface(slug) for slug in (*scenario.blocks, CONTROLS)}

    def close_over_requires(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Add what the named blocks require, and what those require; the mediator is always among them."""
        if MEDIATOR not in self._folders:
            raise ContentError(f"the block {MEDIATOR!r} is missing; it carries every call", path="blocks")
        found: set[str] = set()
        waiting = [*slugs, MEDIATOR]
        while waiting:
            slug = waiting.pop()
            if slug not in found:
                found.add(slug)
                waiting.extend(self.requires(slug))
        return tuple(sorted(found))

    def requires(self, slug: str) -> tuple[str, ...]:
        """Name what one block requires; ContentError when that is not there."""
        required = self.descriptor(slug).requires
        for position, other in enumerate(required):
            if other not in self._folders:
                raise self.read(self._folder(slug) / "block.yaml").error(
                    f"requires the block {other!r}, which doesn't exist",
                    ("requires", position),
                    hint=nearest(other, self._folders),
                )
        return required

    def scenario(self, slug: str) -> Scenario:
        """Read one scenario; the first thing wrong with it is raised."""
        problems = Problems()
        scenario = self.inspect_scenario(slug, problems)
        problems.raise_first()
        assert scenario is not None, "a scenario that can't be read has a problem"
        return scenario

    def inspect_scenario(self, slug: str, problems: Problems) -> Scenario | None:
        """Read one scenario and collect all that is wrong with it.

        What comes back when something was wrong is for showing more errors, not for running.
        """
        if slug not in self._scenarios:
            raise NotFound(f"no scenario is called {slug!r}", hint=nearest(slug, self._scenarios))
        return read_scenario(slug, self.surroundings(), problems)

    def surroundings(self) -> Surroundings:
        """Give what a document is read against."""
        return Surroundings(
            root=self.root,
            block_folders=self._folders,
            interface=self.interface,
            close_over_requires=self.close_over_requires,
            read=self._read,
        )

    def _folder(self, slug: str) -> Path:
        if slug not in self._folders:
            raise NotFound(f"no block is called {slug!r}", hint=nearest(slug, self._folders))
        return self._folders[slug]


def load_scenario(catalog: Catalog, slug: str) -> Scenario:
    """Read one scenario of a catalogue."""
    return catalog.scenario(slug)
