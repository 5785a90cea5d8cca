"""What runs in a sandbox now, as its runtime says: instances and how each is."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.bootstrap import find_tools
from sandbox.controlplane.plane import Plane
from sandbox.errors import SandboxError
from sandbox.lifecycle.service import list_all
from sandbox.store.schema import SandboxRow

LOG_IN = "/authorize"
"""What a block that logs people in shows."""
INBOX = "/inbox-page"
"""Opens with a link alone, which messaging makes for one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One instance. `phase` is running, exited or missing."""

    name: str
    phase: str


def look_at(plane: Plane, row: SandboxRow) -> tuple[Seen, ...]:
    """List the instances of a sandbox; none while it is not up, or when its runtime does not answer."""
    if row.state != "running":
        return ()
    try:
        tools = find_tools(plane.settings, row.name, row.wish.get("runtime"))
    except SandboxError:
        return ()
    listed = next((each for each in list_all(tools) if each.name == row.name), None)
    if listed is None or listed.spec is None:
        return ()
    names = (*listed.spec.blocks, "controls", *listed.spec.parts)
    return tuple(Seen(name=name, phase=listed.instances.get(name, "missing")) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page of a block that a person may begin at."""

    block: str
    title: str
    path: str


def pages_of(plane: Plane, row: SandboxRow) -> tuple[Opened, ...]:
    """List the pages to begin at; none while the sandbox is not up."""
    if row.state != "running":
        return ()
    asked = row.wish.get("blocks") or plane.catalog.scenario(row.wish["scenario"]).blocks
    found = (plane.catalog.descriptor(slug) for slug in plane.catalog.close_over_requires(asked))
    return tuple(
        Opened(block=each.slug, title=each.name, path=path)
        for each in found
        if LOG_IN not in each.public  # a log-in begins at the service that wants it
        for path in each.public
        if not path.startswith("/.") and path != INBOX
    )
