"""What the cache of populations holds, and taking one out: whole, and never while somebody makes it.

Sandboxes link or copy the files of their population, so taking one out hurts none of them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.population.files.cache import read_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """One folder of the cache. Without a digest it is damaged, or was left by a killed command."""

    folder: Path
    digest: str
    stored_bytes: int
    used: datetime


def list_shelf(cache: Path) -> Sequence[Shelved]:
    """List the populations in the cache, and what killed commands left there."""
    found = []
    for folder in sorted(cache.iterdir()) if cache.is_dir() else ():
        with suppress(OSError):  # somebody took it out meanwhile
            if folder.is_dir() and folder.name != ".locks":
                found.append(_shelved(folder))
    return found


def take_out(cache: Path, folder: Path) -> bool:
    """Remove one; False when somebody is making it right now."""
    locks = cache / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    name = folder.name.removeprefix(".").split(".")[0]
    with (locks / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        going = cache / f".{name}.{secrets.token_hex(4)}.partial"
        with suppress(FileNotFoundError):
            folder.rename(going)  # nobody ever reads half of one
        shutil.rmtree(going, ignore_errors=True)
    return True


def _shelved(folder: Path) -> Shelved:
    digest = ""
    if not folder.name.startswith("."):
        with suppress(ContentError):
            digest = read_manifest(folder).digest
    used = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    stored = sum(
        (Path(parent) / name).stat().st_size for parent, _, names in os.walk(folder) for name in names
    )
    return Shelved(folder=folder, digest=digest, stored_bytes=stored, used=used)
