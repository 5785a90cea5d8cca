"""The shape of a pack's `profile.yaml`: how one country's citizens come about, as data.

Refuses unknown keys, recipes that can't give every person a value of their own, and e-mail
domains that somebody could register. Figures are whole numbers (thousandths, years, minor
units), so that no machine rounds them differently.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from sandbox.model.block import Frozen
from sandbox.model.population import LARGEST_POPULATION
from sandbox.population.packs.naming import Names
from sandbox.population.packs.recipes import IdRecipe, PhoneRecipe

PerMille = Annotated[int, Field(ge=0, le=1000)]
Strength = Literal["reserved", "impossible", "unallocated", "plausible"]

STRENGTHS: tuple[Strength, ...] = ("reserved", "impossible", "unallocated", "plausible")
"""From the strongest proof that a value is nobody's to none at all."""

IDENTIFYING = (
    "persons.individual_id",
    "persons.given_name",
    "persons.family_name",
    "persons.phone",
    "persons.email",
    "persons.functional_id",
    "households.address",
    "accounts.account_number",
)
"""Columns by which a reader could take a row for a real person, and which a pack must class itself.

All others are classed for every pack at once, in `proof/classes.py`.
"""

RESERVED_DOMAINS = ("example", "test", "invalid", "example.org", "example.com", "example.net")
"""RFC 2606 and RFC 6761: nobody can register them or a name below them."""


ACCOUNTS_PER_PERSON = 2
"""How many accounts a person may have; each has a number of its own."""

LONGEST_PAYMENT_ADDRESS = 30
"""Characters of a payee's financial address in GovStack's payments API."""


class Institution(Frozen):
    """A made-up bank or mobile-money operator that keeps citizens' accounts."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4,20}$")]
    kind: Literal["bank", "mobile-money"]
    weight: int = Field(ge=1)


class Places(Frozen):
    """The levels of `places.csv`, from the top to the settlement, and which two stand in an address."""

    levels: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z -]*$", max_length=30)], ...] = Field(
        min_length=2, max_length=6
    )
    region: str
    district: str

    @model_validator(mode="after")
    def _of_the_levels(self) -> Places:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("levels must differ")
        for level in (self.region, self.district):
            if level not in self.levels[:-1]:
                raise ValueError(f"{level!r} is none of the levels above the settlement")
        return self


class HouseholdKinds(Frozen):
    """How common each kind of household is before the age pyramid is fitted, as weights."""

    single: int = Field(ge=0)
    couple: int = Field(ge=0)
    parents: int = Field(ge=0)
    lone_parent: int = Field(ge=0)
    shared: int = Field(ge=0)

    @model_validator(mode="after")
    def _some(self) -> HouseholdKinds:
        if not (self.single + self.couple + self.parents + self.lone_parent + self.shared):
            raise ValueError("at least one kind of household needs a weight above 0")
        return self


class HouseholdFigures(Frozen):
    """What households look like."""

    mean_size_per_mille: int = Field(ge=1500, le=7000)
    kinds: HouseholdKinds
    children_at_most: int = Field(ge=1, le=7)
    three_generations: PerMille


class AgeBand(Frozen):
    """A share, in thousandths, from this age on until the next band begins."""

    from_age: int = Field(ge=0, le=110)
    share: PerMille


class Livelihood(Frozen):
    """Who works and for how much.

    A household has a rank from poorest to richest. Employment rises along it from
    `employed_poorest` to `employed_richest`; `pay_deciles` gives the monthly pay of one worker,
    in minor units, at rank 0, 10 %, ... 100 %, and each worker's own pay is within 40 % of it.
    """

    working_age_from: int = Field(ge=14, le=30)
    working_age_to: int = Field(ge=40, le=90)
    employed_poorest: PerMille
    employed_richest: PerMille
    pay_deciles: tuple[int, ...] = Field(min_length=11, max_length=11)

    @field_validator("pay_deciles")
    @classmethod
    def _rising(cls, deciles: tuple[int, ...]) -> tuple[int, ...]:
        if min(deciles) < 0 or list(deciles) != sorted(deciles):
            raise ValueError("pay_deciles must not be negative and must not fall")
        return deciles


class ClassedField(Frozen):
    """How far one identifying column is proven to be nobody's, by what, and when that was looked up."""

    column: str
    strength: Strength
    evidence: Annotated[str, StringConstraints(min_length=10, max_length=400)]
    checked_on: date


class Profile(Frozen):
    """All of `profile.yaml`."""

    country: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    reference_date: date
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...] = Field(min_length=1)
    names: Names
    places: Places
    individual_id: IdRecipe
    account_number: IdRecipe
    functional_id_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3}$")]
    phone: PhoneRecipe
    email_domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$")]
    address: Annotated[str, StringConstraints(max_length=80)]
    institutions: tuple[Institution, ...] = Field(min_length=1)
    households: HouseholdFigures
    livelihood: Livelihood
    disability: tuple[AgeBand, ...] = Field(min_length=1)
    literacy: tuple[AgeBand, ...] = Field(min_length=1)
    phone_ownership: tuple[AgeBand, ...] = Field(min_length=1)
    email_ownership: tuple[AgeBand, ...] = Field(min_length=1)
    account_ownership: PerMille
    fields: tuple[ClassedField, ...]

    @field_validator("reference_date")
    @classmethod
    def _every_year_has_it(cls, day: date) -> date:
        if (day.month, day.day) == (2, 29):
            raise ValueError("reference_date can't be 29 February: most years don't have it")
        return day

    @field_validator("account_number")
    @classmethod
    def _without_dates(cls, recipe: IdRecipe) -> IdRecipe:
        if recipe.birth_serial is not None:
            raise ValueError("an account number says nothing of its owner's birth: use 'serial'")
        return recipe

    @field_validator("email_domain")
    @classmethod
    def _nobody_can_register_it(cls, domain: str) -> str:
        if not any(domain == reserved or domain.endswith("." + reserved) for reserved in RESERVED_DOMAINS):
            raise ValueError(f"must be one of {', '.join(RESERVED_DOMAINS)} or below one of them")
        return domain

    @field_validator("address")
    @classmethod
    def _known_placeholders(cls, pattern: str) -> str:
        try:
            pattern.format(house="1", street="", settlement="")
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError("may hold {house}, {street} and {settlement} only") from error
        return pattern

    @field_validator("disability", "literacy", "phone_ownership", "email_ownership")
    @classmethod
    def _bands_from_birth(cls, bands: tuple[AgeBand, ...]) -> tuple[AgeBand, ...]:
        ages = [band.from_age for band in bands]
        if ages[0] != 0 or ages != sorted(set(ages)):
            raise ValueError("bands begin at age 0 and rise")
        return bands

    @field_validator("fields")
    @classmethod
    def _all_classed(cls, classed: tuple[ClassedField, ...]) -> tuple[ClassedField, ...]:
        found = [field.column for field in classed]
        if sorted(found) != sorted(IDENTIFYING):
            raise ValueError(f"must class each of these columns once: {', '.join(IDENTIFYING)}")
        return classed

    @model_validator(mode="after")
    def _addresses_fit(self) -> Profile:
        longest = max(len(institution.code) for institution in self.institutions)
        if longest + 1 + self.account_number.width > LONGEST_PAYMENT_ADDRESS:
            raise ValueError(
                f"an institution's code ({longest}), '/' and an account number ({self.account_number.width})"
                f" have more than the {LONGEST_PAYMENT_ADDRESS} characters of a payment address"
            )
        return self

    @property
    def capacity(self) -> int:
        """The largest population in which ids, phones and accounts are still unique."""
        mean = self.households.mean_size_per_mille
        return min(
            LARGEST_POPULATION,
            self.individual_id.capacity(mean),
            self.account_number.capacity(mean) // ACCOUNTS_PER_PERSON,
            self.phone.capacity,
        )
