"""What is typed about products is refused in words before anything is made or started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.cli.main import main

RUN = ("run", "cash-transfer", "--size", "100")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what was read of the contracts is kept there."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ((*RUN, "--swap", "payments=sha256:" + "0" * 64), 3, "foreign code does not run on 'local'"),
        ((*RUN, "--swap", "information-mediator=./x"), 3, "the gate and the witness"),
        ((*RUN, "--swap", "payment=./x"), 2, "runs no such block"),
        ((*RUN, "--swap", "payments"), 2, "is not BLOCK=REF"),
        (("up", "--block", "messaging", "--swap", "payments=./x"), 2, "runs no such block"),
    ],
)
def test_a_swap_that_can_not_be_is_refused(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(home))
    assert main([*typed, "--json"]) == code
    assert said in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not (home / "populations").exists(), "no citizen was made for it"
