"""Every table of every pack's population can be imported: nothing of it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import Pack, generate
from sandbox.population.files.file_digest import FileDigest
from sandbox.population.guard.importing import import_records
from sandbox.population.guard.report import ImportReport

Import = Callable[..., ImportReport]


@pytest.mark.parametrize("code", ["zz", "rw", "ke", "ee", "de", "ua", "in", "ae"])
def test_nothing_is_refused(code: str, packs: Sequence[Pack], tmp_path: Path) -> None:
    pack = next(each for each in packs if each.code == code)
    folder = tmp_path / code
    manifest = generate(pack, PopulationRef(pack=code, size=150, seed=11), folder)
    for table in ("persons", "households", "accounts"):
        # A copy without a manifest beside it: only its records speak for it.
        copy = tmp_path / f"{table}.csv"
        pyarrow.csv.write_csv(pq.read_table(folder / f"{table}.parquet"), copy)
        report = import_records(copy, tmp_path / f"out-{table}", packs, asked={})
        assert (report.findings, report.imported) == ((), manifest.tables[table].rows)


def test_every_table_passes_when_the_population_can_be_made_again(
    packs: Sequence[Pack], tmp_path: Path
) -> None:
    pack = next(each for each in packs if each.code == "ee")
    manifest = generate(pack, PopulationRef(pack="ee", size=200, seed=4), tmp_path / "ee")
    for table in manifest.tables:
        report = import_records(
            tmp_path / "ee" / f"{table}.parquet", tmp_path / f"out-{table}", packs, asked={}
        )
        assert "made again" in report.provenance
        assert (report.refused, report.imported) == (0, manifest.tables[table].rows)


def test_a_forged_manifest_proves_nothing(packs: Sequence[Pack], tmp_path: Path) -> None:
    pack = next(each for each in packs if each.code == "ee")
    folder = tmp_path / "ee"
    manifest = generate(pack, PopulationRef(pack="ee", size=200, seed=4), folder)
    table = pq.read_table(folder / "persons.parquet")
    place = table.schema.get_field_index("individual_id")
    field = table.schema.field(place)
    real = table.set_column(place, field, [["38001085718"] * table.num_rows])
    pq.write_table(real, folder / "persons.parquet", store_schema=False)
    digest = FileDigest(folder, "persons")
    assert sum(batch.num_rows for batch in digest.read(1000)) == table.num_rows
    path = folder / "manifest.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(manifest.tables["persons"].digest, digest.hexdigest()), encoding="utf-8")
    report = import_records(folder / "persons.parquet", tmp_path / "out", packs, asked={})
    assert (report.provenance, report.imported) == ("", 0)
