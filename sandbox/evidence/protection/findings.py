"""What was found, as values: the shapes of `inventory.json` and what the page says.

Every figure carries the lines of the message log that it was counted from.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counted:
    """How many exchanges, and their numbers; of a very long log only the first ones."""

    times: int = 0
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRead:
    """One field within one row of the inventory."""

    field: str
    pointers: tuple[str, ...]
    answered: bool
    """Whether the reader had it from an answer; else somebody sent it along with a request."""
    people: int
    categories: tuple[str, ...]
    followed: int
    """Different values whose further way was looked for; 0 when bodies were not kept."""
    seen_again: int
    """Those of them that the reader said to anybody but the one it had them from."""
    counted: Counted

    @property
    def never_used(self) -> bool:
        """Whether the reader asked for it, and no value of it was ever seen again."""
        return self.answered and self.followed > 0 and self.seen_again == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One row of the inventory: one reader, one source, one purpose."""

    reader: str
    reader_address: str
    reader_is_office: bool
    """An application outside the blocks: what people see at its screens leaves no trace."""
    source: str
    operations: tuple[str, ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str
    consents: tuple[str, ...]
    """Data agreements without whose signed record the mediator would have refused."""
    fields: tuple[FieldRead, ...]
    people: int
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTwice:
    """A field that somebody was asked for although a register holds it."""

    field: str
    asked_by: str
    purpose: str
    held_by: str
    held_as: str
    how: str
    """`answered` when a register answered the same value, `loaded` when it was filled with such a column."""
    people: int
    """Of whom the field was asked."""
    alike: int
    """For whom the register's value was seen to be the same."""
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitive:
    """One category of data that asks for more care, and one application that read such data."""

    category: str
    kind: str
    basis: str
    fields: tuple[str, ...]
    reader: str
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    people: int
    """In the row of the inventory with most of them."""
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One kind of decision, or of result that was computed about people."""

    operation: str
    by: str
    """Application that asked for it."""
    at: str
    """Application that carried it out."""
    computed: tuple[str, ...]
    """Fields that a program worked out about the person; empty for a decision."""
    people: int
    person: int
    """Times that somebody is named, or had logged in."""
    nobody: Counted
    """Times that no person can be told."""
    counted: Counted


@dataclass(frozen=True, slots=True)
class Followed:
    """How often a decision was what a program had proposed."""

    proposals: int
    followed: int
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCount:
    """What was agreed to and taken back under one data agreement, and what was refused for want of it."""

    agreement: str
    given: Counted
    withdrawn: Counted
    refused: Counted
    people_refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterWithdrawal:
    """What was still read of people who had taken their consent back, on other grounds."""

    reader: str
    source: str
    purpose: str
    legal_basis: str
    people: int
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A right, or a part of one, that nobody made use of."""

    client: str
    service: str
    operations: tuple[str, ...]
    whole: bool
    """No operation of the right was used at all."""
    purpose: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionReport:
    """Everything that was found."""

    exchanges: int
    """Looked at."""
    followed: int
    """Of them, those whose values were followed and compared."""
    people: int
    readings: tuple[Reading, ...]
    asked_twice: tuple[AskedTwice, ...]
    sensitive: tuple[Sensitive, ...]
    decisions: tuple[Decision, ...]
    proposals: Followed
    consents: tuple[ConsentCount, ...]
    after_withdrawal: tuple[AfterWithdrawal, ...]
    unused_rights: tuple[Unused, ...]
    rights: int

    @property
    def never_used(self) -> tuple[tuple[Reading, tuple[FieldRead, ...]], ...]:
        """Fields that were disclosed and never seen again, by row; those read by programs first."""
        found = [(row, tuple(each for each in row.fields if each.never_used)) for row in self.readings]
        return tuple(sorted((pair for pair in found if pair[1]), key=lambda pair: pair[0].reader_is_office))
