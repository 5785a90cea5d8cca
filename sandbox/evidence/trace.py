"""What a run did, without what only this run could have: ids, times, addresses, tokens.

Two runs went the same way when their traces are equal. What was made up on the way (an id, a
signature, a reference) may differ as long as it differs the same way everywhere: the first time it is
met it is bound to its counterpart, and from then on it must be that one. Times keep their day, which is
the sandbox's own. What citizens are called and what they are paid is never left out.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.evidence.repeat import place_of
from sandbox.model.run import Event, RunFinished, RunStarted, StepFinished, StepResult

ISSUES_REFERENCES = "newReferences"
"""The control whose whole answer is made up."""
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?")
_ADDRESS = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d+)?")
_DRAWN = re.compile(r"-[0-9a-f]{4}$")
_MADE_UP = re.compile(
    r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"  # base64 of a JSON object: headers and tokens
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # UUID
    r"|(?<![0-9A-Za-z])[0-9a-f]{12,}(?![0-9A-Za-z])"  # hexadecimal: ids and hashes
    r"|(?<![0-9A-Za-z_-])[A-Za-z0-9_-]{40,}(?![0-9A-Za-z_-])={0,2}"  # base64: signatures
)


@dataclass(frozen=True, slots=True)
class Spelt:
    """A text taken apart: what must be equal, and what was made up in its order."""

    form: str
    made_up: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step as it went."""

    number: int
    sentence: str
    step: tuple[str, ...]
    """Path and round: what makes two steps of two runs the same one."""
    facts: tuple[tuple[str, Any], ...]
    """Name and value of everything that is compared; texts are `Spelt`."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that went another way. `then` and `now` are None where there is nothing."""

    number: int
    sentence: str
    what: str
    then: Any
    now: Any


@dataclass(slots=True)
class _Reader:
    """Takes texts apart; learns the references that this run was given."""

    names: dict[str, str] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    pattern: re.Pattern[str] = _MADE_UP

    def learn(self, reference: str) -> None:
        self.references.add(reference)
        longest_first = sorted(map(re.escape, self.references), key=len, reverse=True)
        self.pattern = re.compile("|".join([*longest_first, _MADE_UP.pattern]))

    def spell(self, text: str) -> Spelt:
        for name, stands_for in self.names.items():
            text = text.replace(name, stands_for)
        text = _ADDRESS.sub("<address>", text)
        text = _TIME.sub(r"\1 <time>", text)
        return Spelt(self.pattern.sub("<id>", text), tuple(self.pattern.findall(text)))


def read_trace(events: Sequence[Event]) -> tuple[Action, ...]:
    """Take a run apart. The last action is the run's own end: outcome and outputs."""
    reader = _Reader()
    actions: list[Action] = []
    for event in events:
        if isinstance(event, RunStarted):
            reader.names = {event.run: "<run>"}
            if _DRAWN.search(event.sandbox):  # one that somebody chose may be a word of the scenario
                reader.names[event.sandbox] = "<sandbox>"
        elif isinstance(event, StepFinished):
            actions.append(_read_step(event.result, reader))
        elif isinstance(event, RunFinished):
            said = {"outcome": event.verdict.outcome.value, "outputs": event.outputs}
            actions.append(
                Action(
                    number=len(actions) + 1,
                    sentence="The end of the run.",
                    step=("end",),
                    facts=tuple(_flatten("", said, reader)),
                )
            )
    return tuple(actions)


def _read_step(result: StepResult, reader: _Reader) -> Action:
    call = result.call
    said: dict[str, Any] = {"outcome": result.outcome.value}
    if call is not None:
        if call.operation_id == ISSUES_REFERENCES and isinstance(call.response.body, dict):
            for reference in call.response.body.values():
                if isinstance(reference, str) and len(reference) >= 4:
                    reader.learn(reference)
        said |= {
            "operation": f"{call.block}.{call.operation_id}",
            "method": call.method,
            "place": place_of(call),
            "status": call.status,
            "request": call.request.body,
            "answer": call.response.body,
        }
    said["checks"] = [
        {"condition": check.condition, "held": check.held, "found": check.found, "wanted": check.wanted}
        for check in result.checks
    ]
    said["outputs"] = result.outputs
    return Action(
        number=result.number,
        sentence=result.sentence,
        step=(*result.path, result.step_id, str(result.iteration)),
        facts=tuple(_flatten("", said, reader)),
    )


def _flatten(name: str, value: Any, reader: _Reader) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in sorted(value.items()):
            yield from _flatten(f"{name}/{key}" if name else key, inner, reader)
    elif isinstance(value, list | tuple) and value:
        for place, inner in enumerate(value):
            yield from _flatten(f"{name}/{place}", inner, reader)
    else:
        yield name, reader.spell(value) if isinstance(value, str) else value


def digest_of(trace: Sequence[Action]) -> str:
    """SHA-256 of the trace, everything made up numbered by its first appearance: equal for equal runs."""
    numbers: dict[str, int] = {}
    lines = []
    for action in trace:
        facts = []
        for name, value in action.facts:
            if isinstance(value, Spelt):
                met = [numbers.setdefault(each, len(numbers)) for each in value.made_up]
                facts.append([name, value.form, met])
            else:
                facts.append([name, value])
        lines.append(json.dumps([action.step, facts], default=str))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def compare_traces(then: Sequence[Action], now: Sequence[Action]) -> tuple[Difference, ...]:
    """Name what went another way, in the order of the steps; nothing when both went alike."""
    bound = _Bound()
    found: list[Difference] = []
    matcher = difflib.SequenceMatcher(
        None, [each.step for each in then], [each.step for each in now], autojunk=False
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for old, new in zip(then[a:b], now[c:d], strict=True):
                found += _compare(old, new, bound)
            continue
        found += [Difference(each.number, each.sentence, "step", "played", None) for each in then[a:b]]
        found += [Difference(each.number, each.sentence, "step", None, "played") for each in now[c:d]]
    return tuple(found)


@dataclass(slots=True)
class _Bound:
    """Which made-up value of one run is which of the other."""

    forth: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)

    def same(self, then: str, now: str) -> bool:
        return self.forth.setdefault(then, now) == now and self.back.setdefault(now, then) == then


def _compare(then: Action, now: Action, bound: _Bound) -> Iterator[Difference]:
    old, new = dict(then.facts), dict(now.facts)
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in old:
            yield Difference(then.number, then.sentence, name, None, _show(new[name]))
        elif name not in new:
            yield Difference(then.number, then.sentence, name, _show(old[name]), None)
        elif not _equal(old[name], new[name], bound):
            yield Difference(then.number, then.sentence, name, _show(old[name]), _show(new[name]))


def _equal(then: Any, now: Any, bound: _Bound) -> bool:
    if isinstance(then, Spelt) and isinstance(now, Spelt):
        if then.form != now.form:
            return False
        # All of them are bound, also behind one that differs: what follows is told once.
        bindings = [bound.same(a, b) for a, b in zip(then.made_up, now.made_up, strict=True)]
        return all(bindings)
    return type(then) is type(now) and bool(then == now)


def _show(value: Any) -> Any:
    """A value as it was, made-up parts in their places."""
    if not isinstance(value, Spelt):
        return value
    parts = value.form.split("<id>")
    return "".join(
        part + (value.made_up[place] if place < len(value.made_up) else "")
        for place, part in enumerate(parts)
    )
