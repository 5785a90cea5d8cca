"""Each way in which somebody could change the message log of a live sandbox has its own sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocks.information_mediator.chain import canonical, seal
from sandbox.errors import NotFound, StateConflict
from sandbox.evidence.bundle import write_bundle
from sandbox.evidence.keys import open_key
from sandbox.evidence.message_log import GENESIS, SignedHead, read_signed_head, verify_log
from sandbox.model.run import LogLine
from tests.fakes.sample_material import sample_material


def log_of(*words: str) -> list[LogLine]:
    """Lines as the mediator's own code seals them."""
    lines, previous = [], GENESIS
    for number, word in enumerate(words, 1):
        text = canonical({"number": number, "previous": previous, "request": word})
        previous = seal(text)
        lines.append(LogLine(number=number, text=text, hash=previous))
    return lines


LOG = log_of("enrol", "nul \x00", "half \ud800", "decide", "pay")
SIGNED = SignedHead("r1", 4, LOG[3].hash)


def problems_of(lines: list[LogLine], signed: SignedHead | None = SIGNED) -> tuple[str, ...]:
    return verify_log(lines, signed).problems


def test_a_whole_log_holds_and_may_go_on_after_it_was_signed() -> None:
    report = verify_log(LOG, SIGNED)
    assert (report.number, report.hash, report.problems) == (5, LOG[-1].hash, ())


def test_a_log_without_a_line_holds() -> None:
    assert verify_log([]).problems == ()


def test_an_edited_line_is_named() -> None:
    edited = LOG[1].model_copy(update={"text": LOG[1].text.replace("nul", "one")})
    assert problems_of([LOG[0], edited, *LOG[2:]]) == ("line 2 was changed after it was written",)


def test_an_edit_that_only_moves_a_space_is_named() -> None:
    edited = LOG[1].model_copy(update={"text": LOG[1].text.replace(":", ": ", 1)})
    assert problems_of([LOG[0], edited, *LOG[2:]]) == ("line 2 was changed after it was written",)


def test_an_edited_line_with_a_hash_of_its_own_no_longer_carries_the_next() -> None:
    text = LOG[1].text.replace("nul", "one")
    resealed = LogLine(number=2, text=text, hash=seal(text))
    assert problems_of([LOG[0], resealed, *LOG[2:]]) == ("line 3 does not follow the line before it",)


def test_swapped_lines_are_named() -> None:
    two, three = (line.model_copy(update={"number": number}) for line, number in ((LOG[2], 2), (LOG[1], 3)))
    assert problems_of([LOG[0], two, three, *LOG[3:]]) == (
        "line 2 was swapped: it holds what was written as line 3",
        "line 3 was swapped: it holds what was written as line 2",
        "line 4 does not follow the line before it",
    )


def test_removed_lines_are_named() -> None:
    assert problems_of([*LOG[:2], *LOG[3:]]) == ("line 3 is missing",)
    assert problems_of(LOG[2:]) == ("lines 1 to 2 are missing",)


def test_a_cut_tail_is_named_against_the_evidence() -> None:
    (problem,) = problems_of(LOG[:3])
    assert problem.startswith("the log ends at line 3: its tail was cut")
    assert "run r1 was signed at line 4" in problem
    assert problems_of(LOG[:3], signed=None) == ()


def test_a_whole_chain_computed_afresh_is_named_against_the_evidence() -> None:
    afresh = log_of("enrol", "nul", "half", "reject", "pay")
    (problem,) = problems_of(afresh)
    assert problem.startswith("line 4 is not the one that evidence of run r1 was signed with")
    assert problems_of(afresh, signed=None) == ()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "run", sample_material(), key=open_key(tmp_path), secrets=()).parent


def test_the_head_is_read_from_evidence_of_this_sandbox(bundle: Path, tmp_path: Path) -> None:
    material = sample_material()
    head = read_signed_head(bundle, material.spec, open_key(tmp_path))
    newest = max(material.exchanges, key=lambda exchange: exchange.number)
    assert (head.number, head.hash) == (newest.number, newest.hash)


def test_changed_evidence_is_no_witness(bundle: Path, tmp_path: Path) -> None:
    (bundle / "run.json").write_text((bundle / "run.json").read_text() + " ")
    with pytest.raises(StateConflict, match=r"can't be relied on: run\.json was changed"):
        read_signed_head(bundle, sample_material().spec, open_key(tmp_path))


def test_evidence_signed_elsewhere_is_no_witness(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(StateConflict, match="signed by key"):
        read_signed_head(bundle, sample_material().spec, open_key(tmp_path / "other"))


def test_a_later_sandbox_of_the_same_name_is_another_one(bundle: Path, tmp_path: Path) -> None:
    later = sample_material().spec.model_copy(update={"created": datetime(2031, 1, 1, tzinfo=UTC)})
    with pytest.raises(StateConflict, match="made at 2031-01-01"):
        read_signed_head(bundle, later, open_key(tmp_path))


def test_no_evidence_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no evidence in"):
        read_signed_head(tmp_path, sample_material().spec, open_key(tmp_path))
