"""Reads one building block's folder: its descriptor and its curated contract.

The folder is `blocks/<name>`, the slug the same word with hyphens. A block's Python is
never imported here, nor looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.catalog.documents import Yaml, read_yaml
from sandbox.catalog.interfaces import read_interface
from sandbox.catalog.validate import nearest, read_as
from sandbox.model.block import BlockDescriptor
from sandbox.model.operation import Interface, OperationDoc
from sandbox.model.wiring import Operation

Reader = Callable[[Path, Path], Yaml]
"""(file, content root) -> what it holds; `read_yaml`, or one that remembers."""

CONTROLS = "sandbox"
"""Slug of the sandbox's own operations, which scenarios name as one more source."""

CONTROLS_FILE = Path("sandbox/controls/openapi.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A building block as its folder describes it."""

    descriptor: BlockDescriptor
    folder: Path
    interface: Interface

    @property
    def slug(self) -> str:
        """The block's name in commands, addresses and scenarios."""
        return self.descriptor.slug

    @property
    def operations(self) -> Mapping[str, Operation]:
        """By operationId, as the mediator needs them."""
        return self.interface.operations

    @property
    def docs(self) -> Mapping[str, OperationDoc]:
        """By operationId, as a caller needs them."""
        return self.interface.docs


def load_block(folder: Path, root: Path | None = None, *, read: Reader = read_yaml) -> Block:
    """Read `block.yaml` and `openapi.yaml` of one folder; `root` is what errors show paths relative to."""
    root = root or folder.parent.parent
    descriptor = load_descriptor(folder, root, read=read)
    path = folder / "openapi.yaml"
    interface = load_interface(path, root, slug=descriptor.slug, read=read)
    _check_implements(descriptor, interface, read(folder / "block.yaml", root))
    return Block(descriptor=descriptor, folder=folder, interface=interface)


def load_descriptor(folder: Path, root: Path, *, read: Reader = read_yaml) -> BlockDescriptor:
    """Read `block.yaml` alone, which is quick; the contract is left for later."""
    yaml = read(folder / "block.yaml", root)
    descriptor = read_as(BlockDescriptor, yaml)
    wanted = folder.name.replace("_", "-")
    if descriptor.slug != wanted:
        raise yaml.error(
            f"the slug is {descriptor.slug!r}, wanted: {wanted!r}",
            ("slug",),
            hint="a block's slug is its folder's name with hyphens",
        )
    return descriptor


def load_interface(path: Path, root: Path, *, slug: str, read: Reader = read_yaml) -> Interface:
    """Read one curated contract."""
    return read_interface(read(path, root), slug=slug, path=path)


def load_controls(root: Path, *, read: Reader = read_yaml) -> Interface:
    """Read the contract of the controls."""
    return load_interface(root / CONTROLS_FILE, root, slug=CONTROLS, read=read)


def _check_implements(descriptor: BlockDescriptor, interface: Interface, yaml: Yaml) -> None:
    for group, entry in enumerate(descriptor.implements):
        for position, operation in enumerate(entry.operations):
            if operation not in interface.docs:
                raise yaml.error(
                    f"implements names the operation {operation!r}, which openapi.yaml doesn't have",
                    ("implements", group, "operations", position),
                    hint=nearest(operation, interface.docs),
                )
    for key in ("tolerant", "unsettling", "out_of_reach"):
        for operation in getattr(descriptor, key):
            if operation not in interface.docs:
                raise yaml.error(
                    f"{key} names the operation {operation!r}, which openapi.yaml doesn't have",
                    (key, operation),
                    hint=nearest(operation, interface.docs),
                )
