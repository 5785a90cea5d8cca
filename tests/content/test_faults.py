"""The faults that the sandbox lists, the mediator strikes and the reference describes are the same."""

from __future__ import annotations

from pathlib import Path

from blocks.information_mediator.faults import OF_CALLBACKS, OF_CALLS
from sandbox.model.faults import FAULTS

REFERENCE = Path(__file__).parents[2] / "docs/reference/controls.md"


def test_the_names_are_those_that_the_mediator_knows() -> None:
    listed = {name: each.on for name, each in FAULTS.items()}
    assert listed == dict.fromkeys(OF_CALLS, "call") | dict.fromkeys(OF_CALLBACKS, "callback")


def test_the_reference_describes_each_as_the_sandbox_does() -> None:
    text = REFERENCE.read_text("utf-8")
    missing = [
        each.name for each in FAULTS.values() if f"| `{each.name}` | {each.means} | {each.seen} |" not in text
    ]
    assert not missing
