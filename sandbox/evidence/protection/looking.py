"""One exchange as the counting parts see it: its fields, whose they are, and who spoke to whom.

Also the tally that every part keeps: how often, and in which lines of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sandbox.evidence.folding import name_ends
from sandbox.evidence.protection.fields import Sighting, personal_names, see
from sandbox.evidence.protection.findings import Counted
from sandbox.evidence.protection.lists import Lists
from sandbox.evidence.wording import Names
from sandbox.model.run import Exchange
from sandbox.model.wiring import Wiring


@dataclass(slots=True)
class Tally:
    """How often something was seen, in which lines, and of how many people."""

    most: int | None = None
    times: int = 0
    numbers: list[int] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    last: int = 0

    def add(self, number: int, people: Iterable[str] = ()) -> None:
        """Count one."""
        self.people.update(people)
        if number == self.last:  # several fields of one exchange
            return
        self.last = number
        self.times += 1
        if self.most is None or len(self.numbers) < self.most:
            self.numbers.append(number)

    def counted(self) -> Counted:
        """Give what was counted."""
        return Counted(self.times, tuple(self.numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One exchange, looked at."""

    exchange: Exchange
    sightings: Sequence[Sighting]
    caller: str
    called: str
    """Names of both ends."""
    caller_address: str
    called_address: str
    from_office: bool
    """Whether the caller is an application outside the blocks, or a citizen at a public page."""
    people: frozenset[str]

    @property
    def went_through(self) -> bool:
        """Whether the call reached its end and was not turned down there."""
        return not self.exchange.refused and self.exchange.status < 400


class Looker:
    """Looks at exchanges one after another, and learns which numbers stand for one person."""

    def __init__(self, wiring: Wiring, names: Names, lists: Lists) -> None:
        """Look with the names of this wiring."""
        self._names = names
        self._lists = lists
        self._personal = personal_names(wiring)
        self._offices = {client.application for client in wiring.clients if client.proof == "sandbox"}
        self._persons: dict[str, str] = {}
        """The individual behind another number of the same person."""
        self._began: dict[str, Exchange] = {}
        """The first call of each correlated conversation."""

    def look(self, exchange: Exchange) -> Look:
        """Look at one; an answer that comes later has the purpose of the call that began it."""
        listener = ""
        if exchange.kind == "callback":
            exchange, listener = self._go_on(exchange)
        elif exchange.correlation:
            self._began.setdefault(exchange.correlation, exchange)
        sightings = see(exchange, self._personal)
        self._learn(exchange, sightings)
        caller, called = name_ends(exchange, self._names, listener)
        return Look(
            exchange=exchange,
            sightings=sightings,
            caller=caller,
            called=called,
            caller_address=exchange.client or "anyone",
            called_address=exchange.service or listener or exchange.block,
            from_office=not exchange.client or exchange.client in self._offices,
            people=self._people_of(exchange, sightings),
        )

    def _go_on(self, exchange: Exchange) -> tuple[Exchange, str]:
        """Give a later answer with the grounds of what it answers, and whom it is meant for."""
        first = self._began.get(exchange.correlation)
        if first is None:
            return exchange, ""
        grounds = ("purpose", "legal_basis", "retention", "recipient")
        told = {name: getattr(exchange, name) or getattr(first, name) for name in grounds}
        return exchange.model_copy(update=told), first.client

    def _learn(self, exchange: Exchange, sightings: Sequence[Sighting]) -> None:
        if not exchange.individual:
            return
        for seen in sightings:
            if len(seen.values) == 1 and seen.field.lower() in self._lists.identifiers:
                self._persons.setdefault(seen.values[0], exchange.individual)

    def _people_of(self, exchange: Exchange, sightings: Sequence[Sighting]) -> frozenset[str]:
        if exchange.individual:
            return frozenset([exchange.individual])
        for kind in self._lists.identifiers:
            values = [value for seen in sightings if seen.field.lower() == kind for value in seen.values]
            if values:
                return frozenset(self._persons.get(value, value) for value in values)
        return frozenset()
