"""Workers side by side: what they share, and that none of them lets a missing Engine pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import DOCKER, STAGE, group_of, in_order

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/unit/calls/test_client.py::test_one", "tests/unit/calls/test_client.py"),
        ("tests/unit/calls/test_client.py::test_one[a]b-200]", "tests/unit/calls/test_client.py"),
        ("tests/docker/test_start.py::test_one", DOCKER),
        ("tests/contract/test_runtime.py::test_one[docker]", DOCKER),
        ("tests/contract/test_runtime.py::test_one[local]", "tests/contract/test_runtime.py"),
        ("tests/e2e/test_killed_commands.py::test_one[docker-SIGKILL]", DOCKER),
        ("tests/e2e/test_bad_input.py::test_no_docker_is_said", "tests/e2e/test_bad_input.py"),
        ("tests/e2e/test_bad_input.py::test_one[ls --runtime ../docker]", "tests/e2e/test_bad_input.py"),
        ("tests/e2e/test_rights.py::test_one", STAGE),
    ],
)
def test_what_the_machine_has_once_is_on_one_worker_and_a_file_stays_whole(test: str, group: str) -> None:
    assert group_of(test) == group


def test_what_takes_longest_is_handed_out_first() -> None:
    assert in_order(["blocks/a.py", "tests/e2e/b.py", STAGE, DOCKER]) == [
        DOCKER,
        STAGE,
        "tests/e2e/b.py",
        "blocks/a.py",
    ]


@pytest.mark.parametrize(("required", "ending"), [("1", "2 error"), ("0", "2 skipped")])
def test_a_missing_engine_is_a_skip_with_its_reason_or_a_failure_where_one_is_required(
    required: str, ending: str
) -> None:
    """Two workers, and two groups, so that each worker looks for the Engine itself."""
    unneeded = ("cacheprovider", "schemathesis", "hypothesispytest", "Faker", "anyio")  # slow to load
    without = [f"-pno:{plugin}" for plugin in unneeded]
    pytest_with_two = [sys.executable, "-m", "pytest", "-q", "-n", "2", *without]
    chosen = [
        "tests/docker/test_database.py::test_a_database_that_does_not_start_is_told_with_its_log_and_leaves_nothing",
        "tests/contract/test_runtime.py::test_info_says_what_is_isolated[docker]",
    ]
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/docker.sock", "SANDBOX_REQUIRE_DOCKER": required}
    done = subprocess.run(
        [*pytest_with_two, *chosen], cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True
    )
    assert ending in done.stdout.splitlines()[-1]
    assert "/nonexistent/docker.sock" in done.stdout
    assert (done.returncode == 0) == (required == "0")
