"""Evaluating runtime expressions against what a workflow knows so far.

Pure: reads frozen values, changes nothing. An expression that reaches nothing raises
ReachesNothing with what was found there; the runner makes a failed step of it, because
an answer without the expected field is a finding, not an error of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.calls.expressions import Items, Literal, Members, Reference, Root, Selected, Template, Value
from sandbox.calls.jsonpath import PathNotFollowed, find_nodes, is_singular
from sandbox.calls.messages import Answer, Request

_ABSENT = object()
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")  # RFC 6901: no leading zero


class ReachesNothing(Exception):
    """An expression points at something that is not there. `found` describes what is."""

    def __init__(self, reference: Reference, found: str) -> None:
        super().__init__(f"{reference.text} reaches nothing: {found}")
        self.reference = reference
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFacts:
    """What a called workflow was given and gave back."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that an expression may read at one moment of one workflow."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Outputs by step id; steps of other workflows are not visible."""
    workflows: Mapping[str, WorkflowFacts] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Outputs of the workflow that this step has just called."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Addresses by source name."""
    request: Request | None = None
    answer: Answer | None = None


def describe(value: Any, *, limit: int = 120) -> str:
    """Say in a few words what a value is, for messages."""
    if isinstance(value, Mapping):
        keys = ", ".join(str(key) for key in value)
        return f"an object with {shorten(keys, limit)}" if value else "an empty object"
    if isinstance(value, str):
        return shorten(f"the text {value!r}", limit)
    if isinstance(value, Sequence):
        return f"a list of {len(value)}"
    return shorten(as_text(value), limit)


def shorten(text: str, limit: int) -> str:
    """Cut a text that is too long for one line."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def as_text(value: Any) -> str:
    """Render a value as it stands inside a text, an address or a header: texts bare, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _step_into(value: Any, key: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(key), _ABSENT)
    if isinstance(value, list | tuple) and isinstance(key, int):
        return value[key] if key < len(value) else _ABSENT
    return _ABSENT


def _pointer_key(value: Any, key: str) -> str | int:
    """Read a pointer's token as an index where a list is asked."""
    return int(key) if isinstance(value, list | tuple) and _INDEX.fullmatch(key) else key


def _walk(reference: Reference, value: Any, trail: Sequence[str | int]) -> Any:
    for key in trail:
        found = _step_into(value, key)
        if found is _ABSENT:
            raise ReachesNothing(reference, f"there is no {key!r} in {describe(value)}")
        value = found
    for key in reference.pointer or ():
        found = _step_into(value, _pointer_key(value, key))
        if found is _ABSENT:
            raise ReachesNothing(reference, f"there is no {key!r} in {describe(value)}")
        value = found
    return value


def _from_message(reference: Reference, message: Request | Answer) -> Any:
    name = ".".join(str(key) for key in reference.trail)
    match reference.part:
        case "body":
            return _walk(reference, message.body, reference.trail)
        case "header":
            found: Any = message.headers.get(name.lower(), _ABSENT)
        case "query" if isinstance(message, Request):
            found = message.query.get(name, _ABSENT)
        case _:
            found = message.path.get(name, _ABSENT) if isinstance(message, Request) else _ABSENT
    if found is _ABSENT:
        raise ReachesNothing(reference, f"there is no {reference.part} called {name!r}")
    return found


def _named(reference: Reference, values: Mapping[str, Any]) -> Any:
    """Walk from a set of names; a name may itself hold dots, and then the longest one wins."""
    for name, length in reference.prefixes():
        if name in values:
            return _walk(reference, values[name], reference.trail[length:])
    return _walk(reference, values, reference.trail)


def resolve(reference: Reference, context: Context) -> Any:
    """Give the value an expression points at, with its type; raise ReachesNothing when there is none."""
    match reference.root:
        case Root.INPUTS:
            return _named(reference, context.inputs)
        case Root.OUTPUTS:
            return _named(reference, context.outputs)
        case Root.STEPS:
            if reference.owner not in context.steps:
                raise ReachesNothing(reference, f"step {reference.owner!r} has not finished")
            return _named(reference, context.steps[reference.owner])
        case Root.WORKFLOWS:
            if reference.owner not in context.workflows:
                raise ReachesNothing(reference, f"workflow {reference.owner!r} has not finished")
            facts = context.workflows[reference.owner]
            return _named(reference, facts.inputs if reference.part == "inputs" else facts.outputs)
        case Root.SOURCES:
            return _walk(reference, {"url": context.sources.get(reference.owner, "")}, reference.trail)
        case _:
            return _from_call(reference, context)


def _from_call(reference: Reference, context: Context) -> Any:
    request, answer = context.request, context.answer
    if reference.root in (Root.REQUEST, Root.METHOD):
        if request is None:
            raise ReachesNothing(reference, "this step has sent no request")
        return request.method if reference.root is Root.METHOD else _from_message(reference, request)
    if answer is None:
        raise ReachesNothing(reference, "this step has no answer")
    if reference.root is Root.STATUS:
        return answer.status
    return answer.url if reference.root is Root.URL else _from_message(reference, answer)


def evaluate(value: Value, context: Context) -> Any:
    """Give a parsed value with every expression in it replaced by what it points at."""
    match value:
        case Literal(literal):
            return literal
        case Reference():
            return resolve(value, context)
        case Template(parts):
            return "".join(
                part if isinstance(part, str) else as_text(resolve(part, context)) for part in parts
            )
        case Items(items):
            return [evaluate(item, context) for item in items]
        case Members(members):
            return {key: evaluate(item, context) for key, item in members}
        case Selected():
            return _select(value, context)


def _select(selected: Selected, context: Context) -> Any:
    """Give what a selector selects: the value where only one can be, else the list of all."""
    reference = selected.context
    found = resolve(reference, context)
    if selected.kind == "jsonpointer":
        return _walk(
            replace(reference, text=f"{reference.text} {selected.selector}", pointer=selected.pointer),
            found,
            (),
        )
    try:
        values = [value for _, value in find_nodes(selected.selector, found)]
    except PathNotFollowed as error:
        raise ReachesNothing(reference, str(error)) from error
    if not values:
        raise ReachesNothing(reference, f"{selected.selector} selects nothing in {describe(found)}")
    return values[0] if is_singular(selected.selector) else values
