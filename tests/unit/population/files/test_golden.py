"""The same citizens on every machine, for every pack: digests of 1,000 persons of seed 1.

They change with a pack's data or with packs.folder.RECIPE, never else. When they should change:

    SANDBOX_GOLDEN=write .venv/bin/pytest tests/unit/population/files/test_golden.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.population.packs.folder import FOLDER
from sandbox.settings import CONTENT_ROOT

GOLDEN = Path(__file__).with_name("golden.json")
CODES = sorted(path.parent.name for path in (CONTENT_ROOT / FOLDER).glob("*/profile.yaml"))


@pytest.mark.parametrize("code", CODES)
def test_the_same_citizens_on_every_machine(code: str, tmp_path: Path) -> None:
    manifest = generate(load_pack(CONTENT_ROOT, code), PopulationRef(pack=code), tmp_path / "out")
    digests = json.loads(GOLDEN.read_text(encoding="utf-8"))
    if os.environ.get("SANDBOX_GOLDEN") == "write":
        digests = {each: digest for each, digest in digests.items() if each in CODES}
        digests[code] = manifest.digest
        GOLDEN.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert manifest.digest == digests.get(code)
