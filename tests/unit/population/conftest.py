"""Packs, and one population of each pack large enough to span two shards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import Pack, generate, load_pack
from sandbox.population.engine.compiled import CompiledPack, compile_pack
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import SIZE, Generated

CODES = ("zz", "rw")


@pytest.fixture(scope="session", params=CODES)
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(CONTENT_ROOT, request.param)


@pytest.fixture(scope="session")
def zz() -> Pack:
    return load_pack(CONTENT_ROOT, "zz")


@pytest.fixture(scope="session")
def compiled(pack: Pack) -> CompiledPack:
    return compile_pack(pack)


@pytest.fixture(scope="session")
def population(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    folder = tmp_path_factory.mktemp("populations") / pack.code
    manifest = generate(pack, PopulationRef(pack=pack.code, size=SIZE, seed=1), folder)
    return Generated(pack, folder, manifest)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content root of one's own, with a copy of pack zz to spoil."""
    shutil.copytree(CONTENT_ROOT / "datasets/countries/zz", tmp_path / "datasets/countries/zz")
    shutil.copytree(CONTENT_ROOT / "datasets/personas", tmp_path / "datasets/personas")
    return tmp_path


@pytest.fixture
def edit(content: Path) -> Callable[[str, str, str], int]:
    """Replace text in a file of the copied pack once, and give the line on which it stood."""

    def replace(name: str, found: str, wanted: str) -> int:
        path = content / "datasets/countries/zz" / name
        text = path.read_text(encoding="utf-8")
        before, match, after = text.partition(found)
        assert match, f"{found!r} is not in {name}"
        path.write_text(before + wanted + after, encoding="utf-8")
        return before.count("\n") + 1

    return replace
