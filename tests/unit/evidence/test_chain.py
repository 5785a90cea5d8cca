from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.information_mediator.chain import canonical, seal
from blocks.information_mediator.exchange import Exchange as Recorded
from sandbox.evidence.chain import check_log, compute_hash
from sandbox.model.run import Exchange
from tests.fakes.sample_run import play_run

AT = datetime(2026, 7, 1, 12, 30, 0, 120_000, tzinfo=UTC)


def _as_the_mediator_writes(*bodies: Any) -> list[Exchange]:
    """Lines sealed by the mediator's own code and read back as its API hands them out."""
    previous, read = "0" * 64, []
    for number, body in enumerate(bodies, start=1):
        recorded = Recorded(
            id=f"x{number}", at=AT, today="2026-07-01", kind="call", client="SBX/é", method="GET", path="/",
            status=200, milliseconds=1.23456, fields=("response/name",), request=None, response=body,
        )  # fmt: skip
        text = canonical({**recorded.content(), "number": number, "previous": previous})
        previous = seal(text)
        read.append(Exchange.model_validate({**json.loads(text), "hash": previous}))
    return read


def test_what_the_mediator_sealed_is_found_whole() -> None:
    lines = _as_the_mediator_writes({"b": [1, 2.5, None, "ü\u2028"], "a": {}}, None, "text", 1e21)
    finding = check_log(lines)
    assert (finding.state, finding.number, finding.hash) == ("whole", 4, lines[-1].hash)
    assert finding.sentence == "holds to line 4: each was computed again"


def test_a_line_with_a_character_that_cannot_be_stored_is_checked_by_its_links() -> None:
    finding = check_log(_as_the_mediator_writes("nul \x00", "half \ud800", "fine"))
    assert finding.state == "whole"
    assert finding.sentence.endswith("each was computed again, 1 of them by their links only")


def test_exchanges_in_another_order_are_the_same_log() -> None:
    lines = _as_the_mediator_writes("a", "b", "c")
    assert check_log(lines[::-1]) == check_log(lines)


def test_a_log_read_from_its_middle_says_so() -> None:
    finding = check_log(_as_the_mediator_writes("a", "b", "c")[1:])
    assert finding.sentence == "holds from line 2 to line 3: each was computed again"


@pytest.mark.parametrize(
    "change",
    [{"status": 500}, {"response": "other"}, {"individual": "1"}, {"fields": ()}, {"today": "2027-01-01"}],
)
def test_a_line_that_was_changed_is_found(change: dict[str, Any]) -> None:
    lines = _as_the_mediator_writes("a", "b", "c")
    lines[1] = lines[1].model_copy(update=change)
    finding = check_log(lines)
    assert (finding.state, finding.number) == ("broken", 1)
    assert finding.sentence == "does not hold: line 2 was changed after it was written"


def test_a_line_changed_and_sealed_again_is_found_by_the_next_one() -> None:
    lines = _as_the_mediator_writes("a", "b", "c")
    changed = lines[1].model_copy(update={"status": 500})
    lines[1] = changed.model_copy(update={"hash": compute_hash(changed)})
    assert check_log(lines).sentence == "does not hold: line 3 does not follow the line before it"


def test_a_missing_line_is_found() -> None:
    lines = _as_the_mediator_writes("a", "b", "c")
    assert check_log([lines[0], lines[2]]).state == "broken"


def test_an_empty_log_is_neither_whole_nor_broken() -> None:
    assert check_log([]).state == "empty"


def test_the_sample_run_is_sealed_as_the_mediator_would() -> None:
    assert check_log(play_run().exchanges).state == "whole"
