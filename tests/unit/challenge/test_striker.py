"""A strike comes once, before the step that was drawn; a play that is cut off makes no call of its end."""

from __future__ import annotations

import pytest

from sandbox.calls.messages import Answer, Request
from sandbox.challenge.striker import EndsHere, Striker
from sandbox.model.run import StepStarted

REQUEST = Request(block="payments", operation_id="payBulk", method="POST", target="/")


class Recording:
    """A caller that notes what it was asked, among what else happened."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def call(self, request: Request) -> Answer:
        self.heard.append(request.operation_id)
        return Answer(url="", status=200)


def begin(striker: Striker, number: int) -> None:
    striker.hear(StepStarted(number=number, path=("story",), step_id="x", sentence="x"))


def test_it_strikes_once_before_the_first_call_of_the_step() -> None:
    caller = Recording()
    striker = Striker(caller, at=3, strike=lambda: caller.heard.append("struck"))
    for step in (1, 2, 4, 5):  # the third calls a workflow, and makes no call itself
        begin(striker, step)
        striker.call(REQUEST)
    assert caller.heard == ["payBulk", "payBulk", "struck", "payBulk", "payBulk"]


def test_it_ends_before_a_step() -> None:
    caller = Recording()
    striker = Striker(caller, end_before=2)
    begin(striker, 1)
    striker.call(REQUEST)
    begin(striker, 2)
    with pytest.raises(EndsHere):
        striker.call(REQUEST)
    assert caller.heard == ["payBulk"]
