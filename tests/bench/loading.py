"""How fast a million citizens get into PostgreSQL, beside other ways to the same table.

The server is the embedded one with the settings of `local`; the table has every column of
`persons` and no index. The limit here is the server reading a binary file that was encoded
beforehand. executemany and COPY text are measured on fewer rows and compared by rate.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, Series
from installation import Installation
from pgpq import ArrowToPostgresBinaryEncoder

from blockkit.seed import copy_batches, plain, read_batches
from blockkit.standalone import throw_away_server
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack

PACK = "ke"
MILLION = 1_000_000
ROWS_MANY = 20_000
ROWS_TEXT = 200_000
LOAD_AIM_SECONDS = 4.0
LIMIT_AIM_RATIO = 0.75
CLONE_AIM_SECONDS = 0.5
LIMIT = "server-side COPY of a prebuilt binary file"
_TYPES = {"int64": "bigint", "int16": "smallint", "string": "text", "date32[day]": "date", "bool": "boolean"}

Connection = psycopg.Connection[Any]


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure one million, and ten on request."""
    figures = _measure(installation, MILLION, "1m", runs, say)
    if installation.full:
        figures += _measure(installation, 10 * MILLION, "10m", 1, say)
    return figures


def _measure(
    installation: Installation, size: int, label: str, runs: int, say: Callable[[str], None]
) -> list[Figure]:
    pack = load_pack(installation.settings.content, PACK)
    people = installation.scratch / "people"
    prebuilt = installation.scratch / "persons.bin"
    rates: dict[str, list[float]] = {
        name: [] for name in ("ours", "whole", LIMIT, "executemany", "COPY text")
    }
    clones = []
    with throw_away_server() as server:
        for run in range(runs):
            began = time.perf_counter()
            generate(pack, PopulationRef(pack=PACK, size=size), people)
            generated = time.perf_counter() - began
            file = people / "persons.parquet"
            if not prebuilt.exists():
                _write_prebuilt(file, prebuilt)
            columns = pq.read_schema(file)
            turns: dict[str, tuple[int, Callable[[Connection], object]]] = {
                LIMIT: (size, partial(_copy_prebuilt, path=prebuilt)),
                "executemany": (ROWS_MANY, partial(_execute_many, file=file)),
                "COPY text": (ROWS_TEXT, partial(_copy_text, file=file)),
                "ours": (size, partial(_load, file=file)),
            }
            for name, (rows, load) in turns.items():
                seconds = _into_new_database(server.url, name, columns, load)
                rates[name].append(rows / seconds)
                say(f"round {run + 1}: {name} {rates[name][-1]:,.0f} rows/s")
            rates["whole"].append(size / (generated + size / rates["ours"][-1]))
            began = time.perf_counter()
            with psycopg.connect(server.url(), autocommit=True) as admin:
                admin.execute("CREATE DATABASE clone TEMPLATE loaded STRATEGY FILE_COPY")
                clones.append(time.perf_counter() - began)
                admin.execute("DROP DATABASE clone")
            shutil.rmtree(people)
            say(f"round {run + 1}: generated in {generated:.1f} s, cloned in {clones[-1]:.2f} s")
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
        Figure(
            name=f"load-{label}-with-generation-rate",
            unit="rows/s",
            measured=Series(rates["whole"]),
            peer=LIMIT,
            peer_measured=Series(rates[LIMIT]),
            ratio_aim=LIMIT_AIM_RATIO,
            more_is_better=True,
        ),
        Figure(
            name=f"clone-{label}",
            unit="s",
            measured=Series(clones),
            peer="loading it again",
            peer_measured=loads,
            aim=CLONE_AIM_SECONDS * size / MILLION,
        ),
    ]


def _into_new_database(
    url: Callable[[str], str], name: str, columns: Any, load: Callable[[Connection], object]
) -> float:
    """Time creating the table and filling it, in one transaction of a fresh database."""
    with psycopg.connect(url("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS loaded")
        admin.execute("CREATE DATABASE loaded")
        with psycopg.connect(url("loaded")) as db:
            began = time.perf_counter()
            fields = ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in columns)
            db.execute(f"CREATE TABLE persons ({fields})".encode())
            load(db)
            db.commit()
            return time.perf_counter() - began


def _load(db: Connection, file: Path) -> None:
    copy_batches(db, "persons", read_batches(file, pq.read_schema(file).names))


def _copy_prebuilt(db: Connection, path: Path) -> None:
    db.execute(f"COPY persons FROM '{path}' WITH (FORMAT binary, FREEZE)".encode())


def _write_prebuilt(file: Path, target: Path) -> None:
    batches = read_batches(file, pq.read_schema(file).names)
    first = next(batches)
    encoder = ArrowToPostgresBinaryEncoder(first.schema)
    with target.open("wb") as out:
        out.write(encoder.write_header())
        out.write(encoder.write_batch(first))
        for batch in batches:
            out.write(encoder.write_batch(batch))
        out.write(encoder.finish())
    target.chmod(0o644)  # the server's own user reads it


def _rows(file: Path, count: int) -> Iterator[tuple[Any, ...]]:
    """Give rows as Python values; made before the clock of the peer would charge for reading them."""
    with pq.ParquetFile(file) as parquet:
        batch = pa.Table.from_batches(
            [plain(each) for each in parquet.iter_batches(batch_size=count)][:1]
        ).slice(0, count)
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _execute_many(db: Connection, file: Path) -> None:
    rows = list(_rows(file, ROWS_MANY))
    marks = ", ".join(["%s"] * len(rows[0]))
    db.cursor().executemany(f"INSERT INTO persons VALUES ({marks})".encode(), rows)


def _copy_text(db: Connection, file: Path) -> None:
    with db.cursor().copy("COPY persons FROM STDIN") as copy:
        for row in _rows(file, ROWS_TEXT):
            copy.write_row(row)
