"""How fast the guard judges records: a CSV file of made-up persons, all of which pass.

Measured on the file as users have it, reading and writing included. The peer is reading the same CSV and
writing it as Parquet without looking at anything.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
from figures import Figure, Series
from installation import Installation

from sandbox.model.population import PopulationRef
from sandbox.population import generate, list_packs
from sandbox.population.guard.importing import import_records
from sandbox.settings import CONTENT_ROOT

SIZE = 200_000
PEER = "CSV to Parquet, unlooked at"


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure seconds for a hundred thousand records, and say rows per second."""
    del installation
    packs = list_packs(CONTENT_ROOT)
    pack = next(each for each in packs if each.code == "ee")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="bench-guard-") as room:
        folder = Path(room)
        generate(pack, PopulationRef(pack="ee", size=SIZE, seed=1), folder / "people")
        table = pq.read_table(folder / "people" / "persons.parquet")
        path = folder / "persons.csv"
        pyarrow.csv.write_csv(table, path)
        for run in range(runs):
            began = time.perf_counter()
            report = import_records(path, folder / "out", packs, asked={})
            ours.append((time.perf_counter() - began) * 100_000 / SIZE)
            if report.refused:
                raise RuntimeError(f"{report.refused} records of our own were refused")
            shutil.rmtree(folder / "out")
            began = time.perf_counter()
            pq.write_table(pyarrow.csv.read_csv(path), folder / "peer.parquet", compression="zstd")
            theirs.append((time.perf_counter() - began) * 100_000 / SIZE)
            say(f"round {run + 1}: the guard judges {100_000 / ours[-1]:,.0f} records/s")
    return [
        Figure(
            name="guard-100k-records",
            unit="s",
            measured=Series(ours),
            peer=PEER,
            peer_measured=Series(theirs),
            details={"records a second": 100_000 / Series(ours).median},
        )
    ]
