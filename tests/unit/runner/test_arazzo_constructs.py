"""Every construct that runners were measured on runs right by the standard's text, or is refused by name."""

from __future__ import annotations

import pytest

from tests.fakes.arazzo_rows import ROWS, Case
from tests.fakes.echo_content import Echo, EchoContent, EchoPlay

MEASURED = 115
"""Constructs that other runners were measured on."""


def test_no_construct_was_forgotten() -> None:
    assert len(ROWS) == MEASURED


@pytest.mark.parametrize("construct", ROWS)
def test_a_construct_runs_right_or_is_refused_by_name(
    construct: str, echo: Echo, echo_content: EchoContent
) -> None:
    for case in ROWS[construct]:
        if case.refused is not None:
            refusal = echo_content.refusal(case.document, case.others)
            assert case.refused in str(refusal), refusal
            assert refusal is not None
            assert refusal.line is not None
        else:
            played = echo_content.play(echo, case.document, case.others, case.inputs)
            _compare(case, played)


def _compare(case: Case, played: EchoPlay) -> None:
    sentence = played.finished.verdict.sentence
    assert played.passed is case.passed, sentence
    for wanted, found in (
        (case.bodies, played.bodies),
        (case.paths, [one.path for one in played.heard]),
        (case.order, played.order),
        (case.naps, played.naps),
        (case.outputs, played.finished.outputs),
        (case.query, played.heard[-1].query if played.heard else {}),
    ):
        assert wanted is None or found == wanted
    for name, value in (case.headers or {}).items():
        assert played.heard[-1].headers.get(name) == value
    if case.reason is not None:
        reasons = [sentence, *(result.reason for result in played.results)]
        assert [one for one in reasons if case.reason in one], reasons
