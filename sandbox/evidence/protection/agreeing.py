"""Consents: what was agreed to and taken back, what was refused for want of it, what was read all the same.

Read from the records that crossed the mediator and from its own refusals. A reading on another legal
basis after consent was withdrawn may be lawful; it is shown so that somebody can say so.
"""

from __future__ import annotations

from sandbox.evidence.protection.findings import AfterWithdrawal, ConsentCount
from sandbox.evidence.protection.lists import Lists
from sandbox.evidence.protection.looking import Look, Tally


class Agreeing:
    """Counts consents."""

    def __init__(self, lists: Lists, most_numbers: int | None) -> None:
        """Know how a record is built."""
        self._words = lists.consent
        self._most = most_numbers
        self._standing: dict[tuple[str, str], bool] = {}
        self._given: dict[str, Tally] = {}
        self._withdrawn: dict[str, Tally] = {}
        self._refused: dict[str, Tally] = {}
        self._after: dict[tuple[str, str, str, str], Tally] = {}

    def pass_by(self, look: Look) -> None:
        """Look at one exchange."""
        exchange = look.exchange
        if exchange.refused.startswith(self._words.refused):
            tally = self._refused.setdefault(exchange.consent or "not told", Tally(self._most))
            tally.add(exchange.number, look.people)
            return
        if not look.went_through:
            return
        record = exchange.response.get(self._words.record) if isinstance(exchange.response, dict) else None
        if isinstance(record, dict) and isinstance(record.get(self._words.opted_in), bool):
            self._hear(look, record, record[self._words.opted_in])
        elif look.sightings and any((person, "") in self._standing for person in look.people):
            self._count_reading(look)

    def _hear(self, look: Look, record: dict[str, object], opted_in: bool) -> None:
        agreement = record.get(self._words.agreement)
        named = agreement.get("id") if isinstance(agreement, dict) else agreement
        key = (look.exchange.individual, str(named or "not told"))
        before = self._standing.get(key)
        self._standing[key] = opted_in
        if before == opted_in or (before is None and not opted_in):
            return
        book = self._given if opted_in else self._withdrawn
        book.setdefault(key[1], Tally(self._most)).add(look.exchange.number, look.people)
        if opted_in:
            self._standing.pop((key[0], ""), None)
        else:
            self._standing[key[0], ""] = False  # somebody who has withdrawn something

    def _count_reading(self, look: Look) -> None:
        for seen in look.sightings:
            reader, source = (look.called, look.caller) if seen.given else (look.caller, look.called)
            key = (reader, source, look.exchange.purpose, look.exchange.legal_basis)
            gone = {person for person in look.people if (person, "") in self._standing}
            self._after.setdefault(key, Tally(self._most)).add(look.exchange.number, gone)

    def consents(self) -> tuple[ConsentCount, ...]:
        """Give one row per data agreement."""
        nothing = Tally()
        return tuple(
            ConsentCount(
                agreement=agreement,
                given=self._given.get(agreement, nothing).counted(),
                withdrawn=self._withdrawn.get(agreement, nothing).counted(),
                refused=self._refused.get(agreement, nothing).counted(),
                people_refused=len(self._refused.get(agreement, nothing).people),
            )
            for agreement in sorted({*self._given, *self._withdrawn, *self._refused})
        )

    def after_withdrawal(self) -> tuple[AfterWithdrawal, ...]:
        """Give what was read of people who had withdrawn."""
        return tuple(
            AfterWithdrawal(
                reader=reader,
                source=source,
                purpose=purpose,
                legal_basis=basis,
                people=len(tally.people),
                counted=tally.counted(),
            )
            for (reader, source, purpose, basis), tally in sorted(self._after.items())
        )
