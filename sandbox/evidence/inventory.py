"""Who saw whose data: one row per reader, source, purpose and legal basis, counted from the exchanges.

Only what the mediator saw is told: which personal fields were in the bodies, not what a block did
with them afterwards. A call that was refused disclosed nothing and is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.evidence.folding import name_ends
from sandbox.evidence.protection.fields import expand_fields, say_field
from sandbox.evidence.protection.lists import read_lists
from sandbox.evidence.wording import Names, say_reason
from sandbox.model.run import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One row of the inventory."""

    reader: str
    source: str
    fields: tuple[str, ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str
    people: int
    """Different persons that the mediator could tell apart."""
    remarks: tuple[str, ...]
    exchanges: tuple[int, ...]
    """Numbers of the exchanges that disclosed."""
    refused: tuple[int, ...]


def take_inventory(exchanges: Iterable[Exchange], names: Names) -> tuple[Disclosure, ...]:
    """Take the inventory, most people first.

    Fields of an answer were seen by the caller, fields of a request by the one that was called.
    """
    groups: dict[tuple[str, str, str, str], list[tuple[Exchange, tuple[str, ...]]]] = {}
    for exchange in exchanges:
        if exchange.kind == "control":
            continue
        caller, called = name_ends(exchange, names)
        seen = expand_fields(exchange)
        given = tuple(field for field in seen if field.startswith("request"))
        taken = tuple(field for field in seen if not field.startswith("request"))
        for reader, source, fields in ((caller, called, taken), (called, caller, given)):
            if fields:
                key = (reader, source, exchange.purpose, exchange.legal_basis)
                groups.setdefault(key, []).append((exchange, fields))
        if exchange.refused and not exchange.fields:
            key = (caller, called, exchange.purpose, exchange.legal_basis)
            groups.setdefault(key, []).append((exchange, ()))
    rows = [
        _summarise(reader, source, seen)
        for (reader, source, _, _), seen in groups.items()
        if any(fields and not exchange.refused for exchange, fields in seen)
        or any(exchange.individual for exchange, _ in seen)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.people, row.reader, row.source, row.purpose)))


def _summarise(reader: str, source: str, seen: Sequence[tuple[Exchange, tuple[str, ...]]]) -> Disclosure:
    disclosed = [(exchange, fields) for exchange, fields in seen if not exchange.refused]
    refused = [exchange for exchange, _ in seen if exchange.refused]
    fields = tuple(dict.fromkeys(say_field(field) for _, group in disclosed for field in group))
    first = seen[0][0]
    remarks = []
    lists = read_lists()
    special = [
        field for field in fields if any(each.kind == "special" for each in lists.categories_of(field))
    ]
    if special:
        remarks.append(f"special category: {', '.join(special)}")
    if disclosed and not first.purpose:
        remarks.append("no purpose stated")
    if disclosed and all(exchange.consent for exchange, _ in disclosed):
        remarks.append("under consent")
    reasons = Counter(say_reason(exchange.refused) for exchange in refused)
    remarks += [f"{count} refused: {reason}" for reason, count in sorted(reasons.items())]
    return Disclosure(
        reader=reader,
        source=source,
        fields=fields,
        purpose=first.purpose,
        legal_basis=first.legal_basis,
        retention=first.retention,
        recipient=first.recipient,
        people=len({exchange.individual for exchange, _ in disclosed if exchange.individual}),
        remarks=tuple(remarks),
        exchanges=tuple(exchange.number for exchange, _ in disclosed),
        refused=tuple(exchange.number for exchange in refused),
    )
