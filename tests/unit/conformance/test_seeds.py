"""The seed is committed to before it is used, and values follow from it alone."""

from __future__ import annotations

import re
import subprocess

import pytest

from sandbox.conformance.seeds import commit, derive, draw_inputs, draw_seed
from sandbox.errors import ContentError
from sandbox.model.scenario import Place

PLACE = Place("blocks/x/conformance/y.arazzo.yaml", 9)


def test_the_commitment_is_what_the_printed_command_computes() -> None:
    proof = draw_seed(None)
    command = f"printf 'civic-sandbox conformance\\n%s\\n%s' {proof.seed} {proof.salt} | sha256sum"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == proof.commitment == commit(proof.seed, proof.salt)


def test_a_seed_that_was_given_is_no_secret_and_said_to_be_none() -> None:
    proof = draw_seed(7)
    assert (proof.seed, proof.given) == (7, True)
    assert draw_seed(7).commitment != proof.commitment, "the salt hides a small seed"
    assert not draw_seed(None).given


def test_values_follow_from_the_seed_and_the_purpose() -> None:
    schema = {"properties": {"person": {"type": "string", "pattern": "ZZ[0-9]{10}"}}}
    one, same = (draw_inputs(schema, derive(7, "values/1"), PLACE) for _ in range(2))
    assert one == same
    assert one != draw_inputs(schema, derive(7, "values/2"), PLACE)
    assert one != draw_inputs(schema, derive(8, "values/1"), PLACE)


@pytest.mark.parametrize(
    "pattern",
    ["[A-Z0-9]{12}", "^batch-[a-f0-9]{8}$", "Another text of [a-z]{8}", "[a-z]", r"a\.b[\-x]{3}", "ab"],
)
def test_a_drawn_text_fits_its_pattern(pattern: str) -> None:
    drawn = draw_inputs({"properties": {"x": {"pattern": pattern}}}, derive(1, "x"), PLACE)["x"]
    assert re.fullmatch(pattern, drawn)


def test_numbers_and_choices_are_drawn_and_what_says_nothing_is_left_as_it_is() -> None:
    schema = {
        "properties": {
            "amount": {"type": "integer", "minimum": 5, "maximum": 7},
            "currency": {"enum": ["XTS", "RWF"]},
            "fixed": {"type": "string", "default": "same"},
        }
    }
    drawn = draw_inputs(schema, derive(3, "x"), PLACE)
    assert drawn.keys() == {"amount", "currency"}
    assert drawn["amount"] in (5, 6, 7)
    assert drawn["currency"] in ("XTS", "RWF")


@pytest.mark.parametrize("pattern", ["(a|b)", "a*", "[a-z]+", ".{3}", "[a-z]{2,5}"])
def test_a_pattern_nobody_can_draw_from_is_refused_by_name_and_place(pattern: str) -> None:
    with pytest.raises(ContentError, match="input 'x'") as caught:
        draw_inputs({"properties": {"x": {"pattern": pattern}}}, derive(1, "x"), PLACE)
    assert str(caught.value).startswith(f"{PLACE.path}:{PLACE.line}")
