"""The catalogue of personas: named edge cases that every population begins with, as data.

Refuses households without exactly one head in first place, parents who come later than their
children, and slugs that are there twice. A content root without a catalogue has no personas.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints, field_validator, model_validator

from sandbox.model.block import Frozen
from sandbox.population.packs.reading import read_model

CATALOGUE = Path("datasets") / "personas" / "catalogue.yaml"
"""Where it lies below the content root."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]


class Written(Frozen):
    """A name that is in no pack's lists."""

    given: str
    given_latin: str
    family: str
    family_latin: str


class Persona(Frozen):
    """One person. `given` and `family` are places in the pack's lists, counted round when too large."""

    slug: Slug
    about: Annotated[str, StringConstraints(min_length=10, max_length=200)]
    role: Literal["head", "spouse", "child", "parent", "other"]
    sex: Literal["female", "male"]
    born: date
    given: int = Field(default=0, ge=0)
    family: int | Literal["none"] = 0
    written: Written | None = None
    length: int | None = Field(default=None, ge=20, le=80)
    """Make the given names so many characters long."""
    mother: int | None = Field(default=None, ge=0)
    father: int | None = Field(default=None, ge=0)
    """Positions in the household."""
    phone: Slug = "none"
    """`own`, `two`, `none`, or the slug of the person whose number it is."""
    email: bool = False
    account: Literal["open", "closed", "none"] = "none"
    provisional_id: bool = False
    consent: Literal["given", "withdrawn"] | None = None
    died: date | None = None

    @model_validator(mode="after")
    def _lives_before_dying(self) -> Persona:
        if self.died is not None and self.died <= self.born:
            raise ValueError("died must be after born")
        return self


class PersonaHousehold(Frozen):
    """People who live together."""

    members: tuple[Persona, ...] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _one_head_first(self) -> PersonaHousehold:
        roles = [member.role for member in self.members]
        if roles[0] != "head" or roles.count("head") > 1 or "spouse" in roles[2:]:
            raise ValueError("a household is a head, then the spouse if there is one, then others")
        for place, member in enumerate(self.members):
            if any(parent is not None and parent >= place for parent in (member.mother, member.father)):
                raise ValueError(f"{member.slug}: parents come before their children")
        return self


class Catalogue(RootModel[tuple[PersonaHousehold, ...]]):
    """All households, in order."""

    @field_validator("root")
    @classmethod
    def _slugs_once(cls, households: tuple[PersonaHousehold, ...]) -> tuple[PersonaHousehold, ...]:
        slugs = [member.slug for household in households for member in household.members]
        for slug in slugs:
            if slugs.count(slug) > 1:
                raise ValueError(f"{slug!r} is there twice")
        for household in households:
            for member in household.members:
                if member.phone not in ("own", "two", "none", *slugs):
                    raise ValueError(f"{member.slug}: nobody is called {member.phone!r}")
        return households


def read_personas(content_root: Path) -> tuple[PersonaHousehold, ...]:
    """Read the catalogue. Raises ContentError with file and line when it is invalid."""
    path = content_root / CATALOGUE
    return read_model(path, content_root, Catalogue).root if path.is_file() else ()
