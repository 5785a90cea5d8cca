"""`datasets/recipes/dirt.yaml`: which register has which faults how often, and how names get misspelt.

Data only, checked before anything is made; a fault is named with its line. Which faults a register
can have is fixed here, because a block's loader must survive them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from sandbox.model.block import Frozen
from sandbox.model.dirt import Dirt
from sandbox.population.packs.reading import read_model

FILE = Path("datasets") / "recipes" / "dirt.yaml"
"""Below the content root."""

VERSION = 1
"""Raised when the same recipe plants other faults; part of the recipe's digest."""

PerMille = Annotated[int, Field(ge=0, le=1000, strict=True)]


class IdentityRates(Frozen):
    """The register that people prove themselves by."""

    transliteration: PerMille = 0
    spelling: PerMille = 0
    first_of_january: PerMille = 0
    swapped_day_month: PerMille = 0
    shared_phone: PerMille = 0
    unreported_death: PerMille = 0
    duplicate: PerMille = 0
    missing: PerMille = 0


class RegistriesRates(Frozen):
    """The registers of individuals and of households."""

    transliteration: PerMille = 0
    spelling: PerMille = 0
    first_of_january: PerMille = 0
    swapped_day_month: PerMille = 0
    stale_address: PerMille = 0
    unreported_death: PerMille = 0
    duplicate: PerMille = 0
    missing: PerMille = 0


class MessagingRates(Frozen):
    """Who is reached where."""

    shared_phone: PerMille = 0
    missing: PerMille = 0


class InstitutionsRates(Frozen):
    """The payees' institutions: an account that their books don't have. Holders follow from accounts."""

    missing: PerMille = 0


class Level(Frozen):
    """One level: the rates of every register."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    identity: IdentityRates = IdentityRates()
    digital_registries: RegistriesRates = Field(RegistriesRates(), alias="digital-registries")
    messaging: MessagingRates = MessagingRates()
    payee_institutions: InstitutionsRates = Field(InstitutionsRates(), alias="payee-institutions")

    def rates(self) -> Mapping[str, Mapping[str, int]]:
        """Per mille by kind, by register's slug."""
        found: Mapping[str, Mapping[str, int]] = self.model_dump(by_alias=True)
        return found


class Script(Frozen):
    """How names of one script get misspelt."""

    vowels: Annotated[str, Field(min_length=1)]
    alternates: tuple[tuple[str, str], ...] = ()


class Recipe(Frozen):
    """The whole file."""

    light: Level
    field: Level
    scripts: Mapping[str, Script]

    def level(self, dirt: Dirt) -> Level:
        """Give one level; `none` has no fault anywhere."""
        return {"none": Level.model_validate({}), "light": self.light, "field": self.field}[dirt]

    @property
    def digest(self) -> str:
        """SHA-256 over what the recipe says, comments apart."""
        return hashlib.sha256(f"{VERSION}\n{self.model_dump_json()}".encode()).hexdigest()


def read_recipe(content_root: Path) -> Recipe:
    """Read the recipe. Raises ContentError with file and line."""
    return read_model(content_root / FILE, content_root, Recipe)
