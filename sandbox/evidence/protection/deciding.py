"""Decisions about people: which were taken, what did a program work out, and was anybody there?

An operation is a decision when its name begins with a word of the list. A person is told by a name in the
answer ("decided by") or by the log-in that the call was made with; whether that person thought about it,
no log tells, so what was proposed and what was decided are held side by side.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from sandbox.evidence.protection.fields import everything_said, say_field
from sandbox.evidence.protection.findings import Counted, Decision, Followed
from sandbox.evidence.protection.lists import Lists, begins
from sandbox.evidence.protection.looking import Look, Tally


@dataclass(slots=True)
class _Kind:
    look: Look
    everything: Tally
    nobody: Tally
    person: int = 0
    computed: dict[str, None] = field(default_factory=dict)


class Deciding:
    """Counts decisions."""

    def __init__(self, lists: Lists, logged_in: Set[str], most_numbers: int | None) -> None:
        """Know the exchanges (by id) whose caller had logged in a person."""
        self._words = lists.decisions
        self._computed = frozenset(lists.decisions.computed)
        self._identifiers = frozenset(lists.identifiers)
        self._logged_in = logged_in
        self._most = most_numbers
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        self._told: dict[tuple[str, str], str] = {}
        self._proposals = Tally(most_numbers)
        self._as_proposed = 0

    def pass_by(self, look: Look) -> None:
        """Look at one exchange."""
        exchange = look.exchange
        if not look.went_through or exchange.kind not in ("call", "public"):
            return
        # The first word says what is done; `listDecisions` decides nothing.
        verb = say_field(exchange.operation_id).lower().partition(" ")[0]
        if begins(verb, self._words.operations):
            self._count(look, self._kind_of(look, "decided"))
        if computed := self._find_news(look):
            kind = self._kind_of(look, "computed")
            kind.computed.update(dict.fromkeys(computed.values()))
            people = {person for person, _ in computed}
            kind.everything.add(exchange.number, people)
            kind.nobody.add(exchange.number, people)
        if exchange.individual and isinstance(exchange.request, dict):
            self._compare(look, exchange.individual)

    def _find_news(self, look: Look) -> dict[tuple[str, str], str]:
        """Find results that nobody had been told before: whoever only reads one has not worked it out."""
        news: dict[tuple[str, str], str] = {}
        for seen in look.sightings:
            parts = () if seen.given else seen.pointer.split("/")[1:]
            result = next((word for part in parts if (word := say_field(part).lower()) in self._computed), "")
            if not result or not seen.values:
                continue
            if seen.field.lower() == result and look.exchange.individual:
                told = {look.exchange.individual: seen.values[-1]}
            elif seen.field.lower() in self._identifiers:
                told = dict.fromkeys(seen.values, result)
            else:
                continue
            for person, value in told.items():
                if self._told.get((person, result)) != value:
                    self._told[person, result] = value
                    news[person, result] = result
        return news

    def _kind_of(self, look: Look, what: str) -> _Kind:
        key = (look.exchange.operation_id, look.caller_address, look.called_address, what)
        return self._kinds.setdefault(key, _Kind(look, Tally(self._most), Tally(self._most)))

    def _count(self, look: Look, kind: _Kind) -> None:
        exchange = look.exchange
        kind.everything.add(exchange.number, look.people)
        named = any(
            name in self._words.person and value for name, value in everything_said(exchange, given=False)
        )
        if named or exchange.id in self._logged_in:
            kind.person += 1
        else:
            kind.nobody.add(exchange.number, look.people)

    def _compare(self, look: Look, person: str) -> None:
        given = dict(everything_said(look.exchange, given=True))
        decided = next((given[name] for name in self._words.decided if given.get(name)), "")
        if not decided:
            return
        answered = dict(everything_said(look.exchange, given=False))
        proposed = next((answered[name] for name in self._words.proposed if answered.get(name)), "")
        if proposed:
            self._proposals.add(look.exchange.number, [person])
            self._as_proposed += decided == proposed

    def findings(self) -> tuple[Decision, ...]:
        """Give every kind of decision, those without a person first."""
        found = [
            Decision(
                operation=kind.look.exchange.summary or kind.look.exchange.operation_id,
                by=kind.look.caller,
                at=kind.look.called,
                computed=tuple(kind.computed),
                people=len(kind.everything.people),
                person=kind.person,
                nobody=kind.nobody.counted(),
                counted=kind.everything.counted(),
            )
            for kind in self._kinds.values()
        ]
        return tuple(sorted(found, key=lambda each: (-each.nobody.times, each.operation)))

    def proposals(self) -> Followed:
        """Say how often a decision was what a program had proposed."""
        counted = self._proposals.counted()
        return Followed(counted.times, self._as_proposed, counted if counted.times else Counted())
