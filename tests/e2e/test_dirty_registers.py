"""A run on dirty registers comes to a verdict, says what it met, and its sandbox never held the truth."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.conftest import User


def test_a_run_on_dirty_registers_is_told_and_explained(local_user: User) -> None:
    ended = local_user.types("run", "cash-transfer", "--dirt", "field", "--json", timeout=900)
    assert ended.code in (0, 1), ended.err
    page = Path(ended.value["evidence"])
    found = json.loads((page.parent / "registers.json").read_bytes())
    assert found["planted"]["level"] == "field"
    assert found["met"], "of twenty heads of households some have a fault in some register"
    assert found["matches"]["people"] == 1000
    if ended.code == 1:
        assert "found" in ended.value["verdict"]["sentence"]
    assert 'Dirty registers, level <b><bdi translate="no">field</bdi></b>' in page.read_text("utf-8")
    assert local_user.remains() == []


def test_registers_reach_a_sandbox_and_the_truth_about_them_does_not(local_user: User) -> None:
    started = local_user.types("up", "--block", "digital-registries", "--dirt", "light", "--name", "dirty")
    assert started.code == 0, started.err
    names = {path.name for path in (local_user.home / "sandboxes" / "dirty").rglob("*")}
    assert "registers" in names
    assert not names & {"truth", "dirt.json"}
    assert ", light dirt" in local_user.types("ls").out
