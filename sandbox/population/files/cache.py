"""Populations kept on disk, so that the second sandbox of the same citizens starts at once.

Twenty processes may ask for the same one at the same moment: one generates, the others wait
for its lock and read. A cached folder that is damaged is made again, never repaired.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from sandbox.errors import ContentError, RuntimeFailure
from sandbox.model.population import Manifest, PopulationRef
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.files.generation import MANIFEST, Progress, check_size, generate
from sandbox.population.files.shards import SHARD
from sandbox.population.files.sums import sums_hold
from sandbox.population.packs.folder import Pack


def ensure(
    pack: Pack, ref: PopulationRef, cache: Path, *, progress: Progress | None = None
) -> tuple[Path, Manifest]:
    """Give the folder of this population, generated now unless it is there and whole."""
    check_size(pack, ref.size)
    folder = cache / name_in_cache(pack, ref)
    cached = read_whole(folder)
    if cached is not None:
        note_use(folder)
        return folder, cached
    with locked(cache, folder.name):
        # Somebody else may have finished while this process waited for the lock.
        cached = read_whole(folder)
        if cached is not None:
            return folder, cached
        _clear(cache, folder)
        return folder, generate(pack, ref, folder, progress=progress)


def name_in_cache(pack: Pack, ref: PopulationRef) -> str:
    """Name the folder after what its clean citizens follow from."""
    return f"{ref.pack}-{ref.size}-{ref.seed}-{pack.digest[:12]}"


def note_use(folder: Path) -> None:
    """Remember that it was used now: what was used longest ago goes first, what is in use just now never."""
    with suppress(OSError):
        os.utime(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a population's folder; ContentError when there is none or it is not one."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        if (folder / SHARD).exists():
            raise ContentError(
                "this is one shard of a population, not the whole",
                path=str(folder / SHARD),
                hint="put all shards together with `sandbox data merge`",
            ) from error
        raise ContentError(f"no population here: {error.strerror}", path=str(path)) from error
    except ValidationError as error:
        raise ContentError(
            f"not a population's manifest: {error.errors()[0]['msg']}",
            path=str(path),
            hint="remove the folder; it is generated again when it is needed",
        ) from error


def read_whole(folder: Path) -> Manifest | None:
    """Read the manifest when every file is as it was written, and has the columns of today."""
    try:
        if not sums_hold(folder):
            return None
        manifest = read_manifest(folder)
        for table, schema in SCHEMAS.items():
            described, path = manifest.tables[table], folder / f"{table}.parquet"
            footer = pq.read_metadata(path)
            if footer.num_rows != described.rows or not footer.schema.to_arrow_schema().equals(schema):
                return None
    except (ContentError, KeyError, OSError, pa.ArrowException):
        return None
    return manifest


@contextmanager
def locked(cache: Path, name: str) -> Iterator[None]:
    """Hold the population's lock file; the system lets go of it when a process dies."""
    path = cache / ".locks" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise RuntimeFailure(
            f"{path.parent} can't be written: {error.strerror}",
            hint="SANDBOX_HOME names a folder that you may write to, with room",
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(cache: Path, folder: Path) -> None:
    """Remove a damaged folder and what killed processes left; only the lock's holder may."""
    shutil.rmtree(folder, ignore_errors=True)
    for left in cache.glob(f".{folder.name}.*.partial"):
        shutil.rmtree(left, ignore_errors=True)
