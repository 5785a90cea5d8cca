"""How fast a million citizens get into PostgreSQL, beside other ways to the same table.

The server is the embedded one with the settings of `local`; the table has every column of
`persons` and no index. The limit here is the server reading a binary file that was encoded
beforehand. executemany and COPY text are measured on fewer rows and compared by rate.

With generation means two things, and both are measured: drawing that table alone, a shard at a time
while the server takes the one before, with no file in between; and, as `sandbox up` does it, making
every table of the population as files first.
"""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, Series
from installation import Installation
from pgpq import ArrowToPostgresBinaryEncoder
from watching import watch_peak

from blockkit.postgres import PostgresUnusable
from blockkit.seed import copy_batches, plain, read_batches
from blockkit.standalone import Server, throw_away_server
from sandbox.errors import RuntimeFailure
from sandbox.model.population import PopulationRef
from sandbox.population import Pack, compile_pack, generate, load_pack
from sandbox.population.engine.tables import SCHEMAS, draw_tables
from sandbox.population.files.parts import plan_shards

PACK = "ke"
SEED = 1
MILLION = 1_000_000
ROWS_MANY = 20_000
ROWS_TEXT = 200_000
LOAD_AIM_SECONDS = 4.0
MEMORY_AIM_MB = 839.0
"""800 MiB, whatever the size."""
LIMIT_AIM_RATIO = 0.75
CLONE_AIM_SECONDS = 0.5
LIMIT = "server-side COPY of a prebuilt binary file"
BYTES_PER_PERSON = 1_200
"""The files, the prebuilt one, the table and its clone, the server's log; rounded up."""
_TYPES = {"int64": "bigint", "int16": "smallint", "string": "text", "date32[day]": "date", "bool": "boolean"}
_MB = 1_000_000

Connection = psycopg.Connection[Any]


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure one million, and ten on request. Raises RuntimeFailure when the disk has no room for it."""
    _check_room(installation.scratch, 10 * MILLION if installation.full else MILLION)
    try:
        with throw_away_server() as server:
            figures = _measure(installation, server, MILLION, "1m", runs, say)
            if installation.full:
                figures += _measure(installation, server, 10 * MILLION, "10m", 1, say)
    except PostgresUnusable as error:
        raise RuntimeFailure(str(error)) from error
    return figures


def _measure(
    installation: Installation,
    server: Server,
    size: int,
    label: str,
    runs: int,
    say: Callable[[str], None],
) -> list[Figure]:
    pack = load_pack(installation.settings.content, PACK)
    people = installation.scratch / "people"
    prebuilt = installation.scratch / "persons.bin"
    rates: dict[str, list[float]] = {
        name: [] for name in ("ours", "drawn", "files", LIMIT, "executemany", "COPY text")
    }
    clones, peaks = [], []
    for run in range(runs):
        began = time.perf_counter()
        generate(pack, PopulationRef(pack=PACK, size=size, seed=SEED), people)
        generated = time.perf_counter() - began
        file = people / "persons.parquet"
        if not prebuilt.exists():
            _write_prebuilt(file, prebuilt)
        few = _read_rows(file, ROWS_TEXT)
        turns: dict[str, tuple[int, Callable[[Connection], object]]] = {
            LIMIT: (size, partial(_copy_prebuilt, path=prebuilt)),
            "drawn": (size, partial(_load_drawn, pack=pack, size=size)),
            "executemany": (ROWS_MANY, partial(_execute_many, rows=few[:ROWS_MANY])),
            "COPY text": (ROWS_TEXT, partial(_copy_text, rows=few)),
            "ours": (size, partial(_load, file=file)),
        }
        for name, (rows, load) in turns.items():
            seconds = _into_new_database(server.url, load)
            rates[name].append(rows / seconds)
            say(f"round {run + 1}: {name} {rates[name][-1]:,.0f} rows/s")
        rates["files"].append(size / (generated + size / rates["ours"][-1]))
        began = time.perf_counter()
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE clone TEMPLATE loaded STRATEGY FILE_COPY")
            clones.append(time.perf_counter() - began)
            admin.execute("DROP DATABASE clone")
        say(f"round {run + 1}: generated in {generated:.1f} s, cloned in {clones[-1]:.2f} s")
        peaks.append(_watch(server.url, file) / _MB)
        say(f"round {run + 1}: {peaks[-1]:.0f} MB at most while loading")
        shutil.rmtree(people)
    prebuilt.unlink()
    loads = Series([size / rate for rate in rates["ours"]])
    return [
        Figure(name=f"load-{label}", unit="s", measured=loads, aim=LOAD_AIM_SECONDS * size / MILLION),
        *(
            Figure(
                name=f"load-{label}-rate",
                unit="rows/s",
                measured=Series(rates["ours"]),
                peer=name,
                peer_measured=Series(rates[name]),
                ratio_aim=LIMIT_AIM_RATIO if name == LIMIT else None,
                more_is_better=True,
            )
            for name in ("executemany", "COPY text", LIMIT)
        ),
        *(
            Figure(
                name=f"load-{label}-{name}",
                unit="rows/s",
                measured=Series(rates[ours]),
                peer=LIMIT,
                peer_measured=Series(rates[LIMIT]),
                ratio_aim=aim,
                more_is_better=True,
            )
            for name, ours, aim in (
                ("with-generation-rate", "drawn", LIMIT_AIM_RATIO),
                ("after-files-rate", "files", None),
            )
        ),
        Figure(name=f"load-{label}-memory", unit="MB", measured=Series(peaks), aim=MEMORY_AIM_MB),
        Figure(
            name=f"clone-{label}",
            unit="s",
            measured=Series(clones),
            peer="loading it again",
            peer_measured=loads,
            aim=CLONE_AIM_SECONDS * size / MILLION,
        ),
    ]


def _check_room(folder: Path, size: int) -> None:
    """Ask before minutes are spent."""
    free, needed = shutil.disk_usage(folder).free, size * BYTES_PER_PERSON
    if free < needed:
        raise RuntimeFailure(
            f"{folder} has {free / _MB:,.0f} MB free; {size:,} citizens need {needed / _MB:,.0f}",
            hint="make room on that disk",
        )


def _into_new_database(url: Callable[[str], str], load: Callable[[Connection], object]) -> float:
    """Time creating the table and filling it, in one transaction of a fresh database."""
    with psycopg.connect(url("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS loaded")
        admin.execute("CREATE DATABASE loaded")
        with psycopg.connect(url("loaded")) as db:
            began = time.perf_counter()
            fields = ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in SCHEMAS["persons"])
            db.execute(f"CREATE TABLE persons ({fields})".encode())
            load(db)
            db.commit()
            return time.perf_counter() - began


def _load(db: Connection, file: Path) -> None:
    copy_batches(db, "persons", read_batches(file, SCHEMAS["persons"].names))


def _load_drawn(db: Connection, pack: Pack, size: int) -> None:
    copy_batches(db, "persons", _draw(pack, size))


def _draw(pack: Pack, size: int) -> Iterator[pa.RecordBatch]:
    compiled = compile_pack(pack)
    for shard in plan_shards(compiled, SEED, size):
        yield plain(draw_tables(compiled, SEED, shard, size=size, tables=("persons",))["persons"])


def _watch(url: Callable[[str], str], file: Path) -> int:
    """Load once more in a process of its own, and give the most memory that it had."""
    with psycopg.connect(url("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS loaded")
    alone = multiprocessing.get_context("spawn").Process(target=_load_alone, args=(url, file))
    alone.start()
    assert alone.pid is not None
    peak = watch_peak(alone.pid, while_true=alone.is_alive)
    alone.join()
    if alone.exitcode != 0:
        raise RuntimeFailure("the process that loads citizens failed")
    return peak


def _load_alone(url: Callable[[str], str], file: Path) -> None:
    _into_new_database(url, partial(_load, file=file))


def _copy_prebuilt(db: Connection, path: Path) -> None:
    db.execute(f"COPY persons FROM '{path}' WITH (FORMAT binary, FREEZE)".encode())


def _write_prebuilt(file: Path, target: Path) -> None:
    batches = read_batches(file, SCHEMAS["persons"].names)
    first = next(batches)
    encoder = ArrowToPostgresBinaryEncoder(first.schema)
    with target.open("wb") as out:
        out.write(encoder.write_header())
        out.write(encoder.write_batch(first))
        for batch in batches:
            out.write(encoder.write_batch(batch))
        out.write(encoder.finish())
    target.chmod(0o644)  # the server's own user reads it


def _read_rows(file: Path, count: int) -> Sequence[tuple[Any, ...]]:
    """Give rows as Python values; the peers who take such are not charged for making them."""
    with pq.ParquetFile(file) as parquet:
        batch = plain(next(parquet.iter_batches(batch_size=count)))
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _execute_many(db: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(rows[0]))
    db.cursor().executemany(f"INSERT INTO persons VALUES ({marks})".encode(), rows)


def _copy_text(db: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    with db.cursor().copy("COPY persons FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
