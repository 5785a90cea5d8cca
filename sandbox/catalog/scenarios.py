"""Reads a scenario's folder: the story, the documents it calls, policy and findings.

Sources lead to two places only: Arazzo documents inside the scenario's own folder, and the
curated contracts of blocks and controls in the same content root. No URL, no absolute
path, no symbolic link that leads elsewhere is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.catalog.arazzo import read_document
from sandbox.catalog.blocks import CONTROLS, CONTROLS_FILE, Reader
from sandbox.catalog.cursor import Cursor, Problems
from sandbox.catalog.findings import read_findings
from sandbox.catalog.links import check_links
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.operation import Interface
from sandbox.model.scenario import CLOSING, JOURNEY, Document, Scenario, Source

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
STORY = "scenario.arazzo.yaml"

MOST_DOCUMENTS = 50
"""Of one scenario; far more than anybody reads, far less than it takes to exhaust the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a scenario is read against."""

    root: Path
    """Absolute, without symbolic links."""
    block_folders: Mapping[str, Path]
    """Slug -> folder of every block of the catalogue."""
    interface: Callable[[str], Interface]
    """Slug (`sandbox` for the controls) -> contract."""
    close_over_requires: Callable[[list[str]], tuple[str, ...]]
    read: Reader


def read_scenario(slug: str, around: Surroundings, problems: Problems) -> Scenario | None:
    """Read one scenario; None when what is wrong with it leaves no scenario to speak of."""
    folder = around.root / "scenarios" / slug
    if not SLUG.fullmatch(slug):
        problems.errors.append(
            ContentError(
                f"the folder's name is {slug!r}, wanted: small letters, digits and hyphens",
                path=f"scenarios/{slug}",
            )
        )
        return None
    with problems.collecting():
        story, documents, blocks = read_story(folder / STORY, around, problems)
        policy: Mapping[str, Any] = {}
        if (folder / "policy.yaml").exists():
            policy = around.read(folder / "policy.yaml", around.root).data
        findings = read_findings(folder / "findings.yaml", story, around.root, around.read)
        if not story.workflows:
            return None
        return Scenario(
            slug=slug,
            folder=folder,
            story=story,
            documents=documents,
            blocks=around.close_over_requires(sorted(blocks - {CONTROLS})),
            policy=policy,
            findings=findings,
        )
    return None


def read_story(
    path: Path, around: Surroundings, problems: Problems
) -> tuple[Document, Mapping[Path, Document], frozenset[str]]:
    """Read a document of one story, all that it calls, and the slugs of what these call."""
    reading = _Reading(path.parent, around, problems)
    before = len(problems.errors)
    story = reading.document(path, ())
    for name in (JOURNEY, CLOSING):
        # They may be for many journeys alone, and no part of the story.
        if path.name == STORY and (path.parent / name).is_file():
            reading.document(path.parent / name, ())
    if len(problems.errors) == before:
        check_links(reading.documents, around.interface, problems)
    return story, reading.documents, frozenset(reading.blocks)


@dataclass(slots=True)
class _Reading:
    """One pass over the documents of a scenario."""

    folder: Path
    around: Surroundings
    problems: Problems
    documents: dict[Path, Document] = field(default_factory=dict)
    blocks: set[str] = field(default_factory=set)

    def document(self, path: Path, above: tuple[Path, ...]) -> Document:
        """Read one document and, before it is done, those it calls."""
        known = self.documents.get(path)
        if known is not None:
            return known

        def resolve(entry: Cursor, name: str, kind: str) -> Source:
            url = entry.need("url")
            if kind == "openapi":
                return self._contract(entry, name, url, path)
            target = self._neighbour(url, path)
            if target in (*above, path):
                raise url.error(
                    "this document leads back to itself", hint="move what both need to a third file"
                )
            if len(above) + len(self.documents) >= MOST_DOCUMENTS:
                raise url.error(f"the scenario has more than {MOST_DOCUMENTS} documents")
            self.document(target, (*above, path))
            return Source(name=name, kind="arazzo", path=target, block=None, place=entry.place)

        yaml = self.around.read(path, self.around.root)
        document = read_document(yaml, path, resolve, self.around.interface, self.problems)
        self.documents[path] = document
        return document

    def _neighbour(self, url: Cursor, path: Path) -> Path:
        target = _resolve(url, path)
        if not target.is_relative_to(self.folder) or ".." in PurePosixPath(url.text()).parts:
            raise url.error(
                f"{url.value!r} leads out of the scenario's folder",
                hint="keep a scenario's documents together",
            )
        if not target.is_file():
            here = [entry.name for entry in path.parent.glob("*.arazzo.yaml")]
            raise url.error(f"{url.value!r} does not exist", hint=nearest(target.name, here))
        return target

    def _contract(self, entry: Cursor, name: str, url: Cursor, path: Path) -> Source:
        target = _resolve(url, path)
        known = {folder / "openapi.yaml": slug for slug, folder in self.around.block_folders.items()} | {
            self.around.root / CONTROLS_FILE: CONTROLS
        }
        if target not in known:
            if target.is_relative_to(self.around.root / "blocks") and target.name == "openapi.yaml":
                folders = [folder.name for folder in self.around.block_folders.values()]
                raise url.error(f"no block lies at {url.value!r}", hint=nearest(target.parent.name, folders))
            raise url.error(
                f"{url.value!r} is not a block's contract",
                hint=f"write ../../blocks/<name>/openapi.yaml or ../../{CONTROLS_FILE}",
            )
        slug = known[target]
        self.blocks.add(slug)
        return Source(name=name, kind="openapi", path=target, block=slug, place=entry.place)


def _resolve(url: Cursor, path: Path) -> Path:
    text = url.text()
    if ":" in text or text.startswith("/") or "\\" in text or "\0" in text:
        raise url.error(f"{text!r} is not a relative path", hint="sources are files of this content root")
    try:
        target = (path.parent / text).resolve()
        target.is_file()
    except (OSError, RuntimeError):  # a name too long, a link that leads to itself
        raise url.error(f"{text[:60]!r} can't be followed") from None
    return target
