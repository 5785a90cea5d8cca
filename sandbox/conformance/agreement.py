"""Whether a product behaves the same whoever it is about: traces under three seeds, up to relabelling.

Every drawn value in an answer becomes its input's name; what a server makes up by itself (numbers, times,
ids) becomes its kind. What is left must be equal. Of lists only what speaks of drawn values is compared:
the rest is other traffic's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.calls.context import as_text
from sandbox.conformance.plays import Played
from sandbox.conformance.values import Finding, Part
from sandbox.model.run import Outcome, StepResult

_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[ _-](?:[A-Z]?[a-z]+|[A-Z]+))*")
_LONGEST_WORDS = 30
_SHORTEST_INSIDE = 6
"""A drawn value is looked for inside longer texts from this length on."""


def find_disagreements(plays: Sequence[Played]) -> list[Finding]:
    """Compare the plays with drawn values of one behaviour, those that held; the first difference counts."""
    held = [one for one in plays if one.play.drawn and one.play.outcome is Outcome.PASSED]
    if len(held) < 2:
        return []
    first, *others = held
    for other in others:
        found = _first_difference(first, other)
        if found is not None:
            return [found]
    return []


def _first_difference(one: Played, other: Played) -> Finding | None:
    for left, right in zip(one.steps, other.steps, strict=False):
        if left.step_id != right.step_id:
            return _finding(
                one, other, right, f"went on to {right.step_id!r} where it went to {left.step_id!r}"
            )
        ours, theirs = trace(left, one.drawn), trace(right, other.drawn)
        if ours != theirs:
            return _finding(one, other, right, _say(ours, theirs))
    if len(one.steps) != len(other.steps):
        return _finding(one, other, other.steps[-1], f"took {len(other.steps)} steps, not {len(one.steps)}")
    return None


def trace(step: StepResult, drawn: Mapping[str, Any]) -> dict[str, str]:
    """Give what a step showed, by place, with drawn values as their names."""
    names = {as_text(value): name for name, value in drawn.items()}
    seen: dict[str, str] = {"outcome": step.outcome.value}
    if step.call is not None:
        seen["status"] = str(step.call.status)
        _walk(relabel(step.call.response.body, names), "", seen)
    return seen


def relabel(value: Any, names: Mapping[str, str]) -> Any:
    """Give a value with drawn values as `{name}` and what nobody can foresee as its kind."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        name = names.get(as_text(value))
        return f"{{{name}}}" if name else "<number>"
    if isinstance(value, str):
        return _relabel_text(value, names)
    if isinstance(value, Mapping):
        return {_relabel_key(str(key), names): relabel(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = {json.dumps(relabel(item, names), sort_keys=True) for item in value}
        return [
            json.loads(item)
            for item in sorted(items)
            if any(f"{{{name}}}" in item for name in names.values())
        ]
    return "<other>"


def _relabel_text(text: str, names: Mapping[str, str]) -> str:
    if text in names:
        return f"{{{names[text]}}}"
    inside = text
    for value, name in names.items():
        if len(value) >= _SHORTEST_INSIDE:
            inside = inside.replace(value, f"{{{name}}}")
    if inside != text:
        return "<text> with " + " ".join(sorted(set(re.findall(r"\{\w+\}", inside))))
    # Words are the contract's; whatever else a server wrote may be an id or a moment.
    return text if len(text) <= _LONGEST_WORDS and _WORDS.fullmatch(text) else "<text>"


def _relabel_key(key: str, names: Mapping[str, str]) -> str:
    return f"{{{names[key]}}}" if key in names else key


def _walk(value: Any, place: str, seen: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _walk(item, f"{place}/{key}", seen)
    elif isinstance(value, list):
        for item in value:
            seen[f"{place}/*/{json.dumps(item, sort_keys=True)}"] = "there"
    else:
        seen[place or "/"] = as_text(value)


def _say(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    place = next(place for place in (*ours, *theirs) if ours.get(place) != theirs.get(place))
    return f"{place}: {theirs.get(place, 'nothing')} where it was {ours.get(place, 'nothing')}"


def _finding(one: Played, other: Played, step: StepResult, what: str) -> Finding:
    return Finding(
        part=Part.AGREEMENT,
        check=f"{other.play.behaviour}/{step.step_id}",
        operation_id=step.call.operation_id if step.call else "",
        sentence=step.sentence,
        reason=f"it behaved another way when only the values were others ({one.play.values} and "
        f"{other.play.values}): {what}",
        place=step.source,
        call=step.call,
    )
