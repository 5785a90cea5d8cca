"""What a service may have verified: claims of identity, records of people and things, ages, documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from blocks.registration.policy import Frozen
from blocks.registration.sources import RegistryName, Source

Name = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
OFFICIAL = "individualId"
"""The applicant's own id, as a source."""


class IdentityCheck(Frozen):
    """Compares claims (identity's name -> field of the form) with the register of identities.

    `unknown` is the reason when nobody there has the id; with `optional`, a form may name nobody.
    """

    kind: Literal["identity"]
    person: Source = OFFICIAL
    claims: Mapping[str, str]
    unknown: Name = "identity-unknown"
    optional: bool = False


class RegistryCheck(Frozen):
    """Reads a person's record and compares fields; each says the reason when it differs."""

    kind: Literal["registry"]
    registry: RegistryName
    person: Source = OFFICIAL
    compare: Mapping[str, str] = Field(default_factory=dict)


class HouseholdCheck(Frozen):
    """Reads the household that the person heads; its facts decide."""

    kind: Literal["household"]
    registry: RegistryName


class UniqueCheck(Frozen):
    """Asks whether a register has such an entry already; fails when it does."""

    kind: Literal["unique"]
    registry: RegistryName
    by: Annotated[Mapping[str, Source], Field(min_length=1)]


class Equal(Frozen):
    """What a field of a record has to be, and the reason when it is something else."""

    to: Source
    reason: Name


class RecordCheck(Frozen):
    """Reads a record of a thing, such as a parcel: it is there, as wanted, and nothing stands against it."""

    kind: Literal["record"]
    registry: RegistryName
    find: Annotated[Mapping[str, Source], Field(min_length=1)]
    missing: Name
    equal: Mapping[str, Equal] = Field(default_factory=dict)
    absent: Mapping[str, Name] = Field(default_factory=dict)


class ChecklistCheck(Frozen):
    """Looks for the documents that the form calls for; what is missing is asked for, not refused."""

    kind: Literal["checklist"]


class AgeCheck(Frozen):
    """Holds an age against limits, both inclusive: the applicant's, or that of a child in the form.

    The applicant's date of birth is the one that the registry check before it has read, not the one stated.
    """

    kind: Literal["age"]
    born: Source | Literal["person"] = "person"
    at_least_years: Annotated[int, Field(ge=0, le=150)] | None = None
    at_most_years: Annotated[int, Field(ge=0, le=150)] | None = None
    at_most_days: Annotated[int, Field(ge=0, le=1000)] | None = None
    reason: Name

    def fits(self, born: date, today: date) -> bool:
        """Whether somebody of this birthday is of age; nobody is who is still to be born."""
        years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        days = (today - born).days
        return (
            days >= 0
            and (self.at_least_years is None or years >= self.at_least_years)
            and (self.at_most_years is None or years <= self.at_most_years)
            and (self.at_most_days is None or days <= self.at_most_days)
        )


Check = Annotated[
    IdentityCheck | RegistryCheck | HouseholdCheck | UniqueCheck | RecordCheck | ChecklistCheck | AgeCheck,
    Field(discriminator="kind"),
]
