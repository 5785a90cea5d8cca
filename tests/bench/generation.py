"""How fast fictitious citizens are made, beside Faker and Mimesis making fifteen fields a person.

Two rates of ours stand beside them. The first is the same fifteen fields in memory: the table of persons
is drawn alone, with kinship, as Arrow batches; it has sixteen more columns, and they are drawn too. The
second is every table of the population written as Parquet with digests, all of which is charged. The
peers fill dictionaries, on a smaller count. Peak memory is the PSS of the command and its children,
summed every 20 ms.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from figures import Figure, Series
from generators import FIELDS, make_peers, rate
from installation import Installation
from watching import watch_peak

from sandbox.model.population import PopulationRef
from sandbox.population import Pack, compile_pack, load_pack
from sandbox.population.engine.tables import draw_tables
from sandbox.population.files.generation import describe, new_folder, plan_parts, write_parts
from sandbox.population.files.parts import plan_shards

PACK = "ke"
MILLION = 1_000_000
RATE_SIZE = 100_000
FIELDS_SIZE = 300_000
PEER_PERSONS = 2_000
SMALL = 1_000
SMALL_AIM_SECONDS = 0.05
RATIO_AIMS = {"Faker, names unweighted": 60, "Faker, names weighted": 300}
_MB = 1_000_000


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure rates beside the peers in turns, then a thousand and a million persons."""
    pack = load_pack(installation.settings.content, PACK)
    out = installation.scratch / "people"
    peers = make_peers()
    _write_all(pack, SMALL, out)  # imports
    small = [_write_all(pack, SMALL, out) for _ in range(runs)]
    fields: list[float] = []
    tables: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for run in range(runs):
        fields.append(FIELDS_SIZE / _draw_fields(pack, FIELDS_SIZE))
        say(f"round {run + 1}: fifteen fields in memory {fields[-1]:,.0f} persons/s")
        tables.append(RATE_SIZE / _write_all(pack, RATE_SIZE, out))
        say(f"round {run + 1}: all tables as files {tables[-1]:,.0f} persons/s")
        for name, make in peers.items():
            theirs[name].append(rate(make, PEER_PERSONS))
            say(f"round {run + 1}: {name} {theirs[name][-1]:,.0f} persons/s")
    return [
        *(
            Figure(
                name=f"generation-{label}-{PACK}",
                unit="persons/s",
                measured=Series(ours),
                peer=name,
                peer_measured=Series(theirs[name]),
                ratio_aim=RATIO_AIMS.get(name) if ours is fields else None,
                more_is_better=True,
            )
            for label, ours in (("fields", fields), ("rate", tables))
            for name in peers
        ),
        Figure(name=f"generation-1k-{PACK}", unit="s", measured=Series(small), aim=SMALL_AIM_SECONDS),
        *_whole(installation, MILLION, "1m", say),
        *(_whole(installation, 10 * MILLION, "10m", say) if installation.full else []),
    ]


def _draw_fields(pack: Pack, size: int) -> float:
    """Draw the table of persons alone and keep what the peers make, too."""
    compiled, seed = compile_pack(pack), 1
    began = time.perf_counter()
    kept = [
        draw_tables(compiled, seed, shard, size=size, tables=("persons",))["persons"].select(FIELDS)
        for shard in plan_shards(compiled, seed, size)
    ]
    seconds = time.perf_counter() - began
    if sum(batch.num_rows for batch in kept) != size:
        raise RuntimeError(f"{size} persons were asked for")
    return seconds


def _write_all(pack: Pack, size: int, out: Path) -> float:
    """Write every table with its digest and a manifest, from one process."""
    compiled, ref = compile_pack(pack), PopulationRef(pack=PACK, size=size)
    began = time.perf_counter()
    with new_folder(out, needed=size) as folder:
        parts = plan_parts(compiled, ref.seed, ref.size)
        written = write_parts(compiled, ref, parts, folder)
        describe(pack, ref, folder, rows=written.rows, digests=written.digests)
    seconds = time.perf_counter() - began
    shutil.rmtree(out)
    return seconds


def _whole(installation: Installation, size: int, label: str, say: Callable[[str], None]) -> list[Figure]:
    """Run the command once and watch it."""
    out = installation.scratch / "people"
    began = time.perf_counter()
    process = installation.command("data", "generate", f"--pack={PACK}", f"--size={size}", f"--out={out}")
    peak = watch_peak(process.pid, while_true=lambda: process.poll() is None)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise RuntimeError(f"{size} citizens could not be made: {installation.complaints.read_text()[-500:]}")
    stored = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    say(f"{size:,} citizens in {seconds:.1f} s, {peak / _MB:.0f} MB at most, {stored / _MB:.0f} MB on disk")
    return [
        Figure(name=f"generation-{label}-{PACK}", unit="s", measured=Series([seconds])),
        Figure(name=f"generation-{label}-{PACK}-memory", unit="MB", measured=Series([peak / _MB])),
        Figure(name=f"generation-{label}-{PACK}-stored", unit="MB", measured=Series([stored / _MB])),
    ]
