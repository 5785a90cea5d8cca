"""The people of one shard of households: who they are to each other, how old, how well off.

A shard is HOUSEHOLDS_PER_SHARD households in a row and can be drawn alone, given how many
persons come before it. References between persons are positions in the shard, NOBODY for none.
Refuses to look outside the shard: relatives always live within it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sandbox.population.engine.archetypes import NOBODY, Role
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.days import Days, add_days
from sandbox.population.engine.kinship import Kin, link_parents_elsewhere
from sandbox.population.engine.personas import ELDEST, PersonaRows
from sandbox.population.engine.personas import SEED as PERSONA_SEED
from sandbox.population.engine.randomness import Flags, Integers, Words, below, happens, words

HOUSEHOLDS_PER_SHARD = 4096

ADULT = 18
ELDERLY = 65


@dataclass(frozen=True, slots=True)
class Shard:
    """Which households, and the number of the first person in them."""

    number: int
    first_person: int

    @property
    def first_household(self) -> int:
        """Number of the first household."""
        return self.number * HOUSEHOLDS_PER_SHARD


@dataclass(frozen=True, slots=True)
class Source:
    """Random words for one shard: one per person, or one per household, of a named stream."""

    seed: int
    shard: Shard
    persons: int
    personas: int
    """How many of them, from the first on, are personas, whose words don't depend on the seed."""
    persona_households: int

    def per_person(self, stream: str, *, count: int | None = None) -> Words:
        """Words for every person of the shard, or for the first ones."""
        persons = self.persons if count is None else count
        return self._draw(stream, self.shard.first_person, persons, min(persons, self.personas))

    def per_household(self, stream: str) -> Words:
        """Words for every household of the shard."""
        first = self.shard.first_household
        return self._draw(stream, first, HOUSEHOLDS_PER_SHARD, self.persona_households)

    def _draw(self, stream: str, first: int, count: int, personas: int) -> Words:
        drawn = words(self.seed, stream, first, first + count)
        if personas:
            drawn[:personas] = words(PERSONA_SEED, stream, first, first + personas)
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Arrays with one entry per person, in order of household, heads first."""

    household: Integers
    """Position of the household in the shard."""
    age: Integers
    """Completed years on the reference date."""
    sex: Integers
    role: Integers
    birth_date: Days
    kin: Kin
    disability: Flags
    literate: Flags
    employed: Flags
    monthly_income: Integers
    """Minor units."""

    def first(self, count: int) -> People:
        """Give the first persons alone; their kin may be beyond them."""
        columns: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        kin = Kin(self.kin.mother[:count], self.kin.father[:count], self.kin.spouse[:count])
        cut: dict[str, Any] = {name: column[:count] for name, column in columns.items() if name != "kin"}
        return People(kin=kin, **cut)


def count_persons(compiled: CompiledPack, seed: int, shard_number: int) -> int:
    """Say how many persons a shard holds, without drawing them."""
    known = _personas_of(compiled, shard_number)
    drawn = _draw_archetypes(compiled, seed, shard_number)[known.households :]
    return len(known) + int(compiled.archetypes.sizes[drawn].sum())


def draw_people(compiled: CompiledPack, seed: int, shard: Shard) -> tuple[People, Source]:
    """Draw everybody of one shard, and give the source that further columns are drawn from."""
    archetypes = compiled.archetypes
    known = _personas_of(compiled, shard.number)
    chosen = _draw_archetypes(compiled, seed, shard.number)[known.households :]
    sizes = archetypes.sizes[chosen]
    members = np.repeat(np.arange(len(chosen), dtype=np.int64), sizes)
    begins = (np.cumsum(sizes) - sizes)[members]
    member = archetypes.starts[chosen][members] + np.arange(len(members)) - begins
    source = Source(seed, shard, len(known) + len(members), len(known), known.households)

    household = np.concatenate([known.household, members + known.households])
    head = _first_of_each(household).take(household)
    age = np.concatenate([known.age, archetypes.age[member]])
    sex = np.concatenate([known.sex, archetypes.sex[member]])
    role = np.concatenate([known.role, archetypes.role[member]])
    mother, father = (
        np.concatenate([theirs, np.where(drawn == NOBODY, NOBODY, begins + drawn + len(known))])
        for theirs, drawn in (
            (known.mother, archetypes.mother[member]),
            (known.father, archetypes.father[member]),
        )
    )
    kin = link_parents_elsewhere(
        Kin(
            mother=mother,
            father=father,
            spouse=_marry(role, head),
        ),
        household=household,
        age=age,
        sex=sex,
        role=role,
        drawn=source.per_person("parents-elsewhere"),
        apart_from=len(known),
    )
    birth_date = _be_born(compiled, age, source.per_person("birth-date"))
    birth_date[: len(known)] = known.birth_date
    disability = happens(source.per_person("disability"), compiled.disability[age])
    employed, income = _earn(compiled, source, household, age, disability)
    return People(
        household=household,
        age=age,
        sex=sex,
        role=role,
        birth_date=birth_date,
        kin=kin,
        disability=disability,
        literate=happens(source.per_person("literate"), compiled.literacy[age]),
        employed=employed,
        monthly_income=income,
    ), source


def _personas_of(compiled: CompiledPack, shard_number: int) -> PersonaRows:
    """Give the personas with the first shard, and none with the others."""
    return compiled.personas if shard_number == 0 else compiled.no_personas


def _draw_archetypes(compiled: CompiledPack, seed: int, shard_number: int) -> Integers:
    first = shard_number * HOUSEHOLDS_PER_SHARD
    return compiled.archetype.draw(words(seed, "archetype", first, first + HOUSEHOLDS_PER_SHARD))


def _first_of_each(household: Integers) -> Integers:
    """Find the first member of each household; members stand in a row, and no household is empty."""
    return np.flatnonzero(np.diff(household, prepend=-1))


def _marry(role: Integers, head: Integers) -> Integers:
    """Join each spouse with the head of the household, both ways."""
    spouse = np.full(len(role), NOBODY, dtype=np.int64)
    married = np.flatnonzero(role == Role.SPOUSE)
    spouse[married] = head[married]
    spouse[head[married]] = married
    return spouse


def _be_born(compiled: CompiledPack, age: Integers, drawn: Words) -> Days:
    """Choose a day so that exactly `age` years are completed on the reference date."""
    reference = compiled.profile.reference_date
    months = np.arange(0, 12 * ELDEST + 1, 12).astype("timedelta64[M]")
    first_day: Days = np.asarray(np.datetime64(reference, "M") - months, dtype="datetime64[D]")
    last_day = first_day + np.timedelta64(reference.day - 1, "D")
    return add_days(last_day.take(age), -below(drawn, 365))


def _earn(
    compiled: CompiledPack, source: Source, household: Integers, age: Integers, disability: Flags
) -> tuple[Flags, Integers]:
    """Decide who works and for how much; see profile.Livelihood. A disability halves the chance of work."""
    livelihood = compiled.profile.livelihood
    rank = below(source.per_household("rank"), 1000).take(household)
    span = livelihood.employed_richest - livelihood.employed_poorest
    chance = (livelihood.employed_poorest + span * rank // 1000) >> disability
    of_working_age = (age >= livelihood.working_age_from) & (age <= livelihood.working_age_to)
    employed = of_working_age & happens(source.per_person("employed"), chance)
    decile = rank // 100
    rest = rank - decile * 100
    low, high = compiled.pay_deciles[decile], compiled.pay_deciles[decile + 1]
    usual = low + (high - low) * rest // 100
    own = usual * (600 + below(source.per_person("pay"), 801)) // 1000
    return employed, own * employed
