"""Puts dirty registers beside a clean population, in one folder, whole or not at all.

<population>/
  persons.parquet ...            the clean citizens, with the digest that they have without dirt
  registers/<block>/...          what that block is loaded from instead
  truth/<block>.parquet, dirt.json       what is wrong where; stays out of every sandbox
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from sandbox.errors import ContentError
from sandbox.model.dirt import DIRT, Dirt, DirtManifest
from sandbox.model.population import Manifest, PopulationRef
from sandbox.population.dirt.deaths import read_late_spouses
from sandbox.population.dirt.duplicates import check_room
from sandbox.population.dirt.recipe import Recipe
from sandbox.population.dirt.register import count_work, write_register
from sandbox.population.dirt.soiling import Soil
from sandbox.population.files.cache import ensure, locked, name_in_cache, note_use, read_whole
from sandbox.population.files.generation import BYTES_PER_PERSON, Progress, generate
from sandbox.population.files.new_folder import new_folder
from sandbox.population.files.shards import merge, read_shard
from sandbox.population.files.sums import write_sums
from sandbox.population.packs.folder import Pack

_CLEAN_SHARE = 0.5
"""How much of the progress that is told is the clean population's."""


def generate_dirty(
    pack: Pack,
    recipe: Recipe,
    ref: PopulationRef,
    out: Path,
    *,
    progress: Progress | None = None,
    processes: int | None = None,
) -> tuple[Manifest, DirtManifest | None]:
    """Generate a population with its registers into the new folder `out`; without dirt just the clean one.

    Raises what `generate` raises, and UsageError for a size without room for duplicates.
    """
    if ref.dirt == "none":
        return generate(pack, ref, out, progress=progress, processes=processes), None

    def make(clean: Path, heard: Progress) -> Manifest:
        return generate(pack, ref, clean, progress=heard, processes=processes)

    return _make_dirty(pack, recipe, ref, out, make, progress)


def merge_dirty(
    pack: Pack,
    recipe: Recipe,
    folders: Sequence[Path],
    out: Path,
    *,
    dirt: Dirt,
    progress: Progress | None = None,
) -> tuple[Manifest, DirtManifest | None]:
    """Put shard sets together and give the whole its registers: the same bytes as `generate_dirty` writes.

    A fault may look at rows of the shard before, so that registers follow from the whole alone. Raises
    what `merge` raises, and UsageError for a size without room for duplicates.
    """
    if dirt == "none":
        return merge(pack, folders, out, progress=progress), None
    first = read_shard(folders[0])
    ref = PopulationRef(pack=first.pack, size=first.size, seed=first.seed, dirt=dirt)

    def make(clean: Path, heard: Progress) -> Manifest:
        return merge(pack, folders, clean, progress=heard)

    return _make_dirty(pack, recipe, ref, out, make, progress)


def ensure_dirty(
    pack: Pack, recipe: Recipe, ref: PopulationRef, cache: Path, *, progress: Progress | None = None
) -> tuple[Path, Manifest, DirtManifest | None]:
    """Give the folder of this population with its registers, made now unless it is there and whole."""
    if ref.dirt == "none":
        return *ensure(pack, ref, cache, progress=progress), None
    check_room(pack, ref.size)
    folder = cache / f"{name_in_cache(pack, ref)}-{ref.dirt}-{recipe.digest[:12]}"
    # Its sums cover the clean files too, so that those aren't read twice.
    cached = _read_whole(folder)
    if cached is not None:
        note_use(folder)
        return folder, *cached
    clean, manifest = ensure(pack, ref, cache, progress=_between(progress, 0.0, _CLEAN_SHARE))
    with locked(cache, folder.name):
        cached = _read_whole(folder)
        if cached is None:
            shutil.rmtree(folder, ignore_errors=True)
            with new_folder(folder, needed=_needed(ref)) as growing:
                for path in clean.iterdir():
                    _link(path, growing / path.name)
                rest = _between(progress, _CLEAN_SHARE, 1.0)
                cached = manifest, _add_registers(pack, recipe, ref, manifest, growing, rest)
    return folder, *cached


def read_dirt(folder: Path) -> DirtManifest | None:
    """Read what was planted; None for a population whose registers are clean."""
    path = folder / DIRT
    try:
        return DirtManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ContentError(
            "can't be read as what was planted in the registers",
            path=str(path),
            hint="generate the population again",
        ) from error


def _make_dirty(
    pack: Pack,
    recipe: Recipe,
    ref: PopulationRef,
    out: Path,
    make_clean: Callable[[Path, Progress], Manifest],
    progress: Progress | None,
) -> tuple[Manifest, DirtManifest]:
    check_room(pack, ref.size)
    with new_folder(out, needed=_needed(ref)) as folder:
        clean = folder / "clean"
        manifest = make_clean(clean, _between(progress, 0.0, _CLEAN_SHARE))
        for path in clean.iterdir():
            path.rename(folder / path.name)
        clean.rmdir()
        rest = _between(progress, _CLEAN_SHARE, 1.0)
        return manifest, _add_registers(pack, recipe, ref, manifest, folder, rest)


def _add_registers(
    pack: Pack,
    recipe: Recipe,
    ref: PopulationRef,
    manifest: Manifest,
    folder: Path,
    progress: Callable[[float], None],
) -> DirtManifest:
    rates = recipe.level(ref.dirt).rates()
    work = count_work(rates, {name: table.rows for name, table in manifest.tables.items()})
    done = 0
    late = read_late_spouses(folder)

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done / work)

    registers = tuple(
        write_register(
            Soil(
                register=register,
                rates=own,
                scripts=recipe.scripts,
                pack=pack,
                seed=ref.seed,
                reference=date.fromisoformat(manifest.reference_date),
                late=late,
            ),
            folder,
            folder,
            advance,
        )
        for register, own in rates.items()
    )
    dirt = DirtManifest(level=ref.dirt, recipe_digest=recipe.digest, registers=registers)
    (folder / DIRT).write_text(dirt.model_dump_json(indent=2) + "\n", encoding="utf-8")
    write_sums(folder)
    return dirt


def _read_whole(folder: Path) -> tuple[Manifest, DirtManifest] | None:
    """Read who is in it and what was planted, when every file is as it was written."""
    manifest = read_whole(folder)
    try:
        dirt = read_dirt(folder)
    except ContentError:
        return None
    return None if manifest is None or dirt is None else (manifest, dirt)


def _needed(ref: PopulationRef) -> int:
    """Bytes that the population and its registers take: three copies of persons, rounded up."""
    return 4 * ref.size * BYTES_PER_PERSON


def _between(progress: Progress | None, first: float, last: float) -> Progress:
    return lambda share: progress(first + (last - first) * share) if progress else None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
