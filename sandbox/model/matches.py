"""What linking two registers makes of people: right, wrong and missed matches, and what follows for whom."""

from __future__ import annotations

from sandbox.model.block import Frozen
from sandbox.model.dirt import DirtManifest


class Linking(Frozen):
    """One rule for finding in a second register a person known from the first.

    Attributes:
        rule: Its short name.
        sentence: The rule in words.
        right: Pairs of rows that are about the same person.
        false: Pairs of rows that are about two people.
        missed: People who are in both registers and were not found.
        absent: People whom one of the registers does not have.
        excluded: People who are entitled and would get nothing.
        included: People who are not entitled and would get something.
        twice: Entitled people who would get it more than once.
        dead: Dead people whom both registers list and who would get something.
    """

    rule: str
    sentence: str
    right: int
    false: int
    missed: int
    absent: int
    excluded: int
    included: int
    twice: int
    dead: int


class GroupCount(Frozen):
    """The people of one group, by the population itself, and what went wrong with them."""

    group: str
    value: str
    people: int
    false: int
    missed: int
    absent: int
    entitled: int
    excluded: int
    included: int


class MatchReport(Frozen):
    """Two registers linked by every rule; by group for one of them."""

    first: str
    second: str
    people: int
    entitled: int
    eligibility: str
    """Who is entitled, in words."""
    linkings: tuple[Linking, ...]
    rule: str
    """The rule that the groups are counted by."""
    groups: tuple[GroupCount, ...]

    @property
    def chosen(self) -> Linking:
        """The linking that the groups are counted by."""
        return next(each for each in self.linkings if each.rule == self.rule)


class Encounter(Frozen):
    """A fault in a register that concerns somebody whom a run was about."""

    individual_id: str
    block: str
    kind: str
    column: str
    true_value: str
    registered_value: str


class RegistersReport(Frozen):
    """What a run's evidence says of dirty registers."""

    planted: DirtManifest
    matches: MatchReport
    met: tuple[Encounter, ...]
    """Faults of the people in the run's exchanges, in order of person."""
