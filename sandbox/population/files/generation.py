"""Writes one population as a folder of Parquet files with a manifest, whole or not at all.

The folder grows under another name beside its place and is renamed when it is complete, so
nobody ever reads half a population. Refuses sizes for which the pack has no unique numbers.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from sandbox.errors import RuntimeFailure, StateConflict, UsageError
from sandbox.model.population import Manifest, PopulationRef, TableManifest
from sandbox.population.engine.compiled import CompiledPack, compile_pack
from sandbox.population.engine.people import Shard, count_persons
from sandbox.population.engine.tables import SCHEMAS, draw_tables
from sandbox.population.files.digest import TableDigest, combine
from sandbox.population.packs.folder import Pack
from sandbox.population.proof.statement import classify, state_strength

MANIFEST = "manifest.json"

BYTES_PER_PERSON = 220
"""What a person takes on disk, compressed, rounded up; for telling how much room is needed."""

Progress = Callable[[float], None]


def check_size(pack: Pack, size: int) -> None:
    """Raise UsageError unless the pack can give each of so many persons numbers of their own."""
    capacity = pack.profile.capacity
    if not 1 <= size <= capacity:
        raise UsageError(
            f"a population of {size} persons can't be made from pack {pack.code!r}",
            hint=f"choose a size from 1 to {capacity}",
        )


def generate(pack: Pack, ref: PopulationRef, out: Path, *, progress: Progress | None = None) -> Manifest:
    """Generate the population into the new folder `out`; `progress` hears the share done, up to 1.0.

    Raises UsageError for a size the pack can't serve, StateConflict when the folder is taken,
    RuntimeFailure when it can't be written.
    """
    if ref.pack != pack.code:
        raise UsageError(f"the population is of pack {ref.pack!r}, the pack given is {pack.code!r}")
    check_size(pack, ref.size)
    compiled = compile_pack(pack)
    with new_folder(out, needed=ref.size * BYTES_PER_PERSON) as folder:
        manifest = _write(pack, compiled, ref, folder, progress or _ignore)
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def plan_shards(compiled: CompiledPack, seed: int, size: int) -> Iterator[Shard]:
    """Number the shards that hold the first `size` persons, and say where each begins.

    With its plan entry every shard can be generated alone, on any machine, in any order.
    """
    number, first_person = 0, 0
    while first_person < size:
        yield Shard(number, first_person)
        first_person += count_persons(compiled, seed, number)
        number += 1


def _write(
    pack: Pack, compiled: CompiledPack, ref: PopulationRef, folder: Path, progress: Progress
) -> Manifest:
    digests = {table: TableDigest(schema) for table, schema in SCHEMAS.items()}
    rows = dict.fromkeys(SCHEMAS, 0)
    with ExitStack() as files:
        writers: dict[str, pq.ParquetWriter] = {}
        for shard in plan_shards(compiled, ref.seed, ref.size):
            for table, batch in draw_tables(compiled, ref.seed, shard, size=ref.size).items():
                if table not in writers:
                    # Without Arrow's own schema in the file, encoded texts are read back as plain ones.
                    writers[table] = files.enter_context(
                        pq.ParquetWriter(
                            folder / f"{table}.parquet", batch.schema, compression="zstd", store_schema=False
                        )
                    )
                writers[table].write_batch(batch)
                digests[table].update(batch)
                rows[table] += batch.num_rows
            progress(min(1.0, rows["persons"] / ref.size))
    found = {table: digest.hexdigest() for table, digest in digests.items()}
    profile = pack.profile
    return Manifest(
        pack=pack.code,
        country=profile.country,
        currency=profile.currency,
        pack_digest=pack.digest,
        size=ref.size,
        seed=ref.seed,
        reference_date=profile.reference_date.isoformat(),
        digest=combine(found),
        tables={
            table: TableManifest(
                rows=rows[table],
                columns=tuple(schema.names),
                digest=found[table],
                stored_bytes=(folder / f"{table}.parquet").stat().st_size,
            )
            for table, schema in SCHEMAS.items()
        },
        fields=classify(profile.fields),
        statement=state_strength(profile.fields),
    )


@contextmanager
def new_folder(out: Path, *, needed: int) -> Iterator[Path]:
    """Give a folder to fill, and rename it to `out` when the body ends well; else leave nothing."""
    try:
        if out.exists():
            raise _taken(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        growing = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    except OSError as error:
        raise _cannot_write(out.parent, error, needed) from error
    try:
        growing.chmod(0o755)
        yield growing
        growing.rename(out)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            # Somebody else finished first, while this one was growing.
            raise _taken(out) from error
        raise _cannot_write(out, error, needed) from error
    finally:
        shutil.rmtree(growing, ignore_errors=True)


def _taken(out: Path) -> StateConflict:
    return StateConflict(f"{out} exists already", hint="name a folder that does not exist yet")


def _cannot_write(out: Path, error: OSError, needed: int) -> RuntimeFailure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RuntimeFailure(
            f"the disk is full: {out} needs about {max(1, needed // 2**20)} MiB",
            hint="make room, choose a smaller size, or point SANDBOX_HOME to another disk",
        )
    return RuntimeFailure(f"{out} can't be written: {error.strerror or error}")


def _ignore(share: float) -> None:
    """Hear progress that nobody asked for."""
