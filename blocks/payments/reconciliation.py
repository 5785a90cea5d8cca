"""Three accounts of one payroll held against each other: the approval's, our own, the witness's.

The comparison is a pure function of the three. Nothing is corrected here: a break is for people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

LATE_AFTER_DAYS = 2
"""A credit that is booked later than this after the batch was accepted is late."""

BreakKind = Literal["missing", "doubled", "wrong-amount", "wrong-payee", "late", "unreported", "not-ordered"]
KINDS: tuple[BreakKind, ...] = (
    "missing",
    "doubled",
    "wrong-amount",
    "wrong-payee",
    "late",
    "unreported",
    "not-ordered",
)


@dataclass(frozen=True, slots=True)
class Approved:
    """A line of the approved payroll; `amount` in minor units, here as everywhere below."""

    instruction_id: str
    payee: str
    amount: int


@dataclass(frozen=True, slots=True)
class Reported:
    """What payments says of an instruction."""

    instruction_id: str
    payee: str
    amount: int
    status: str


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A credit in the witness's own books; the payee is who holds the account."""

    instruction_id: str
    payee: str
    amount: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Break:
    """Where the three differ."""

    kind: BreakKind
    instruction_id: str
    detail: str


def compare(
    approved: Sequence[Approved],
    reported: Iterable[Reported],
    witnessed: Iterable[Witnessed],
    accepted_on: date,
) -> list[Break]:
    """Find every break, in the order of the approved payroll; what was never approved comes last."""
    ours = {one.instruction_id: one for one in reported}
    theirs: dict[str, list[Witnessed]] = defaultdict(list)
    for credit in witnessed:
        theirs[credit.instruction_id].append(credit)
    breaks = [
        found
        for line in approved
        for found in _breaks_of(line, ours.get(line.instruction_id), theirs[line.instruction_id], accepted_on)
    ]
    known = {line.instruction_id for line in approved}
    breaks += [
        Break("not-ordered", one.instruction_id, "paid, and not in the approved payroll")
        for one in ours.values()
        if one.instruction_id not in known and one.status == "credited"
    ]
    return breaks


def count_kinds(breaks: Iterable[Break]) -> Mapping[str, int]:
    """Count breaks by kind, those that did not occur included."""
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)
    for found in breaks:
        counts[found.kind] += 1
    return counts


def _breaks_of(
    line: Approved, ours: Reported | None, theirs: Sequence[Witnessed], accepted_on: date
) -> Iterable[Break]:
    def found(kind: BreakKind, detail: str) -> Break:
        return Break(kind, line.instruction_id, detail)

    if ours is None:
        yield found("missing", "approved, and payments has no such instruction")
    elif ours.status == "credited" and not theirs:
        yield found("missing", "payments says credited, the witness has no credit")
    elif ours.status != "credited" and theirs:
        yield found("unreported", f"the witness has a credit, payments says {ours.status}")
    if len(theirs) > 1:
        yield found("doubled", f"the witness has {len(theirs)} credits")
    if {line.amount} != {line.amount, *(one.amount for one in theirs), *([ours.amount] if ours else [])}:
        yield found("wrong-amount", "the amounts differ")
    if {line.payee} != {line.payee, *(one.payee for one in theirs), *([ours.payee] if ours else [])}:
        yield found("wrong-payee", "the payees differ")
    if any(one.booked_on > accepted_on + timedelta(days=LATE_AFTER_DAYS) for one in theirs):
        yield found("late", f"booked more than {LATE_AFTER_DAYS} days after the batch was accepted")
