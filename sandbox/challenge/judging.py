"""Whether anything was lost: end states held against each other, and one play's verdict from that. No I/O."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.model.challenge import Point, Result

WITNESS = "money at the payees' institutions"
REPORTED = "money that payments reports"
MOST_TOLD = 4
"""Differences that are told of one book."""
State = Mapping[str, Sequence[Mapping[str, Any]]]
"""Entries by book; an entry is flat, name to value."""
Field = tuple[str, str]
"""A book and a name in its entries."""

ORDER: frozenset[Field] = frozenset({(WITNESS, "journal"), (REPORTED, "journal")})
"""Fields that say in which order entries were booked: an institution that had to be asked again comes after
the others, and nobody has more or less for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen of one play under a fault.

    Attributes:
        finished: Whether the story came to its end and passed.
        reason: Why it did not.
        retries: How often the caller asked again.
        struck: Statuses of the exchanges that met the fault.
        unanswered: How many calls found nobody, without a planted fault.
        differences: In what the end state is not as it should be.
    """

    finished: bool
    reason: str = ""
    retries: int = 0
    struck: Sequence[int] = ()
    unanswered: int = 0
    differences: Sequence[str] = ()


def judge(point: Point, seen: Observed, *, planted: bool) -> tuple[Result, str]:
    """Say what came of a play; `planted` when the mediator was to strike, and so tells whether it did."""
    if seen.differences:
        return "lost", seen.differences[0]
    if planted and not seen.struck:
        return "unmet", f"no exchange met it after step {point.step}"
    if not seen.finished:
        return "failed", f"{seen.reason.rstrip('.')}. Nothing was lost"
    again = seen.retries or seen.unanswered or any(status >= 500 for status in seen.struck)
    if not again:
        return "passed", "the story passed, and nobody had to ask again"
    if seen.retries:
        times = "once" if seen.retries == 1 else f"{seen.retries} times"
        return "recovered", f"the caller asked again {times}, and the story passed"
    return "recovered", "a block tried again by itself, and the story passed"


def flatten(value: Any, name: str = "") -> dict[str, Any]:
    """Lay a record out flat; lists are kept as text."""
    if isinstance(value, Mapping):
        flat: dict[str, Any] = {}
        for key, inner in value.items():
            flat |= flatten(inner, f"{name}/{key}" if name else str(key))
        return flat
    return {name: json.dumps(value, sort_keys=True) if isinstance(value, list) else value}


def learn_made_up(first: State, second: State) -> frozenset[Field]:
    """Name the fields that two unfaulted plays filled with other values, and those that tell an order."""
    fields = {
        (book, name)
        for state in (first, second)
        for book, entries in state.items()
        for entry in entries
        for name in entry
    }
    return ORDER | {field for field in fields if _values(first, field) != _values(second, field)}


def find_differences(wanted: State, found: State, made_up: Collection[Field]) -> tuple[str, ...]:
    """Say in what an end state is another one; fields that are made up in every play are left out."""
    told: list[str] = []
    for book in sorted({*wanted, *found}):
        before, after = _count(wanted, book, made_up), _count(found, book, made_up)
        missing, extra = sorted((before - after).items()), sorted((after - before).items())
        # Some of both: what is missing and there in another form is not lost, but changed.
        room = max(MOST_TOLD // 2, MOST_TOLD - len(extra))
        told += [f"{book}: missing {entry}{_times(times)}" for entry, times in missing[:room]]
        room = MOST_TOLD - min(len(missing), room)
        told += [f"{book}: too much {entry}{_times(times)}" for entry, times in extra[:room]]
    return tuple(told)


def reconcile(state: State) -> tuple[str, ...]:
    """Hold what payments reports against the witness: each instruction credited once there, for the same sum.

    Needs nothing that another play did, so it holds for a play that broke off as well.
    """
    if REPORTED not in state or WITNESS not in state:
        return ()
    reported = Counter(_credit(entry) for entry in state[REPORTED])
    witnessed = Counter(_credit(entry) for entry in state[WITNESS])
    instructions = Counter(entry.get("instructionId") for entry in state[WITNESS])
    return (
        *(f"credited {times} times: instruction {name}" for name, times in instructions.items() if times > 1),
        *(f"reported and not with the witness: {each}" for each in (reported - witnessed)),
        *(f"with the witness and not reported: {each}" for each in (witnessed - reported)),
    )


def find_loss(found: State, allowed: Sequence[State], made_up: Collection[Field]) -> tuple[str, ...]:
    """Give what was lost: nothing when the state is one of those allowed and agrees with itself."""
    told = [find_differences(wanted, found, made_up) for wanted in allowed]
    nearest = min(told, key=len, default=())
    return (*reconcile(found), *nearest)


def _credit(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(name) for name in ("instructionId", "payee", "amount", "currency"))


def _values(state: State, field: Field) -> Counter[str]:
    book, name = field
    return Counter(_text(entry.get(name)) for entry in state.get(book, ()))


def _count(state: State, book: str, made_up: Collection[Field]) -> Counter[str]:
    return Counter(
        ", ".join(
            f"{name} {_text(value)}" for name, value in sorted(entry.items()) if (book, name) not in made_up
        )
        or "an entry"
        for entry in state.get(book, ())
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _times(times: int) -> str:
    return "" if times == 1 else f" ({times} times)"
