"""Which tests share a worker when there are several, and which are handed out first.

A group is what one worker runs from first to last. Most are a file, for the sake of its fixtures.
xdist has marks for groups, but writes them where pytest 9 does not look (pytest-xdist 3.8.0), so
that every test would be a group of its own: here a group is read off a test's id instead.
"""

from __future__ import annotations

from collections.abc import Iterable

DOCKER = "whole machine"
"""One Engine, its address space, and receivers that must hear nothing but their own tests."""
STAGE = "stage"
"""One home in whose sandboxes files of tests play in turn."""
_ON_THE_STAGE = (
    "tests/e2e/test_birth_registration.py",
    "tests/e2e/test_cash_transfer.py",
    "tests/e2e/test_construction_permit.py",
    "tests/e2e/test_e_waste.py",
    "tests/e2e/test_foreign_tokens.py",
    "tests/e2e/test_node_relying_party.py",
    "tests/e2e/test_postpartum_care.py",
    "tests/e2e/test_rights.py",
)
_FIRST = (DOCKER, STAGE, "tests/e2e/", "tests/unit/population/", "tests/content/")


def group_of(test: str) -> str:
    """Name the group of a test, given its id."""
    file, _, name = test.partition("::")
    parameters = name.partition("[")[2].rstrip("]").split("-")
    if file.startswith("tests/docker/") or "docker" in parameters:
        return DOCKER
    if file in _ON_THE_STAGE:
        return STAGE
    return file


def in_order(groups: Iterable[str]) -> list[str]:
    """Put the groups that take longest first, so that no worker is left alone with one at the end."""
    return sorted(groups, key=_rank)


def _rank(group: str) -> int:
    return next((rank for rank, start in enumerate(_FIRST) if group.startswith(start)), len(_FIRST))
