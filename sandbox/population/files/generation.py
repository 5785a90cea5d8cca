"""Writes one population as a folder of Parquet files with a manifest, whole or not at all.

The folder grows under another name beside its place and is renamed when it is complete, so
nobody ever reads half a population. Refuses sizes for which the pack has no unique numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.model.block import Frozen
from sandbox.model.population import Manifest, PopulationRef, TableManifest
from sandbox.population.engine.compiled import CompiledPack, compile_pack
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.files.digest import combine
from sandbox.population.files.new_folder import new_folder
from sandbox.population.files.parts import Part, join_digests, plan_parts
from sandbox.population.files.sums import write_sums
from sandbox.population.files.workers import Source, choose_processes, draw_parts
from sandbox.population.files.writing import PartWriter, open_writer
from sandbox.population.packs.folder import Pack
from sandbox.population.proof.classes import class_fields
from sandbox.population.proof.coincidence import expect_coincidences
from sandbox.population.proof.notice import write_notice
from sandbox.population.proof.statement import classify, state_strength

MANIFEST = "manifest.json"

BYTES_PER_PERSON = 90
"""What a person takes on disk, compressed, rounded up; for telling how much room is needed."""

Progress = Callable[[float], None]


def check_size(pack: Pack, size: int) -> None:
    """Raise UsageError unless the pack can give each of so many persons numbers of their own."""
    capacity = pack.capacity
    if not 1 <= size <= capacity:
        raise UsageError(
            f"a population of {size} persons can't be made from pack {pack.code!r}",
            hint=f"choose a size from 1 to {capacity}",
        )


def generate(
    pack: Pack,
    ref: PopulationRef,
    out: Path,
    *,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Manifest:
    """Generate the population into the new folder `out`; `progress` hears the share done, up to 1.0.

    `processes` draw at once, as many as are worth it when not said; the files don't depend on it.
    Raises UsageError for a size the pack can't serve, StateConflict when the folder is taken,
    RuntimeFailure when it can't be written.
    """
    compiled = compile_for(pack, ref)
    with new_folder(out, needed=ref.size * BYTES_PER_PERSON) as folder:
        parts = plan_parts(compiled, ref.seed, ref.size)
        written = write_parts(compiled, ref, parts, folder, progress=progress, processes=processes)
        manifest = describe(pack, ref, folder, rows=written.rows, digests=written.digests)
        write_manifest(folder / MANIFEST, manifest)
        write_sums(folder)
    return manifest


def compile_for(pack: Pack, ref: PopulationRef) -> CompiledPack:
    """Make the pack ready to draw this population. Raises UsageError when it can't serve it."""
    if ref.pack != pack.code:
        raise UsageError(f"the population is of pack {ref.pack!r}, the pack given is {pack.code!r}")
    check_size(pack, ref.size)
    return compile_pack(pack)


def write_parts(
    compiled: CompiledPack,
    ref: PopulationRef,
    parts: Sequence[Part],
    folder: Path,
    *,
    progress: Progress | None = None,
    processes: int | None = None,
) -> PartWriter:
    """Draw these parts and write them; gives back what was counted."""
    shards = sum(len(part.shards) for part in parts)
    done = 0

    def heard() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done / shards)

    source = Source(compiled, ref.seed, ref.size)
    chosen = choose_processes(ref.size) if processes is None else processes
    with open_writer(folder) as writer:
        for drawn in draw_parts(source, parts, chosen, heard=heard):
            writer.write(drawn.tables, drawn.digests)
    return writer


def describe(
    pack: Pack,
    ref: PopulationRef,
    folder: Path,
    *,
    rows: Mapping[str, int],
    digests: Mapping[str, Sequence[str]],
) -> Manifest:
    """Say what a complete folder holds; `digests` are those of the parts, in order."""
    profile = pack.profile
    coincidences = expect_coincidences(pack, ref.size)
    fields = class_fields(profile)
    found = {table: join_digests(parts) for table, parts in digests.items()}
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
        fields=classify(fields),
        statement=state_strength(fields),
        coincidences=coincidences,
        notice=write_notice(profile.country, ref.size, fields, coincidences),
    )


def write_manifest(path: Path, manifest: Frozen) -> None:
    """Write a manifest as indented JSON."""
    path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
