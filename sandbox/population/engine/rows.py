"""One drawn shard with what several tables share; each is computed when a table first asks for it.

A shard is always drawn whole and then cut at the population's size, so that a smaller
population is the beginning of a larger one: a person keeps every value, except that a
reference to somebody past the end becomes null. A household that the cut goes through
describes the persons who are left; heads come first, so it keeps its head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.population.engine.archetypes import NOBODY, Role
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.naming import NameColumns, draw_names
from sandbox.population.engine.people import ADULT, People, Shard, Source, draw_people
from sandbox.population.engine.randomness import Flags, Integers, happens

Days = NDArray[np.datetime64]
"""Days since 1970 as datetime64[D]."""

_SECOND_ACCOUNTS = 80
"""Of a thousand people with an account, how many have a second one."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who has a main account and where, and who has a second one."""

    held: Flags
    institution: Integers
    second: Flags
    second_institution: Integers
    is_mobile: Flags
    """Who keeps money on a telephone."""


@dataclass(frozen=True)
class Rows:
    """The people of one shard, and how many of them belong to a population of `size` persons."""

    compiled: CompiledPack
    shard: Shard
    size: int
    people: People
    source: Source

    @classmethod
    def draw(cls, compiled: CompiledPack, seed: int, shard: Shard, *, size: int) -> Rows:
        """Draw the people of a shard."""
        people, source = draw_people(compiled, seed, shard)
        return cls(compiled, shard, size, people, source)

    @cached_property
    def kept(self) -> int:
        """How many of the shard's persons are within the population."""
        return min(self.source.persons, self.size - self.shard.first_person)

    @cached_property
    def households(self) -> int:
        """How many of the shard's households have somebody within the population."""
        return int(self.people.household[self.kept - 1]) + 1

    @cached_property
    def number(self) -> Integers:
        """Number of each person."""
        return np.arange(self.source.persons, dtype=np.int64) + self.shard.first_person

    @cached_property
    def heads(self) -> Integers:
        """Positions of the heads, one for each household within the population."""
        return np.flatnonzero(self.people.role[: self.kept] == Role.HEAD)

    @cached_property
    def reference(self) -> np.datetime64:
        """The day on which everybody has the age they have."""
        return np.datetime64(self.compiled.profile.reference_date, "D")

    @cached_property
    def names(self) -> NameColumns:
        """Everybody's names."""
        return draw_names(self.compiled.names, self.people, self.source)

    @cached_property
    def place(self) -> Integers:
        """Index of each household's settlement."""
        return self.compiled.place.draw(self.source.per_household("place"))

    @cached_property
    def unit_no(self) -> Integers:
        """Number of the administrative unit in which each household lives."""
        return self.compiled.unit_no[self.place]

    @cached_property
    def accounts(self) -> Accounts:
        """Give every head an account, and a share of the other adults; a few have two."""
        profile = self.compiled.profile
        chosen = happens(self.source.per_person("account"), profile.account_ownership)
        institution = self.compiled.institution.draw(self.source.per_person("institution"))
        kinds = np.array([each.kind == "mobile-money" for each in profile.institutions])
        held = (self.people.role == Role.HEAD) | (chosen & (self.people.age >= ADULT))
        second = held & happens(self.source.per_person("second-account"), _SECOND_ACCOUNTS)
        elsewhere = self.compiled.institution.draw(self.source.per_person("second-institution"))
        return Accounts(
            held=held,
            institution=institution,
            second=second,
            second_institution=elsewhere,
            is_mobile=(held & kinds[institution]) | (second & kinds[elsewhere]),
        )

    @cached_property
    def has_phone(self) -> Flags:
        """Who has a telephone; nobody keeps money on one that they don't have."""
        owned = self.compiled.phone_ownership[self.people.age]
        return self.accounts.is_mobile | happens(self.source.per_person("has-phone"), owned)

    @cached_property
    def has_email(self) -> Flags:
        """Who has an e-mail address."""
        owned = self.compiled.email_ownership[self.people.age]
        return happens(self.source.per_person("has-email"), owned)

    def refer(self, position: Integers) -> pa.Array:
        """Turn positions into numbers of persons; null for nobody and past the population's end."""
        found = position + self.shard.first_person
        return pa.array(found, mask=(position == NOBODY) | (found >= self.size))


def shift_years(day: Days, years: int) -> Days:
    """Give the same day so many years later; a 29 February becomes 1 March where there is none."""
    month = day.astype("datetime64[M]")
    moved: Days = (month + np.timedelta64(12 * years, "M")).astype("datetime64[D]") + (day - month)
    return moved


def add_days(day: Days, count: Integers) -> Days:
    """Give the day so many days later."""
    moved: Days = day + count.astype("timedelta64[D]")
    return moved


def days_between(first: Days, last: Days | np.datetime64) -> Integers:
    """Count days from one day to another; negative when the other is earlier."""
    between: Integers = (last - first).astype(np.int64)
    return between


def encode(index: Integers, pool: Any, *, present: Flags | None = None) -> pa.Array:
    """Choose texts from a pool by index, without writing them out; null where not `present`."""
    # A Parquet file's dictionary must not hold a text twice, and several places share a district.
    distinct = pool.dictionary_encode()
    places = distinct.indices.to_numpy()[index]
    return pa.DictionaryArray.from_arrays(
        pa.array(places, mask=None if present is None else ~present), distinct.dictionary
    )


def day_array(days: Days, *, present: Flags | None = None) -> pa.Array:
    """Turn days into a column of dates; null where not `present`."""
    return pa.array(days.astype("datetime64[D]"), mask=None if present is None else ~present)
