"""One small population, and tables of nasty texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.model.population import Manifest, PopulationRef, TableManifest
from sandbox.population import generate, load_pack
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    pack = load_pack(CONTENT_ROOT, "zz")
    folder = tmp_path_factory.mktemp("asked") / "it's here"
    return Generated(pack, folder, generate(pack, PopulationRef(pack="zz", size=500, seed=1), folder))


def write_population(folder: Path, like: Manifest, columns: Mapping[str, Sequence[object]]) -> Manifest:
    """Write a population of one table, `nasty`."""
    table = pa.table(
        {name: pa.array(values, None if values else pa.string()) for name, values in columns.items()}
    )
    pq.write_table(table, folder / "nasty.parquet")
    described = TableManifest(rows=table.num_rows, columns=tuple(columns))
    return like.model_copy(update={"tables": {"nasty": described}})
