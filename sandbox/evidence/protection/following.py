"""Follows values: was what an application learnt ever said again, to anybody but the one who had told it?

Compared are values, not meanings. A value that comes again may have come from elsewhere, so "used" is
a kind reading; a value that is compared or added up inside an application comes nowhere again, so
"never used" is a question to its owner, not a verdict. Short values are compared within one person
and one field only, for they would be found everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.evidence.protection.fields import everything_said
from sandbox.evidence.protection.looking import Look

LONG = 6
"""Characters from which on a value is looked for whatever the field is called."""
MOST_FOLLOWED = 20_000
"""Exchanges; beyond them nothing is remembered, and the page says so."""
_MANY = ""

FieldKey = tuple[object, ...]


@dataclass(slots=True)
class _Learnt:
    """What one application learnt from one other within one row of the inventory."""

    reader: str
    source: str
    values: set[int] = field(default_factory=set)


class Following:
    """Remembers what was learnt and what was said, and compares at the end."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.looked_at = 0
        self._learnt: dict[FieldKey, _Learnt] = {}
        self._said: dict[str, dict[int, str]] = {}
        """By application: hash of a value, and to whom it was said; `_MANY` when to several."""

    def pass_by(self, look: Look) -> bool:
        """Remember what was said in one exchange; False when it is one too many."""
        if self.looked_at >= MOST_FOLLOWED:
            return False
        self.looked_at += 1
        exchange = look.exchange
        if exchange.refused:
            return True
        for given, speaker, listener in (
            (True, look.caller_address, look.called_address),
            (False, look.called_address, look.caller_address),
        ):
            said = self._said.setdefault(speaker, {})
            for name, value in everything_said(exchange, given=given):
                for key in _keys(name, value, look.people):
                    if said.setdefault(key, listener) != listener:
                        said[key] = _MANY
        return True

    def learn(
        self, row: FieldKey, reader: str, source: str, name: str, values: tuple[str, ...], look: Look
    ) -> None:
        """Remember what a reader learnt in a field of a row."""
        if self.looked_at > MOST_FOLLOWED:
            return
        learnt = self._learnt.setdefault(row, _Learnt(reader, source))
        for value in values:
            learnt.values.update(_keys(name, value, look.people)[:1])

    def outcome(self, row: FieldKey) -> tuple[int, int]:
        """How many values were followed, and how many of them were seen again.

        What the reader itself told the source, before or after, was no news to it or was used to ask on,
        and counts as neither.
        """
        learnt = self._learnt.get(row)
        if learnt is None:
            return 0, 0
        said = self._said.get(learnt.reader, {})
        told = [said[key] for key in learnt.values if key in said]
        echoes = told.count(learnt.source)
        return len(learnt.values) - echoes, len(told) - echoes


def _keys(name: str, value: str, people: frozenset[str]) -> list[int]:
    if len(value) >= LONG:
        return [hash(value)]
    # Of a list of people nobody can say whose short value is whose.
    return [hash((person, name, value)) for person in people] if len(people) == 1 else []
