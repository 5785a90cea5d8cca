"""Files to be imported, and what the guard says of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.population import Pack, list_packs
from sandbox.population.guard.importing import import_records
from sandbox.population.guard.report import ImportReport
from sandbox.settings import CONTENT_ROOT

Import = Callable[..., ImportReport]


@pytest.fixture(scope="session")
def packs() -> Sequence[Pack]:
    return list_packs(CONTENT_ROOT)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "imported"


@pytest.fixture
def bring(packs: Sequence[Pack], out: Path) -> Import:
    """Import a file."""

    def run(path: Path, *, pack: str | None = None, asked: Mapping[str, str] | None = None) -> ImportReport:
        return import_records(path, out, packs, pack=pack, asked=asked or {})

    return run


@pytest.fixture
def bring_rows(bring: Import, tmp_path: Path) -> Import:
    """Write rows as CSV and import them."""

    def run(header: Sequence[str], rows: Sequence[Sequence[Any]], **options: Any) -> ImportReport:
        path = tmp_path / "rows.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
        return bring(path, **options)

    return run
