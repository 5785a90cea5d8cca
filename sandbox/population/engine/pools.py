"""A pack's names made ready for drawing: pools of text in two scripts, and alias tables by their law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.randomness import AliasTable, AliasTables, Integers
from sandbox.population.engine.text import Pool
from sandbox.population.packs.names import NameList, NameLists
from sandbox.population.packs.naming import Names


@dataclass(frozen=True, slots=True, eq=False)
class NamePool:
    """Ready-made texts in two scripts, the female forms before the male ones."""

    native_pool: Pool
    latin_pool: Pool
    females: int

    @property
    def native(self) -> pa.StringArray:
        """The texts as they are written in the country."""
        return self.native_pool.texts

    @property
    def latin(self) -> pa.StringArray:
        """The same in Latin letters."""
        return self.latin_pool.texts

    @classmethod
    def of(cls, lists: tuple[NameList, NameList]) -> NamePool:
        """Lay the two lists end to end."""
        females, males = lists
        return cls(
            native_pool=Pool.of([*females.native, *males.native]),
            latin_pool=Pool.of([*females.latin, *males.latin]),
            females=len(females),
        )

    def form(self, index: Integers, sex: Integers) -> Integers:
        """Find the form by sex of the name with that place in its own list."""
        placed: Integers = index + (sex == Sex.MALE) * self.females
        return placed

    def take(self, places: Integers) -> tuple[pa.Array, pa.Array]:
        """Give the texts, native and Latin, without writing them out."""
        return self.native_pool.encode(places), self.latin_pool.encode(places)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamePools:
    """What names are drawn from, and by which rule."""

    rule: str
    spouse_takes_name: bool
    given: NamePool
    given_name: tuple[AliasTable, AliasTable]
    """By sex of who is named."""
    given_names: AliasTables
    """Both end to end, as the names stand in the pool."""
    family: NamePool
    family_name: AliasTable
    patronymic: NamePool | None


def pool_names(lists: NameLists, names: Names) -> NamePools:
    """Make a pack's lists ready for drawing."""
    female, male = (_weigh(each, names.rank_shift) for each in lists.given)
    return NamePools(
        rule=names.rule,
        spouse_takes_name=names.spouse_takes_name,
        given=NamePool.of(lists.given),
        given_name=(female, male),
        given_names=AliasTables.of((female, male)),
        family=NamePool.of(lists.family),
        family_name=_weigh(lists.family[1], names.rank_shift),
        patronymic=None if lists.patronymics is None else NamePool.of(lists.patronymics),
    )


def _weigh(names: NameList, shift: int) -> AliasTable:
    """Use the list's own weights, or weigh rank r with 1 / (r + shift): Zipf's law as Mandelbrot has it."""
    if names.weights is not None:
        return AliasTable.from_weights(np.array(names.weights, dtype=np.float64))
    return AliasTable.from_weights(1.0 / (np.arange(len(names), dtype=np.float64) + shift))
