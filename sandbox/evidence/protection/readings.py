"""The data-exchange inventory: one row per reader, source and purpose, with every field by its name.

Fields of an answer were learnt by the caller, fields of a request by the one that was called. A call
that was refused, and one that was turned down, disclosed nothing that is counted here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.evidence.protection.findings import Counted, FieldRead, Reading, Sensitive
from sandbox.evidence.protection.following import Following
from sandbox.evidence.protection.lists import Lists
from sandbox.evidence.protection.looking import Look, Tally

RowKey = tuple[str, str, str, str]


@dataclass(slots=True)
class _Field:
    tally: Tally
    pointers: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Row:
    look: Look
    given: bool
    tally: Tally
    operations: dict[str, None] = field(default_factory=dict)
    consents: dict[str, None] = field(default_factory=dict)
    fields: dict[str, _Field] = field(default_factory=dict)


class Readings:
    """Counts who read what."""

    def __init__(self, lists: Lists, following: Following, most_numbers: int | None) -> None:
        """Count, keeping at most so many numbers of exchanges for each figure."""
        self._lists = lists
        self._following = following
        self._most = most_numbers
        self._rows: dict[RowKey, _Row] = {}

    def pass_by(self, look: Look) -> None:
        """Count one exchange."""
        exchange = look.exchange
        if not look.went_through:
            return
        for seen in look.sightings:
            reader, source = (look.called, look.caller) if seen.given else (look.caller, look.called)
            key = (reader, source, exchange.purpose, exchange.legal_basis)
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = _Row(look, seen.given, Tally(self._most))
            row.tally.add(exchange.number, look.people)
            row.operations[exchange.summary or exchange.operation_id] = None
            if exchange.consent:
                row.consents[exchange.consent] = None
            told = row.fields.setdefault(seen.field.lower(), _Field(Tally(self._most)))
            told.tally.add(exchange.number, look.people)
            told.pointers[seen.pointer] = None
            addresses = (look.called_address, look.caller_address)
            self._following.learn(
                (*key, seen.field.lower()),
                *(addresses if seen.given else addresses[::-1]),
                seen.field.lower(),
                seen.values,
                look,
            )

    def rows(self) -> tuple[Reading, ...]:
        """Give the rows, most people first."""
        found = [self._close(key, row) for key, row in self._rows.items()]
        return tuple(sorted(found, key=lambda row: (-row.people, row.reader, row.source, row.purpose)))

    def _close(self, key: RowKey, row: _Row) -> Reading:
        exchange = row.look.exchange
        reader, source, purpose, basis = key
        return Reading(
            reader=reader,
            reader_address=row.look.called_address if row.given else row.look.caller_address,
            reader_is_office=row.look.from_office and not row.given,
            source=source,
            operations=tuple(row.operations),
            purpose=purpose,
            legal_basis=basis,
            retention=exchange.retention,
            recipient=exchange.recipient,
            consents=tuple(row.consents),
            fields=tuple(
                self._close_field((*key, name), name, told) for name, told in sorted(row.fields.items())
            ),
            people=len(row.tally.people),
            counted=row.tally.counted(),
        )

    def _close_field(self, key: tuple[object, ...], name: str, told: _Field) -> FieldRead:
        followed, again = self._following.outcome(key)
        return FieldRead(
            field=name,
            pointers=tuple(told.pointers),
            answered=any(pointer.startswith("response") for pointer in told.pointers),
            people=len(told.tally.people),
            categories=tuple(each.name for each in self._lists.categories_of(name)),
            followed=followed,
            seen_again=again,
            counted=told.tally.counted(),
        )


def list_sensitive(
    rows: tuple[Reading, ...], lists: Lists, most_numbers: int | None
) -> tuple[Sensitive, ...]:
    """List who read data that ask for more care, special categories first."""
    found: list[Sensitive] = []
    for category in lists.categories:
        by_reader: dict[str, list[tuple[Reading, FieldRead]]] = {}
        for row in rows:
            for each in row.fields:
                if category.name in each.categories:
                    by_reader.setdefault(row.reader, []).append((row, each))
        for reader, read in by_reader.items():
            numbers = sorted({number for _, each in read for number in each.counted.numbers})
            times = max(len(numbers), *(each.counted.times for _, each in read))
            found.append(
                Sensitive(
                    category=category.name,
                    kind=category.kind,
                    basis=category.basis,
                    fields=tuple(sorted({each.field for _, each in read})),
                    reader=reader,
                    sources=tuple(sorted({row.source for row, _ in read})),
                    purposes=tuple(dict.fromkeys(row.purpose for row, _ in read if row.purpose)),
                    people=max(each.people for _, each in read),
                    counted=Counted(times, tuple(numbers[:most_numbers])),
                )
            )
    order = {category.name: place for place, category in enumerate(lists.categories)}
    return tuple(sorted(found, key=lambda each: (each.kind != "special", order[each.category], -each.people)))
