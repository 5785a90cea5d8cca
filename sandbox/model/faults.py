"""The faults that a sandbox can be given, by name, in words. The information mediator is what strikes."""

from __future__ import annotations

from typing import Literal

from sandbox.model.block import Frozen


class FaultKind(Frozen):
    """One fault that has a name.

    Attributes:
        on: What meets it: a `call` to a block's operation, or a `callback` on its way from a block (an event
            that is pushed counts as one).
        means: What happens, in one sentence.
        seen: What whoever sent it sees.
        works: Whether the block does what it was asked all the same: `yes`, `no`, or `twice`.
    """

    name: str
    on: Literal["call", "callback"]
    means: str
    seen: str
    works: Literal["yes", "no", "twice"]


FAULTS: dict[str, FaultKind] = {
    each.name: each
    for each in (
        FaultKind(
            name="delay",
            on="call",
            means="The call waits at the mediator, then goes through.",
            seen="the answer, later",
            works="yes",
        ),
        FaultKind(
            name="slow-body",
            on="call",
            means="The answer begins at once and its body comes in small pieces.",
            seen="the answer, in pieces",
            works="yes",
        ),
        FaultKind(
            name="time-out",
            on="call",
            means="Nobody answers; the block was never asked.",
            seen="504 after the time given",
            works="no",
        ),
        FaultKind(
            name="refuse",
            on="call",
            means="The block takes no calls for now.",
            seen="503 with Retry-After",
            works="no",
        ),
        FaultKind(
            name="error",
            on="call",
            means="The block breaks before it does anything.",
            seen="500",
            works="no",
        ),
        FaultKind(
            name="outage",
            on="call",
            means="The block can't be reached.",
            seen="502",
            works="no",
        ),
        FaultKind(
            name="drop",
            on="call",
            means="The block does what it was asked, and its answer is lost.",
            seen="a broken connection",
            works="yes",
        ),
        FaultKind(
            name="duplicate",
            on="call",
            means="The call reaches the block twice.",
            seen="the first answer",
            works="twice",
        ),
        FaultKind(
            name="garble",
            on="call",
            means="The answer's body is damaged on its way.",
            seen="the answer's status, and a body that nobody can read",
            works="yes",
        ),
        FaultKind(
            name="wrong-answer",
            on="call",
            means="The answer is well-formed and of another shape than the contract says.",
            seen="the answer's status, and an object with nothing in it that was asked for",
            works="yes",
        ),
        FaultKind(
            name="callback-delay",
            on="callback",
            means="The message is held up on its way, then arrives.",
            seen="the confirmation, later",
            works="yes",
        ),
        FaultKind(
            name="callback-drop",
            on="callback",
            means="The message is lost on its way.",
            seen="a broken connection",
            works="no",
        ),
        FaultKind(
            name="callback-duplicate",
            on="callback",
            means="The message arrives twice.",
            seen="one confirmation",
            works="twice",
        ),
        FaultKind(
            name="callback-unconfirmed",
            on="callback",
            means="The message arrives, and its confirmation is lost.",
            seen="a broken connection",
            works="yes",
        ),
        FaultKind(
            name="undelivered",
            on="callback",
            means="The message can't be handed over.",
            seen="503",
            works="no",
        ),
    )
}
"""In the order in which they are listed."""
