"""The pytest plugin: the fixtures `sandbox` and `scenario`, markers of the same names, and their settings.

Every pytest in whose environment this distribution is installed loads this file: it imports pytest and
nothing else until a test asks for a fixture. A fixture of yours with the same name takes its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing.ground import Ground
    from sandbox.testing.played import Played
    from sandbox.testing.standing import Sandbox

MARKERS = (
    "sandbox(scenario=None, *, blocks=(), pack, size, seed, dirt, runtime): what `sandbox` starts",
    "scenario(slug=None, *, inputs={}, pack, size, seed, dirt, runtime): what `scenario` plays",
)
SETTINGS = {
    "scenario": "the scenario that is started or played",
    "blocks": "the blocks that `sandbox` starts, separated by spaces",
    "pack": "country pack of the citizens: zz",
    "size": "how many citizens: 1000",
    "seed": "which of the pack's populations: 1",
    "dirt": "how dirty registers are: none",
    "runtime": "where blocks run: that of SANDBOX_RUNTIME, else local",
    "evidence": "folder for evidence, from the root of the tests; pytest's own temporary one when not given",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name what a project may set once for all of its tests."""
    for name, meaning in SETTINGS.items():
        parser.addini(
            f"sandbox_{name}", f"civic-sandbox, for tests that say nothing else: {meaning}", default=""
        )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, also under `--strict-markers`."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def _civic_ground(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Everything that the tests of this process have running; removed when they end, however they end."""
    from sandbox.testing.ground import Ground, in_words

    asked = str(pytestconfig.getini("sandbox_evidence"))
    evidence = pytestconfig.rootpath / asked if asked else tmp_path_factory.mktemp("evidence")
    with in_words():
        ground = Ground(evidence)
    yield ground
    with in_words():
        ground.clear()


@pytest.fixture(name="sandbox")
def _sandbox(request: pytest.FixtureRequest, _civic_ground: Ground) -> Sandbox:
    """A running sandbox, as it was seeded; which one is said by the marker `sandbox` or in the settings."""
    from sandbox.testing.ground import in_words
    from sandbox.testing.wishes import read_wish

    with in_words():
        return _civic_ground.stand(read_wish("sandbox", request.node, request.config))


@pytest.fixture(name="scenario")
def _scenario(request: pytest.FixtureRequest, _civic_ground: Ground) -> Played:
    """The result of playing a scenario in a sandbox of its own; which one is said by the marker `scenario`.

    Tests of one process that say the same look at the same run.
    """
    from sandbox.testing.ground import in_words
    from sandbox.testing.wishes import read_wish

    with in_words():
        return _civic_ground.play(read_wish("scenario", request.node, request.config))
