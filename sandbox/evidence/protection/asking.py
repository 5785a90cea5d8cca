"""Once only: what was somebody asked for that a register holds already?

Found in two ways. By value: a register answered the same value about the same person, and nobody had
written it there before in this run. By name: a block was loaded with a column of that name, or of the
name under which another block compared the very same values. What a register could be asked for by
law, and whether its value is good, no log says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.evidence.protection.fields import Sighting, say_field
from sandbox.evidence.protection.findings import AskedTwice
from sandbox.evidence.protection.lists import Lists
from sandbox.evidence.protection.looking import Look, Tally
from sandbox.evidence.wording import Names
from sandbox.model.block import BlockDescriptor

SHORTEST = 4
"""Characters; a shorter value is the same by chance too often."""
FEWEST_ALIKE = 2
"""People for whom two names held the same value before they count as names of one thing."""


@dataclass(slots=True)
class _Asked:
    look: Look
    tally: Tally
    values: dict[str, str] = field(default_factory=dict)
    """By person."""
    names: dict[str, set[str]] = field(default_factory=dict)
    """Other names that carried the same value between blocks, with the people."""


class Asking:
    """Compares what was asked with what registers answered."""

    def __init__(
        self, blocks: Mapping[str, BlockDescriptor], names: Names, lists: Lists, most_numbers: int | None
    ) -> None:
        """Know the registers: blocks that are loaded with citizens."""
        self._names = names
        self._identifiers = frozenset(lists.identifiers[:1])
        self._most = most_numbers
        self._columns = {
            (slug, table, column): say_field(column).lower()
            for slug, block in blocks.items()
            if block.seed is not None
            for table, columns in block.seed.reads.items()
            for column in columns
            if not column.endswith("_no")
        }
        self._registers = {slug for slug, _, _ in self._columns}
        self._asked: dict[tuple[str, str], _Asked] = {}
        self._written: set[tuple[str, str, str]] = set()
        self._held: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}
        """By person and value: under which names it was answered, by which block, in which line."""
        self._between: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def pass_by(self, look: Look) -> None:
        """Look at one exchange about one person."""
        exchange = look.exchange
        if not exchange.individual or not look.went_through:
            return
        person = exchange.individual
        for seen in look.sightings:
            name = seen.field.lower()
            said = [value for value in seen.values if len(value) >= SHORTEST and value != person]
            for value in said:
                if seen.given and seen.pointer.startswith("request"):
                    self._hear_given(look, person, name, value)
                elif self._answers(look, seen, person, value):
                    held = self._held.setdefault((person, value), {})
                    held.setdefault(name, (exchange.block, exchange.number))

    def _answers(self, look: Look, seen: Sighting, person: str, value: str) -> bool:
        """Whether a register tells what nobody told it before."""
        block = look.exchange.block
        return not seen.given and block in self._registers and (block, person, value) not in self._written

    def _hear_given(self, look: Look, person: str, name: str, value: str) -> None:
        self._written.add((look.exchange.block, person, value))
        if not look.from_office:
            self._between.setdefault((person, value), set()).add((name, look.exchange.block))
        elif name not in self._identifiers:
            key = (look.called_address, name)
            asked = self._asked.setdefault(key, _Asked(look, Tally(self._most)))
            asked.tally.add(look.exchange.number, [person])
            asked.values[person] = value

    def findings(self) -> tuple[AskedTwice, ...]:
        """Give every field that need not have been asked, as far as can be told."""
        found = [self._judge(name, asked) for (_, name), asked in self._asked.items()]
        return tuple(sorted((each for each in found if each), key=lambda each: (-each.alike, each.field)))

    def _judge(self, name: str, asked: _Asked) -> AskedTwice | None:
        held_as, answers = self._find_answers(name, asked)
        loaded = self._find_column(name, asked)
        if answers:
            block, how = answers[0][0], "answered"
        elif loaded:
            (block, table, column), how = loaded, "loaded"
            held_as = f"{table}.{column}"
        else:
            return None
        for _, number in sorted(set(answers), key=lambda answer: answer[1]):
            asked.tally.add(number)
        return AskedTwice(
            field=name,
            asked_by=asked.look.caller,
            purpose=asked.look.exchange.purpose,
            held_by=self._names.block(block),
            held_as=held_as,
            how=how,
            people=len(asked.values),
            alike=len(answers),
            counted=asked.tally.counted(),
        )

    def _find_answers(self, name: str, asked: _Asked) -> tuple[str, list[tuple[str, int]]]:
        """Find the same values under the same name; else under the other name that fits nearly everybody."""
        found: dict[str, list[tuple[str, int]]] = {}
        values: dict[str, set[str]] = {}
        for person, value in asked.values.items():
            for other, answer in self._held.get((person, value), {}).items():
                found.setdefault(other, []).append(answer)
                values.setdefault(other, set()).add(value)
        if name in found:
            return name, found[name]
        people = len(asked.values)
        fitting = [
            other
            for other, answers in found.items()
            if 3 * len(answers) >= 2 * people and len(values[other]) >= min(FEWEST_ALIKE, people)
        ]
        best = max(sorted(fitting), key=lambda other: len(found[other]), default="")
        return best, found.get(best, [])

    def _find_column(self, name: str, asked: _Asked) -> tuple[str, str, str] | None:
        """Find a column of that name, else one by whose name its block was given the very same values."""
        others: dict[tuple[str, str], int] = {}
        for person, value in asked.values.items():
            for other in self._between.get((person, value), ()):
                others[other] = others.get(other, 0) + 1
        people = len(asked.values)
        alike = {
            other
            for other, times in others.items()
            if times >= min(FEWEST_ALIKE, people) and 3 * times >= 2 * people
        }
        columns = sorted(self._columns.items())
        own = [place for place, words in columns if words == name]
        return next(iter([*own, *(place for place, words in columns if (words, place[0]) in alike)]), None)
