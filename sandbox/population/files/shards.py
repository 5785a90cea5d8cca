"""A population made on several machines: shard sets, and merging them into the whole.

A shard set is a run of the population's parts in a folder of its own, with a `shard.json`
instead of a manifest, so that nobody takes it for a population. Merged, the sets are the same
files and the same manifest as the single run. Refuses sets that are missing, doubled, damaged, or
of another population.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pydantic import ValidationError

from sandbox.errors import ContentError, UsageError
from sandbox.model.block import Frozen
from sandbox.model.population import Manifest, PopulationRef
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.files.generation import (
    BYTES_PER_PERSON,
    MANIFEST,
    Progress,
    compile_for,
    describe,
    write_manifest,
    write_parts,
)
from sandbox.population.files.new_folder import new_folder
from sandbox.population.files.parts import digest_part, plan_parts
from sandbox.population.files.sums import write_sums
from sandbox.population.files.writing import open_writer, read_row_group
from sandbox.population.packs.folder import Pack

SHARD = "shard.json"


class ShardTable(Frozen):
    """One table's file in a shard set: its length, and for each part its rows and digest."""

    stored_bytes: int
    rows: int
    digests: tuple[str, ...]


class ShardSet(Frozen):
    """`shard.json`: which population this is a part of, and which part."""

    pack: str
    pack_digest: str
    size: int
    seed: int
    number: int
    """From 1."""
    count: int
    parts: int
    tables: dict[str, ShardTable]

    @property
    def of(self) -> tuple[str, str, int, int, int]:
        """What all sets of one population have in common."""
        return (self.pack, self.pack_digest, self.size, self.seed, self.count)


def generate_shard(
    pack: Pack,
    ref: PopulationRef,
    out: Path,
    *,
    number: int,
    count: int,
    progress: Progress | None = None,
    processes: int | None = None,
) -> ShardSet:
    """Generate shard set `number` of `count` into the new folder `out`; raises as `generate` does."""
    compiled = compile_for(pack, ref)
    parts = plan_parts(compiled, ref.seed, ref.size)
    if not 1 <= number <= count <= len(parts):
        raise UsageError(
            f"{ref.size} persons can't be cut into shard {number} of {count}",
            hint=f"choose from 1/1 to {len(parts)}/{len(parts)}",
        )
    first, last = ((number + step) * len(parts) // count for step in (-1, 0))
    with new_folder(out, needed=ref.size * BYTES_PER_PERSON // count) as folder:
        written = write_parts(
            compiled, ref, parts[first:last], folder, progress=progress, processes=processes
        )
        described = ShardSet(
            pack=pack.code,
            pack_digest=pack.digest,
            size=ref.size,
            seed=ref.seed,
            number=number,
            count=count,
            parts=last - first,
            tables={
                table: ShardTable(
                    stored_bytes=(folder / f"{table}.parquet").stat().st_size,
                    rows=written.rows[table],
                    digests=tuple(written.digests[table]),
                )
                for table in SCHEMAS
            },
        )
        write_manifest(folder / SHARD, described)
    return described


def read_shard(folder: Path) -> ShardSet:
    """Read a shard set's description. Raises ContentError when there is none."""
    path = folder / SHARD
    try:
        return ShardSet.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ContentError(
            f"no shard here: {error.strerror}",
            path=str(path),
            hint="name folders that `sandbox data generate --shards` wrote",
        ) from error
    except ValidationError as error:
        message = f"not a shard's description: {error.errors()[0]['msg']}"
        raise ContentError(message, path=str(path)) from error


def merge(pack: Pack, folders: Sequence[Path], out: Path, *, progress: Progress | None = None) -> Manifest:
    """Put shard sets together into the new folder `out`: the same bytes as `generate` writes.

    The order of `folders` makes no difference. Raises UsageError when they are not exactly one
    population's sets, ContentError with the file when one is damaged.
    """
    sets = _arrange(pack, folders)
    first = sets[0][1]
    ref = PopulationRef(pack=first.pack, size=first.size, seed=first.seed)
    with new_folder(out, needed=ref.size * BYTES_PER_PERSON) as folder:
        total, done = sum(described.parts for _, described in sets), 0
        with open_writer(folder) as writer:
            for source, described in sets:
                groups = dict.fromkeys(SCHEMAS, 0)
                for part in range(described.parts):
                    tables = {}
                    for table in SCHEMAS:
                        tables[table] = _read_part(source, described, table, part, groups)
                    writer.write(tables, {table: described.tables[table].digests[part] for table in SCHEMAS})
                    done += 1
                    if progress is not None:
                        progress(done / total)
        manifest = describe(pack, ref, folder, rows=writer.rows, digests=writer.digests)
        write_manifest(folder / MANIFEST, manifest)
        write_sums(folder)
    return manifest


def _arrange(pack: Pack, folders: Sequence[Path]) -> list[tuple[Path, ShardSet]]:
    """Put the sets in order, and refuse what isn't one whole population."""
    if not folders:
        raise UsageError("no shard was named")
    sets = sorted(((folder, read_shard(folder)) for folder in folders), key=lambda each: each[1].number)
    first = sets[0][1]
    for folder, described in sets:
        if described.of != first.of:
            raise UsageError(
                f"{folder} is of another population than {sets[0][0]}",
                hint=f"{_name(described)}, wanted {_name(first)}",
            )
    if first.pack_digest != pack.digest:
        raise UsageError(
            f"the shards were made from another version of pack {first.pack!r}",
            hint="generate them again, all with the same release",
        )
    found = [described.number for _, described in sets]
    doubled = sorted({number for number in found if found.count(number) > 1})
    if doubled:
        raise UsageError(f"shard {doubled[0]} of {first.count} was named {found.count(doubled[0])} times")
    missing = sorted(set(range(1, first.count + 1)) - set(found))
    if missing:
        names = ", ".join(map(str, missing))
        raise UsageError(f"of {first.count} shards these are missing: {names}", hint="name every shard once")
    return sets


def _name(described: ShardSet) -> str:
    return (
        f"pack {described.pack}, size {described.size}, seed {described.seed}, of {described.count} shards"
        f", pack digest {described.pack_digest[:12]}"
    )


def _read_part(folder: Path, described: ShardSet, table: str, part: int, groups: dict[str, int]) -> pa.Table:
    """Read a table's rows of one part; parts without rows have no row group."""
    path, wanted = folder / f"{table}.parquet", described.tables[table]
    try:
        rows = read_row_group(path, groups[table])
        digest = digest_part(table, rows)
        if digest != wanted.digests[part]:
            # Nothing was written for a part without rows, so this group is a later part's.
            rows = rows.slice(0, 0)
            digest = digest_part(table, rows)
        else:
            groups[table] += 1 if rows.num_rows else 0
    except (OSError, KeyError, pa.ArrowException) as error:
        raise ContentError(f"the shard's file can't be read: {error}", path=str(path)) from error
    if digest != wanted.digests[part]:
        raise ContentError(
            "the shard's file is not what was written", path=str(path), hint="generate the shard again"
        )
    return rows
