"""Ctrl-C and kill -9 at any moment: `ls` tells the truth, and `down --all` leaves nothing.

Kill points are counted in steps into the world (folders, processes, files, requests), drawn
from a printed seed; at least half of them lie between the first and the last resource made.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import User, a_user

UP = ("up", "--block", "payee-institutions", "--name", "victim", "--size", "200")
SEED = 20261123
COUNT = 60 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 6


def first_and_last(steps: list[str], user: User) -> tuple[int, int]:
    """Say between which steps resources of the sandbox come into being, counted from 1."""
    if user.runtime == "docker":
        made = [at for at, step in enumerate(steps, 1) if step.startswith("http.client.send")]
    else:
        folder = str(user.home / "sandboxes")
        made = [at for at, step in enumerate(steps, 1) if folder in step]
    assert made, f"no resource among the steps:\n{os.linesep.join(steps)}"
    return made[0], made[-1]


def draw_points(steps: list[str], user: User, chance: random.Random, count: int) -> list[int]:
    """Draw kill points: two thirds while resources are made, the rest anywhere."""
    first, last = first_and_last(steps, user)
    inside = [chance.randint(first, last) for _ in range(count - count // 3)]
    return inside + [chance.randint(1, len(steps)) for _ in range(count // 3)]


@dataclass(frozen=True)
class Traced:
    """A user whose command was traced whole, once its caches were warm."""

    user: User
    steps: list[str]


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def traced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    if request.param == "docker":
        request.getfixturevalue("engine")
    trace = tmp_path_factory.mktemp("traced") / "steps"
    for user in a_user(request.param):
        for _ in range(2):
            whole = user.types(*UP, killed=("SIGKILL", 0, str(trace)))
            assert whole.code == 0, whole.err
            assert [each["state"] for each in user.types("ls", "--json").value] == ["running"]
            assert user.types("down", "victim").code == 0
            assert user.remains() == []
        yield Traced(user, trace.read_text().splitlines())


@pytest.mark.campaign
@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGINT"])
def test_a_command_cut_short_leaves_what_ls_shows_and_down_removes(
    traced: Traced, signal_name: str, tmp_path: Path
) -> None:
    user, trace = traced.user, tmp_path / "steps"
    points = draw_points(traced.steps, user, random.Random(f"{SEED} {signal_name}"), COUNT)
    print(f"seed {SEED}, kill points {points}")
    cut_short = 0
    for point in points:
        code = user.types(*UP, killed=(signal_name, point, str(trace))).code
        # A run that polls less often than the traced one may end before its last points.
        assert code in (0, -signal.SIGKILL if signal_name == "SIGKILL" else 130)
        cut_short += code != 0
        listed = user.types("ls", "--json")
        assert listed.code == 0, listed.err
        assert {each["name"] for each in listed.value} <= {"victim"}
        if signal_name == "SIGINT" and code == 130:
            assert listed.value == []
        removed = user.types("down", "--all", "--json")
        assert removed.code == 0, removed.err
        assert removed.value["removed"] == [each["name"] for each in listed.value]
        assert user.remains() == [], f"after a {signal_name} at step {point}"
        assert user.types("ls", "--json").value == []
    assert cut_short >= len(points) / 2
