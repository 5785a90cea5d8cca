"""Every pack that is shipped, found by scanning."""

from __future__ import annotations

import pytest

from tests.fakes.drawn_packs import CODES, Drawn, draw


@pytest.fixture(scope="session", params=CODES)
def every(request: pytest.FixtureRequest) -> Drawn:
    """One pack after the other."""
    return draw(request.param)
