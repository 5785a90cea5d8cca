"""Small populations in three scripts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.settings import CONTENT_ROOT
from tests.fakes.generated_population import Generated


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Generated]:
    @cache
    def make(code: str) -> Generated:
        pack = load_pack(CONTENT_ROOT, code)
        folder = tmp_path_factory.mktemp("looked-at") / code
        return Generated(pack, folder, generate(pack, PopulationRef(pack=code, size=1500, seed=1), folder))

    return make
