from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.evidence.keys import InstallationKey, open_key


@pytest.fixture
def key(tmp_path: Path) -> InstallationKey:
    return open_key(tmp_path / "home")
