"""Names by the pack's naming rule: given names, what stands between, family names, and their Latin twins.

Names follow from kinship and chance alone. Refuses to look at income, health or place, so that
no name says anything about them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import NOBODY, Role, Sex
from sandbox.population.engine.kinship import Kin, trace_family_names
from sandbox.population.engine.people import People, Source
from sandbox.population.engine.pools import NamePools
from sandbox.population.engine.randomness import Flags, Integers

_GIVEN_STREAMS = ("given-name", "given-name-2", "given-name-3")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameColumns:
    """The persons' columns; `other_names` and its twin are null where the rule has none."""

    given_name: pa.StringArray
    given_name_latin: pa.StringArray
    other_names: pa.StringArray
    other_names_latin: pa.StringArray
    family_name: pa.StringArray
    family_name_latin: pa.StringArray
    birth_name: pa.StringArray


def draw_names(pools: NamePools, people: People, source: Source) -> NameColumns:
    """Name everybody of one shard."""
    given = _draw_given(pools, people, source)
    own = given - (people.sex == Sex.MALE) * pools.given.females
    other: tuple[pa.StringArray, pa.StringArray] = (pa.nulls(source.persons, pa.string()),) * 2
    if pools.rule in ("patronymic", "father-grandfather"):
        father = _from_father(people.kin, own, pools, source, "father-name")
        if pools.patronymic is not None:
            other = pools.patronymic.take(pools.patronymic.form(father, people.sex))
        else:
            other = pools.given.take(father + pools.given.females)
            grandfather = _from_father(people.kin, father, pools, source, "grandfather-name")
            return _columns(pools, given, other, grandfather + pools.family.females, grandfather, people)
    born = pools.family_name.draw(source.per_person("family-name"))
    if pools.rule == "individual":
        return _columns(pools, given, other, pools.family.form(born, people.sex), born, people)
    born = trace_family_names(people.kin, np.zeros_like(people.role), born)
    borne = born
    if pools.spouse_takes_name:
        borne = np.where(people.role == Role.SPOUSE, born[people.kin.spouse], born)
    return _columns(pools, given, other, pools.family.form(borne, people.sex), born, people)


def _columns(
    pools: NamePools,
    given: Integers,
    other: tuple[pa.StringArray, pa.StringArray],
    family: Integers,
    born: Integers,
    people: People,
) -> NameColumns:
    given_name, given_name_latin = pools.given.take(given)
    family_name, family_name_latin = pools.family.take(family)
    return NameColumns(
        given_name=given_name,
        given_name_latin=given_name_latin,
        other_names=other[0],
        other_names_latin=other[1],
        family_name=family_name,
        family_name_latin=family_name_latin,
        birth_name=pools.family.take(pools.family.form(born, people.sex))[0],
    )


def _draw_given(pools: NamePools, people: People, source: Source) -> Integers:
    """Draw names, and draw anew for whoever would share one with an elder of the household."""
    names = np.zeros(source.persons, dtype=np.int64)
    repeated: Flags = np.ones(source.persons, dtype=np.bool_)
    for stream in _GIVEN_STREAMS:
        who = np.flatnonzero(repeated)
        names[who] = pools.given_names.draw(source.per_person(stream)[who], people.sex[who])
        repeated = _is_shared_with_an_elder(people.household, names)
    return names


def _is_shared_with_an_elder(household: Integers, names: Integers) -> Flags:
    """Say who bears the name of somebody before them in the household, whose members stand in a row."""
    shared = np.zeros(len(names), dtype=np.bool_)
    for apart in range(1, len(names)):
        together = household[apart:] == household[:-apart]
        if not together.any():
            break
        shared[apart:] |= together & (names[apart:] == names[:-apart])
    return shared


def _from_father(kin: Kin, names: Integers, pools: NamePools, source: Source, stream: str) -> Integers:
    """Give each person their father's entry of `names`, as a place in the list of men's names.

    Where no father is known a name is drawn; the children of one mother get the same one.
    """
    drawn = pools.given_name[1].draw(source.per_person(stream))
    everybody = np.arange(len(drawn), dtype=np.int64)
    shared = drawn[np.where(kin.mother != NOBODY, kin.mother, everybody)]
    return np.where(kin.father != NOBODY, names[kin.father], shared)
