"""What goes into the image: its files as one archive, and the hash that is the image's identity.

Dates, owners and the order of folders don't enter, so that the same content gives the same
archive and the same hash on every machine. Tests and bytecode stay outside.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sandbox.runtimes.docker.requirements import Pin
from sandbox.settings import Settings

PACKAGES_FILE = "packages.Dockerfile"
APPLICATION_FILE = "Dockerfile"
SOURCE_TREES = ("blockkit", "blocks", "sandbox")

_LEFT_OUT = frozenset({"__pycache__", "tests", "conformance"})


def source_files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Yield (path inside the image, content) of our own code and data, sorted by path."""
    for tree in SOURCE_TREES:
        root = settings.content / tree
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(settings.content)
            if _LEFT_OUT.intersection(inside.parts) or any(part.startswith(".") for part in inside.parts):
                continue
            if path.is_file() and path.suffix != ".pyc":
                yield inside.as_posix(), path.read_bytes()


def packages_digest(settings: Settings, pins: Sequence[Pin]) -> str:
    """Hash what the image of Python packages is made of, the base image apart."""
    lines = "".join(f"{pin.requirement};{pin.marker}\n" for pin in pins)
    return _digest([("requirements", lines.encode()), (PACKAGES_FILE, dockerfile(settings, PACKAGES_FILE))])


@dataclass(frozen=True, slots=True)
class Content:
    """Everything the reference image is made of, the base image apart, read at one moment.

    Attributes:
        files: The build context of the application: recipe and sources.
        digest: Hash of these files and of the pinned packages.
    """

    files: tuple[tuple[str, bytes], ...]
    digest: str


def read_content(settings: Settings, pins: Sequence[Pin]) -> Content:
    """Read recipe and sources once, so that what is built is what was hashed."""
    files = (
        (APPLICATION_FILE, dockerfile(settings, APPLICATION_FILE)),
        *((f"application/{name}", data) for name, data in source_files(settings)),
    )
    return Content(files, _digest([("packages", packages_digest(settings, pins).encode()), *files]))


def dockerfile(settings: Settings, name: str) -> bytes:
    """Read one of the build's recipes."""
    return (settings.content / "compose" / name).read_bytes()


def write_archive(target: io.BufferedIOBase, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a build context: plain files, readable by everyone, without dates."""
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    total = sha256()
    for name, content in parts:
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
