"""Foreign code is let in by one report only: of this Engine, this version, this kernel, this code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.candidates.passes import NotProven, keep_report, require_pass, write_report
from sandbox.model.attack import Claim
from sandbox.prover import EngineFacts

ENGINE = EngineFacts(id="engine-one", version="28.0", kernel="6.1", isolation="abc")
HELD = Claim(area="networks", claim="Nothing arrives.", held=True, found="0 packets")
BROKEN = Claim(area="networks", claim="Nothing arrives.", held=False, found="1 packet")


def keep(home: Path, *claims: Claim) -> Path:
    return keep_report(home, write_report(ENGINE, claims, datetime(2026, 11, 27, tzinfo=UTC), 50.0))


def test_without_an_attack_nothing_is_let_in(tmp_path: Path) -> None:
    with pytest.raises(NotProven, match="has not been proven") as refused:
        require_pass(tmp_path, ENGINE)
    assert "sandbox attack" in refused.value.hint


def test_an_attack_under_which_all_held_lets_in(tmp_path: Path) -> None:
    keep(tmp_path, HELD)
    assert require_pass(tmp_path, ENGINE).passed


@pytest.mark.parametrize("changed", ["version", "kernel", "isolation"])
def test_what_changed_must_be_attacked_anew(tmp_path: Path, changed: str) -> None:
    keep(tmp_path, HELD)
    with pytest.raises(NotProven, match="for another version"):
        require_pass(tmp_path, replace(ENGINE, **{changed: "another"}))


def test_another_engine_is_not_proven_by_this_one(tmp_path: Path) -> None:
    keep(tmp_path, HELD)
    with pytest.raises(NotProven, match="has not been proven"):
        require_pass(tmp_path, replace(ENGINE, id="engine-two"))


def test_a_claim_that_did_not_hold_is_named(tmp_path: Path) -> None:
    keep(tmp_path, HELD, BROKEN)
    with pytest.raises(NotProven, match="it did not hold that: Nothing arrives"):
        require_pass(tmp_path, ENGINE)


def test_an_attack_that_tried_nothing_lets_nothing_in(tmp_path: Path) -> None:
    keep(tmp_path)
    with pytest.raises(NotProven):
        require_pass(tmp_path, ENGINE)


def test_a_damaged_report_lets_nothing_in(tmp_path: Path) -> None:
    keep(tmp_path, HELD).write_text('{"engine": "engine-one"}')
    with pytest.raises(NotProven, match="has not been proven"):
        require_pass(tmp_path, ENGINE)
