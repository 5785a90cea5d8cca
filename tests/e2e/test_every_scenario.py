"""Every scenario is played by command on Docker: as it is told, and for many citizens at once."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.catalog.catalog import open_catalog
from sandbox.settings import CONTENT_ROOT
from tests.e2e.conftest import User, a_user

MANY = ("--journeys", "4", "--concurrency", "2")
WAYS = [(slug, way) for slug in open_catalog(CONTENT_ROOT).scenario_slugs() for way in ((), MANY)]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"


@pytest.fixture(scope="module")
def docker_user(request: pytest.FixtureRequest) -> Iterator[User]:
    """One user for all of them, since citizens and their loaded databases are kept."""
    request.getfixturevalue("engine")
    yield from a_user("docker")


@pytest.mark.docker
@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays every scenario on Docker")
@pytest.mark.parametrize(
    ("slug", "way"),
    [pytest.param(*each, id=f"docker-{each[0]}{'-many' if each[1] else ''}") for each in WAYS],
)
def test_it_plays_on_docker(docker_user: User, slug: str, way: tuple[str, ...]) -> None:
    ended = docker_user.types("run", slug, "--size", "300", "--json", *way, timeout=900)
    assert ended.code == 0, ended.err + ended.out
    assert docker_user.remains() == []
