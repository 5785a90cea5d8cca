"""One population of pack zz with dirty registers, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sandbox.model.dirt import DirtManifest
from sandbox.model.population import Manifest, PopulationRef
from sandbox.population.dirt import Recipe, generate_dirty, read_recipe
from sandbox.population.packs.folder import Pack
from sandbox.settings import CONTENT_ROOT

SIZE = 12_000


@dataclass(frozen=True)
class DirtyPopulation:
    folder: Path
    manifest: Manifest
    dirt: DirtManifest

    def clean(self, table: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{table}.parquet").to_pylist()

    def register(self, block: str, table: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / "registers" / block / f"{table}.parquet").to_pylist()

    def truth(self, block: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / "truth" / f"{block}.parquet").to_pylist()


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return read_recipe(CONTENT_ROOT)


@pytest.fixture(scope="session")
def dirty(zz: Pack, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> DirtyPopulation:
    folder = tmp_path_factory.mktemp("dirty") / "people"
    manifest, dirt = generate_dirty(zz, recipe, PopulationRef(size=SIZE, dirt="field"), folder)
    assert dirt is not None
    return DirtyPopulation(folder, manifest, dirt)
