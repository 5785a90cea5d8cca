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
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.wording import Names
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
    special: tuple[str, ...]
    """Fields whose name says that they are of a special category."""
    states_purpose: bool
    under_consent: bool
    refusals: tuple[tuple[str, int], ...]
    """Kinds of refusal and how often each came."""
    exchanges: tuple[int, ...]
    """Numbers of the exchanges that disclosed."""
    refused: tuple[int, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is remarkable about it, in English."""
        return say_remarks(self)


def say_remarks(row: Disclosure, speech: Speech = ENGLISH) -> tuple[str, ...]:
    """Say what is remarkable about a row."""
    remarks = []
    if row.special:
        remarks.append(speech.gettext("special category: %(fields)s", fields=speech.enumerate(row.special)))
    if row.exchanges and not row.states_purpose:
        remarks.append(speech.gettext("no purpose stated"))
    if row.under_consent:
        remarks.append(speech.gettext("under consent"))
    for kind, count in row.refusals:
        reason = speech.refusal(kind)
        remarks.append(
            speech.ngettext(
                "%(num)s refused: %(reason)s", "%(num)s refused: %(reason)s", count, reason=reason
            )
        )
    return tuple(remarks)


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
    lists = read_lists()
    return Disclosure(
        reader=reader,
        source=source,
        fields=fields,
        purpose=first.purpose,
        legal_basis=first.legal_basis,
        retention=first.retention,
        recipient=first.recipient,
        people=len({exchange.individual for exchange, _ in disclosed if exchange.individual}),
        special=tuple(
            field for field in fields if any(each.kind == "special" for each in lists.categories_of(field))
        ),
        states_purpose=bool(first.purpose),
        under_consent=bool(disclosed) and all(exchange.consent for exchange, _ in disclosed),
        refusals=tuple(sorted(Counter(exchange.refused for exchange in refused).items())),
        exchanges=tuple(exchange.number for exchange, _ in disclosed),
        refused=tuple(exchange.number for exchange in refused),
    )
