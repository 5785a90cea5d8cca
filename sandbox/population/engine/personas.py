"""Personas as the first rows of the first shard, the same whatever the seed.

Their columns are compiled once for a pack and laid over what was drawn. What the catalogue doesn't
say is drawn from words of a seed of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.errors import ContentError
from sandbox.population.engine.archetypes import NOBODY, Role, Sex
from sandbox.population.engine.pools import NamePools
from sandbox.population.engine.randomness import Flags, Integers
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.personas import CATALOGUE, Persona, PersonaHousehold

SEED = 20260102
"""Of the words that personas are drawn from; they belong to no population."""

ELDEST = 120
"""Tables by age end there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PersonaRows:
    """Arrays with one entry per persona, in order of number."""

    households: int
    slugs: tuple[str, ...]
    household: Integers
    age: Integers
    sex: Integers
    role: Integers
    mother: Integers
    father: Integers
    birth_date: NDArray[np.datetime64]
    death_date: NDArray[np.datetime64]
    """NaT for the living."""
    has_phone: Flags
    phone_of: Integers
    """Whose number it is."""
    second_phone: Flags
    has_email: Flags
    has_account: Flags
    account_closed: Flags
    provisional_id: Flags
    consented: Flags
    consent_withdrawn: Flags
    names: tuple[pa.StringArray, ...]
    """In the order of NameColumns' fields."""

    def __len__(self) -> int:
        return len(self.slugs)

    def first(self, count: int) -> PersonaRows:
        """Give the first ones alone; whom they refer to may be beyond them."""
        columns = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _WHOLE}
        return replace(
            self,
            names=tuple(column[:count] for column in self.names),
            **{name: column[:count] for name, column in columns.items()},
        )


_WHOLE = ("households", "names")


def compile_personas(pack: Pack, pools: NamePools) -> PersonaRows:
    """Lay the catalogue out for one pack. Raises ContentError when the pack's day is before theirs."""
    members = [member for household in pack.personas for member in household.members]
    homes = [household for household in pack.personas for _ in household.members]
    sizes = [len(household.members) for household in pack.personas]
    starts = np.cumsum([0, *sizes])[:-1].repeat(sizes) if sizes else np.zeros(0, dtype=np.int64)
    reference = pack.profile.reference_date
    if any(max(member.born, member.died or member.born) > reference for member in members):
        raise ContentError(
            f"a persona was born or died after the pack's reference date, {reference}", path=str(CATALOGUE)
        )
    slugs = tuple(member.slug for member in members)

    def flags(found: Sequence[bool]) -> Flags:
        return np.array(found, dtype=np.bool_)

    def parents(found: Sequence[int | None]) -> Integers:
        places = np.array([NOBODY if each is None else each for each in found], dtype=np.int64)
        return np.where(places == NOBODY, NOBODY, starts + places)

    return PersonaRows(
        households=len(sizes),
        slugs=slugs,
        household=np.repeat(np.arange(len(sizes), dtype=np.int64), sizes),
        age=np.array([min(ELDEST, _age(member.born, reference)) for member in members], dtype=np.int64),
        sex=np.array([Sex[member.sex.upper()] for member in members], dtype=np.int64),
        role=np.array([Role[member.role.upper()] for member in members], dtype=np.int64),
        mother=parents([member.mother for member in members]),
        father=parents([member.father for member in members]),
        birth_date=np.array([member.born for member in members], dtype="datetime64[D]"),
        death_date=np.array([member.died or "NaT" for member in members], dtype="datetime64[D]"),
        has_phone=flags([member.phone != "none" for member in members]),
        phone_of=np.array(
            [slugs.index(each.phone) if each.phone in slugs else at for at, each in enumerate(members)],
            dtype=np.int64,
        ),
        second_phone=flags([member.phone == "two" for member in members]),
        has_email=flags([member.email for member in members]),
        has_account=flags([member.account != "none" for member in members]),
        account_closed=flags([member.account == "closed" for member in members]),
        provisional_id=flags([member.provisional_id for member in members]),
        consented=flags([member.consent is not None for member in members]),
        consent_withdrawn=flags([member.consent == "withdrawn" for member in members]),
        names=_name(
            members, [_father(household, each) for household, each in zip(homes, members, strict=True)], pools
        ),
    )


def _age(born: date, reference: date) -> int:
    return reference.year - born.year - ((reference.month, reference.day) < (born.month, born.day))


def _father(household: PersonaHousehold, member: Persona) -> int:
    """Give the place of the father's name: of who he is, else one that brothers and sisters share."""
    if member.father is not None:
        return household.members[member.father].given
    return 0 if member.family == "none" else member.family


def _name(members: Sequence[Persona], fathers: Sequence[int], pools: NamePools) -> tuple[pa.StringArray, ...]:
    """Name everybody from the pack's lists: given, Latin, other, Latin, family, Latin, at birth."""
    rows: list[tuple[str | None, ...]] = []
    for member, father in zip(members, fathers, strict=True):
        if member.written is not None:
            own = member.written
            rows.append((own.given, own.given_latin, None, None, own.family, own.family_latin, own.family))
            continue
        male = member.sex == "male"
        first, last = (pools.given.females, len(pools.given.native)) if male else (0, pools.given.females)
        given, latin = _write_given(pools, first, last, member)
        if member.family == "none":
            rows.append((given, latin, None, None, None, None, None))
            continue
        males = len(pools.family.native) - pools.family.females
        place = member.family % males + (pools.family.females if male else 0)
        family, family_latin = pools.family.native[place].as_py(), pools.family.latin[place].as_py()
        other = _father_names(pools, member, father)
        rows.append((given, latin, *other, family, family_latin, family))
    columns = zip(*rows, strict=True) if rows else [()] * 7
    return tuple(pa.array(column, type=pa.string()) for column in columns)


def _write_given(pools: NamePools, first: int, last: int, member: Persona) -> tuple[str, str]:
    place = first + member.given % (last - first)
    native, latin = pools.given.native[place].as_py(), pools.given.latin[place].as_py()
    while member.length is not None and len(native) < member.length:
        place = first + (place - first + 1) % (last - first)
        native += " " + pools.given.native[place].as_py()
        latin += " " + pools.given.latin[place].as_py()
    if member.length is not None and len(native) > member.length:
        # Cut within the last name; where only a space would be left of it, one letter more.
        cut = native[: member.length]
        native = cut if not cut.endswith(" ") else cut[:-1] + native[member.length]
    return native, latin


def _father_names(pools: NamePools, member: Persona, father: int) -> tuple[str | None, str | None]:
    """Give what stands between given and family name, where the rule has anything there."""
    if pools.patronymic is not None:
        pool, females = pools.patronymic, pools.patronymic.females
        place = father % females + (females if member.sex == "male" else 0)
    elif pools.rule == "father-grandfather":
        pool = pools.given
        place = pool.females + father % (len(pool.native) - pool.females)
    else:
        return None, None
    return pool.native[place].as_py(), pool.latin[place].as_py()
