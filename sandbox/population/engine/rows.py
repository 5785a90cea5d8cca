"""One drawn shard with what several tables share; each is computed when a table first asks for it.

Kinship of a shard is always drawn whole and then cut at the population's size, so that a smaller
population is the beginning of a larger one: a person keeps every value, except that a
reference to somebody past the end becomes null. A household that the cut goes through
describes the persons who are left; heads come first, so it keeps its head. What no relative
passes on is drawn for those alone who are left.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pyarrow as pa

from sandbox.population.engine.addresses import Addresses, draw_addresses
from sandbox.population.engine.archetypes import NOBODY, Role
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.identifiers import write_emails, write_phones
from sandbox.population.engine.naming import NameColumns, draw_names
from sandbox.population.engine.people import ADULT, People, Shard, Source, draw_people
from sandbox.population.engine.personas import PersonaRows
from sandbox.population.engine.randomness import Flags, Integers, Words, happens
from sandbox.population.engine.text import Characters

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
    def present(self) -> People:
        """The persons who are within the population; relatives of theirs may be past its end."""
        return self.people.first(self.kept)

    def per_person(self, stream: str) -> Words:
        """Words for every person who is within the population."""
        return self.source.per_person(stream, count=self.kept)

    @cached_property
    def number(self) -> Integers:
        """Number of each person within the population."""
        return np.arange(self.kept, dtype=np.int64) + self.shard.first_person

    @cached_property
    def heads(self) -> Integers:
        """Positions of the heads, one for each household within the population."""
        return np.flatnonzero(self.present.role == Role.HEAD)

    @cached_property
    def reference(self) -> np.datetime64:
        """The day on which everybody has the age they have."""
        return np.datetime64(self.compiled.profile.reference_date, "D")

    @cached_property
    def names(self) -> NameColumns:
        """Everybody's names, of the whole shard."""
        drawn = draw_names(self.compiled.names, self.people, self.source)
        known = self.source.personas
        if not known:
            return drawn
        names = zip(fields(drawn), self.compiled.personas.names, strict=True)
        return NameColumns(
            **{
                field.name: _follow(theirs, getattr(drawn, field.name).slice(known))
                for field, theirs in names
            }
        )

    @cached_property
    def personas(self) -> PersonaRows:
        """The personas who are the first persons of this shard; none but in the first."""
        if not self.source.personas:
            return self.compiled.no_personas
        return self.compiled.personas.first(self.kept)

    @cached_property
    def place(self) -> Integers:
        """Index of each household's settlement."""
        return self.compiled.place.draw(self.source.per_household("place"))

    @cached_property
    def unit_no(self) -> Integers:
        """Number of the administrative unit in which each household lives."""
        return self.compiled.unit_no[self.place]

    @cached_property
    def addresses(self) -> Addresses:
        """Where each household within the population lives."""
        return draw_addresses(self.compiled, self.source, self.place[: self.households])

    @cached_property
    def accounts(self) -> Accounts:
        """Give every head an account, and a share of the other adults; a few have two."""
        people, known = self.present, self.personas
        chosen = happens(self.per_person("account"), self.compiled.profile.account_ownership)
        institution = self.compiled.institution.draw(self.per_person("institution"))
        held = (people.role == Role.HEAD) | (chosen & (people.age >= ADULT))
        second = held & happens(self.per_person("second-account"), _SECOND_ACCOUNTS)
        held[: len(known)] = known.has_account
        second[: len(known)] = False
        elsewhere = self.compiled.institution.draw(self.per_person("second-institution"))
        mobile = self.compiled.is_mobile
        return Accounts(
            held=held,
            institution=institution,
            second=second,
            second_institution=elsewhere,
            is_mobile=(held & mobile.take(institution)) | (second & mobile.take(elsewhere)),
        )

    @cached_property
    def has_phone(self) -> Flags:
        """Who has a telephone; nobody keeps money on one that they don't have."""
        owned = self.compiled.phone_ownership.take(self.present.age)
        has = self.accounts.is_mobile | happens(self.per_person("has-phone"), owned)
        has[: len(self.personas)] = self.personas.has_phone
        return has

    @cached_property
    def phone_no(self) -> Integers:
        """Number by which each person's telephone number is written.

        The first are the personas' own, then as many second ones of theirs, then everybody else's.
        """
        known = len(self.compiled.personas)
        numbers = self.number + known
        numbers[: len(self.personas)] = self.personas.phone_of
        return numbers

    @cached_property
    def phones(self) -> Characters:
        """The telephone numbers of those who have one, in order."""
        return self.write_phones(self.phone_no[self.has_phone])

    def write_phones(self, numbers: Integers) -> Characters:
        """Write the telephone numbers with these numbers."""
        # Personas' numbers come first, as many again are their second ones, whatever the seed.
        return write_phones(
            self.compiled.profile.phone,
            seed=self.source.seed,
            persons=numbers,
            reserved=2 * len(self.compiled.personas),
        )

    @cached_property
    def emails(self) -> Characters:
        """The e-mail addresses of those who have one, in order."""
        return write_emails(self.compiled.profile.email_domain, persons=self.number[self.has_email])

    @cached_property
    def has_email(self) -> Flags:
        """Who has an e-mail address."""
        owned = self.compiled.email_ownership.take(self.present.age)
        has = happens(self.per_person("has-email"), owned)
        has[: len(self.personas)] = self.personas.has_email
        return has

    def refer(self, position: Integers) -> pa.Array:
        """Turn positions into numbers of persons; null for nobody and past the population's end."""
        found = position + self.shard.first_person
        return pa.array(found, mask=(position == NOBODY) | (found >= self.size))


def _follow(first: pa.StringArray, others: pa.Array) -> pa.Array:
    """Join texts with texts that may be encoded."""
    if not pa.types.is_dictionary(others.type):
        return pa.concat_arrays([first, others])
    return pa.chunked_array([first.dictionary_encode(), others]).unify_dictionaries().combine_chunks()
