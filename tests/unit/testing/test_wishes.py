"""What a marker and the settings ask for, and what can't be meant."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.testing.wishes import make_wish


def test_the_marker_goes_before_the_settings_and_those_before_what_is_usual() -> None:
    wish = make_wish("sandbox", {"blocks": ["consent"], "size": 50}, {"size": "70", "seed": "3"})
    assert (wish.blocks, wish.scenario) == (("consent",), None)
    assert (wish.size, wish.seed, wish.pack, wish.dirt, wish.runtime) == (50, 3, "zz", "none", None)


def test_blocks_of_a_marker_go_before_a_scenario_of_the_settings() -> None:
    assert make_wish("sandbox", {"blocks": ["consent"]}, {"scenario": "cash-transfer"}).scenario is None


def test_a_scenario_is_played_though_the_settings_name_blocks() -> None:
    wish = make_wish(
        "scenario", {"slug": "cash-transfer", "inputs": {"a": 1}}, {"blocks": "consent payments"}
    )
    assert (wish.scenario, wish.blocks, wish.inputs) == ("cash-transfer", (), {"a": 1})


def test_equal_wishes_have_one_key_and_others_another() -> None:
    said: dict[str, Any] = {"slug": "cash-transfer", "inputs": {"a": 1, "b": 2}}
    same: dict[str, Any] = {"slug": "cash-transfer", "inputs": {"b": 2, "a": 1}}
    assert make_wish("scenario", said, {}).key == make_wish("scenario", same, {}).key
    assert make_wish("scenario", said, {}).key != make_wish("scenario", {**said, "size": 9}, {}).key


@pytest.mark.parametrize(
    ("kind", "said", "usual", "refusal"),
    [
        ("sandbox", {}, {}, "the fixture `sandbox` is not told what to start"),
        ("scenario", {}, {"blocks": "consent"}, "the fixture `scenario` is not told what to start"),
        ("sandbox", {"scenario": "a", "blocks": ["b"]}, {}, "both the scenario 'a' and blocks are asked for"),
        ("sandbox", {"blocks": "consent"}, {}, "the marker `sandbox` says blocks='consent', wanted a list"),
        ("scenario", {"slug": 7}, {}, "the marker `scenario` says slug=7, wanted a text"),
        (
            "scenario",
            {"slug": "a", "size": "9"},
            {},
            "the marker `scenario` says size='9', wanted a whole number",
        ),
        (
            "scenario",
            {"slug": "a", "inputs": 3},
            {},
            "the marker `scenario` says inputs=3, wanted inputs by name",
        ),
        (
            "scenario",
            {"slug": "a"},
            {"size": "many"},
            "the setting sandbox_size is 'many', wanted a whole number",
        ),
    ],
)
def test_what_can_not_be_meant_is_refused(
    kind: str, said: dict[str, Any], usual: dict[str, str], refusal: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make_wish(kind, said, usual)
    assert str(caught.value) == refusal
