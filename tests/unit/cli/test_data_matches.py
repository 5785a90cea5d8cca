"""`sandbox data matches` and `--dirt` as they are typed, rightly and wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_folder_and_its_name_give_the_same_counts(run: Run) -> None:
    code, told, _ = run("data", "generate", "--size", "600", "--dirt", "field", "--out", "people")
    assert code == 0
    assert "faults in 4 registers (field)" in told
    code, told, _ = run("data", "matches", "people", "--json")
    assert code == 0
    by_folder = json.loads(told)
    code, told, _ = run("data", "matches", "--size", "600", "--json")
    assert json.loads(told) == by_folder
    assert by_folder["people"] == 600
    code, told, _ = run("data", "matches", "people", "--rule", "id", "--from-age", "40")
    assert code == 0
    assert "everybody of 40 years or more" in told
    assert "By group, when the number is the same:" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("data", "matches", "--dirt", "filthy"), "choose one of: none, light, field"),
        (("data", "generate", "--out", "x", "--dirt", "filthy"), "no level of dirt is called 'filthy'"),
        (("run", "cash-transfer", "--dirt", "filthy"), "no level of dirt is called 'filthy'"),
        (("up", "cash-transfer", "--dirt", "filthy"), "no level of dirt is called 'filthy'"),
        (("data", "matches", "--size", "60000000"), "too few for 60,000,000 persons"),
        (
            ("data", "generate", "--out", "x", "--dirt", "light", "--shards", "1/2"),
            "a shard has no registers",
        ),
        (("data", "matches", "--rule", "guess"), "choose one of: id, id-and-details, details"),
        (("data", "matches", ".", "--seed", "2"), "a folder says itself which citizens it holds"),
        (("data", "matches", "."), "no population here"),
        (("data", "matches", "--policy", "none.yaml"), "none.yaml: the file is missing"),
        (("data", "matches", "--policy", "p", "--from-age", "3"), "two answers to one question"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(run: Run, arguments: tuple[str, ...], says: str) -> None:
    code, _, told = run(*arguments)
    assert code == 2
    assert says in " ".join(told.split())
    assert "Traceback" not in told
