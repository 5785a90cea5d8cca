"""Which expressions may stand where: what each place of a workflow can know, before anything is played.

An expression that could never reach anything (an unknown input, a step further down, an
output that its step does not define, the answer of a request not yet sent) is a fault of
the document, and is found here rather than in the middle of a run.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from sandbox.calls.expressions import Reference, Root


class Moment(Enum):
    """When an expression is evaluated."""

    BEFORE = "before the call"
    AFTER = "after the call"
    END = "at the workflow's end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What expressions of one workflow may name, and from which of its steps on; made once per workflow."""

    inputs: frozenset[str]
    steps: Mapping[str, tuple[int, frozenset[str]]]
    """Position and outputs by id of every step."""
    workflows: Mapping[str, tuple[int, frozenset[str], frozenset[str]]]
    """First position that knows it, inputs and outputs by id of every workflow that is called."""
    back: tuple[int, ...]
    """By position: the earliest step that is gone back to from there or from further down."""
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What expressions at one place may name."""

    moment: Moment
    plan: Plan
    upto: int
    """How many steps have finished at this place."""
    calls_workflow: bool = False
    calling: int = -1
    """Position of the step that is under way."""
    outputs: frozenset[str] = frozenset()
    """Outputs of the workflow that this step calls."""

    def has_finished(self, position: int) -> bool:
        """Whether a step may have finished here, in this round or in an earlier one of a loop."""
        if position < self.upto:
            return True
        # What a step gave in an earlier round is forgotten when its next round begins.
        return position != self.calling and self.plan.back[position] <= max(self.calling, self.upto - 1)


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are: {', '.join(names)}" if names else "; there are none"


def find_fault(reference: Reference, scope: Scope) -> str:
    """Say why an expression can't reach anything at its place; empty when it can."""
    match reference.root:
        case Root.INPUTS:
            return _name_fault(reference, "no input is called", scope.plan.inputs)
        case Root.STEPS:
            fault = _owner_fault(reference, "no step is called", scope.plan.steps)
            if fault:
                return fault
            position, outputs = scope.plan.steps[reference.owner]
            if not scope.has_finished(position):
                return f"{reference.text}: step {reference.owner!r} has not finished here"
            return _name_fault(reference, f"step {reference.owner!r} has no output", outputs)
        case Root.WORKFLOWS:
            known = {
                name: facts
                for name, facts in scope.plan.workflows.items()
                if facts[0] < max(scope.upto, scope.calling + 1)
            }
            fault = _owner_fault(reference, "no step up to here calls a workflow", known)
            if fault:
                return fault
            _, inputs, outputs = known[reference.owner]
            what = f"workflow {reference.owner!r} has no {reference.part[:-1]}"
            return _name_fault(reference, what, inputs if reference.part == "inputs" else outputs)
        case Root.SOURCES:
            fault = _owner_fault(reference, "no source is called", scope.plan.sources)
            return fault or (
                "" if reference.trail == ("url",) else f"{reference.text}: of a source only 'url' is known"
            )
        case Root.OUTPUTS:
            if not scope.calls_workflow or scope.moment is not Moment.AFTER:
                return f"{reference.text}: only a step that has called a workflow knows $outputs"
            return _name_fault(reference, "the called workflow has no output", scope.outputs)
        case _:
            return _call_fault(reference, scope)


def _owner_fault(reference: Reference, fault: str, known: Collection[str]) -> str:
    if reference.owner in known:
        return ""
    return f"{reference.text}: {fault} {reference.owner!r}{nearest(reference.owner, known)}"


def _name_fault(reference: Reference, fault: str, known: Collection[str]) -> str:
    name = reference.choose_name(known)
    return "" if name in known else f"{reference.text}: {fault} {name!r}{nearest(name, known)}"


def _call_fault(reference: Reference, scope: Scope) -> str:
    if scope.moment is Moment.BEFORE:
        return f"{reference.text}: is known only after the call"
    if scope.moment is Moment.END:
        return f"{reference.text}: is known only within its step; name it in the step's outputs"
    if scope.calls_workflow:
        return f"{reference.text}: a step that calls a workflow has no request or answer; use $outputs"
    return ""
