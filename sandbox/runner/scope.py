"""Which expressions may stand where: what each place of a workflow can know, before anything is played.

An expression that could never reach anything (an unknown input, a step further down, an
output that its step does not define, the answer of a request not yet sent) is a fault of
the document, and is found here rather than in the middle of a run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sandbox.calls.expressions import Reference, Root


class Moment(Enum):
    """When an expression is evaluated."""

    BEFORE = "before the call"
    AFTER = "after the call"
    END = "at the workflow's end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What expressions at one place may name."""

    moment: Moment
    calls_workflow: bool = False
    inputs: frozenset[str]
    steps: Mapping[str, frozenset[str]]
    """Outputs by id of every step that has finished at this place."""
    later_steps: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    """Outputs of the workflow that this step calls."""
    workflows: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    """Inputs and outputs by id of every workflow called so far."""
    sources: frozenset[str] = frozenset()


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are: {', '.join(names)}" if names else "; there are none"


def find_fault(reference: Reference, scope: Scope) -> str:
    """Say why an expression can't reach anything at its place; empty when it can."""
    name = _first_name(reference)
    match reference.root:
        case Root.INPUTS:
            if reference.pointer is not None:
                return (
                    f"{reference.text}: a pointer behind $inputs is Arazzo 1.1 and runners disagree on it;"
                    f" write $inputs.{name}.field"
                )
            return _unless(
                name in scope.inputs, reference, f"no input is called {name!r}", name, scope.inputs
            )
        case Root.STEPS:
            return _step_fault(reference, name, scope)
        case Root.WORKFLOWS:
            if reference.owner not in scope.workflows:
                return f"{reference.text}: no step up to here calls a workflow {reference.owner!r}" + nearest(
                    reference.owner, scope.workflows
                )
            inputs, outputs = scope.workflows[reference.owner]
            known = inputs if reference.part == "inputs" else outputs
            what = f"workflow {reference.owner!r} has no {reference.part[:-1]} {name!r}"
            return _unless(name in known, reference, what, name, known)
        case Root.SOURCES:
            if reference.owner not in scope.sources:
                return f"{reference.text}: no source is called {reference.owner!r}" + nearest(
                    reference.owner, scope.sources
                )
            return "" if reference.trail == ("url",) else f"{reference.text}: of a source only 'url' is known"
        case Root.OUTPUTS:
            if not scope.calls_workflow or scope.moment is not Moment.AFTER:
                return f"{reference.text}: only a step that has called a workflow knows $outputs"
            what = f"the called workflow has no output {name!r}"
            return _unless(name in scope.outputs, reference, what, name, scope.outputs)
        case _:
            return _call_fault(reference, scope)


def _first_name(reference: Reference) -> str:
    return str(reference.trail[0]) if reference.trail else ""


def _unless(known: bool, reference: Reference, fault: str, name: str, names: Iterable[str]) -> str:
    return "" if known else f"{reference.text}: {fault}{nearest(name, names)}"


def _step_fault(reference: Reference, name: str, scope: Scope) -> str:
    if reference.owner in scope.later_steps:
        return f"{reference.text}: step {reference.owner!r} has not finished here"
    if reference.owner not in scope.steps:
        return f"{reference.text}: no step is called {reference.owner!r}" + nearest(
            reference.owner, scope.steps
        )
    known = scope.steps[reference.owner]
    # A name may hold dots itself; then the whole trail is the name.
    whole = ".".join(str(part) for part in reference.trail)
    what = f"step {reference.owner!r} has no output {name!r}"
    return _unless(name in known or whole in known, reference, what, name, known)


def _call_fault(reference: Reference, scope: Scope) -> str:
    if scope.moment is Moment.BEFORE:
        return f"{reference.text}: is known only after the call"
    if scope.moment is Moment.END:
        return f"{reference.text}: is known only within its step; name it in the step's outputs"
    if scope.calls_workflow:
        return f"{reference.text}: a step that calls a workflow has no request or answer; use $outputs"
    return ""
