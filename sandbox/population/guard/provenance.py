"""Recognises a table of a population of this sandbox, by making the population again.

Tables such as civil events name people without an id, so that no record of them could prove anything. A
manifest beside the file is only a claim, which anybody can write: what counts is that pack, size and seed
give the same values once more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from sandbox.errors import ContentError, SandboxError
from sandbox.model.population import PopulationRef
from sandbox.population.files.cache import read_manifest
from sandbox.population.files.file_digest import FileDigest
from sandbox.population.files.generation import generate
from sandbox.population.guard.source import ROWS_AT_ONCE
from sandbox.population.packs.folder import Pack


def prove_own_table(path: Path, packs: Sequence[Pack]) -> str:
    """Say of which population the file is a table; an empty text when that is not proven."""
    if path.suffix.lower() != ".parquet":
        return ""
    try:
        claimed = read_manifest(path.parent)
    except SandboxError:
        return ""
    pack = next((each for each in packs if each.code == claimed.pack), None)
    table = claimed.tables.get(path.stem)
    if pack is None or pack.digest != claimed.pack_digest or table is None:
        return ""
    found = _hash(path)
    if found is None or found != table.digest:
        return ""
    ref = PopulationRef(pack=claimed.pack, size=claimed.size, seed=claimed.seed)
    with tempfile.TemporaryDirectory(prefix="sandbox-provenance-") as room:
        made = generate(pack, ref, Path(room) / "again")
    if path.stem not in made.tables or made.tables[path.stem].digest != found:
        return ""
    return (
        f"proven to be the table {path.stem} of the population of pack {ref.pack}, size {ref.size}, seed "
        f"{ref.seed}: it was made again, and every value is the same"
    )


def _hash(path: Path) -> str | None:
    digest = FileDigest(path.parent, path.stem)
    try:
        for _ in digest.read(ROWS_AT_ONCE):
            pass
    except (ContentError, OSError, pa.ArrowException):
        return None
    return digest.hexdigest()
