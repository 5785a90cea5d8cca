"""Archetype households: plausible families, weighted until they add up to the country's age pyramid.

Drawing whole households keeps kinship right by construction (a mother is 16 to 46 completed
years older than her child, so 15 to 47 to the day); drawing them with fitted weights keeps the
age and sex of the whole population right. Weights are fitted by the multiplicative update of
Richardson and Lucy (maximum likelihood by EM), which needs no logarithm and no exponential:
only correctly rounded operations in a fixed order, so every machine gets the same weights.

Knows roles, ages and who is whose parent inside the household; refuses to know names, places
and money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from math import fsum

import numpy as np
from numpy.typing import NDArray

from sandbox.errors import ContentError
from sandbox.population.engine.randomness import Integers, words
from sandbox.population.packs.folder import AGE_BANDS, FOLDER, Pack

COUNT = 2500
ROUNDS = 30
LARGEST_HOUSEHOLD = 10
"""Two parents, a grandmother, and at most seven children (profile.HouseholdFigures)."""

OLDEST = 104
FARTHEST = 0.01
"""How far, as a share of all persons, the fitted ages may be from the pack's."""

NOBODY = -1

_THROWS = 32
"""Words set aside for one archetype; parents with seven children and a grandmother take 28."""

_SEED = 20260101
"""Archetypes belong to the pack, not to a population, so their seed is fixed."""

Weights = NDArray[np.float64]


class Sex(IntEnum):
    """Index into tables by sex."""

    FEMALE = 0
    MALE = 1


class Role(IntEnum):
    """What a person is in the household; index into the names of roles."""

    HEAD = 0
    SPOUSE = 1
    CHILD = 2
    PARENT = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Member:
    """One person of an archetype; `mother` and `father` are positions in the same household."""

    age: int
    sex: Sex
    role: Role
    mother: int = NOBODY
    father: int = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Archetypes:
    """All archetypes laid end to end: members `starts[k]` to `starts[k] + sizes[k]` are household k."""

    sizes: Integers
    starts: Integers
    age: Integers
    sex: Integers
    role: Integers
    mother: Integers
    father: Integers
    weights: Weights


class _Dice:
    """Numbers for one archetype, from its own stretch of the stream."""

    def __init__(self, drawn: Iterator[int]) -> None:
        self._drawn = drawn

    def between(self, low: int, high: int) -> int:
        return low + ((next(self._drawn) >> 32) * (high - low + 1) >> 32)

    def bell(self, low: int, high: int) -> int:
        """Add three throws: close to a normal distribution, in whole numbers only."""
        return (self.between(low, high) + self.between(low, high) + self.between(low, high)) // 3

    def happens(self, per_mille: int) -> bool:
        return self.between(0, 999) < per_mille

    def sex(self) -> Sex:
        return Sex.MALE if self.happens(512) else Sex.FEMALE


def build_archetypes(pack: Pack) -> Archetypes:
    """Make the pack's archetypes and fit their weights to its age pyramid and mean household size.

    Raises ContentError when such households can't add up to them.
    """
    drawn = words(_SEED, "archetypes", 0, COUNT * _THROWS).reshape(COUNT, _THROWS).tolist()
    households = [_draw_household(_Dice(iter(row)), pack) for row in drawn]
    members = [member for household in households for member in household]
    sizes = np.array([len(household) for household in households], dtype=np.int64)
    table = np.array([(m.age, m.sex, m.role, m.mother, m.father) for m in members], dtype=np.int64).T.copy()
    age, sex, role, mother, father = table
    return Archetypes(
        sizes=sizes,
        starts=np.cumsum(sizes) - sizes,
        age=age,
        sex=sex,
        role=role,
        mother=mother,
        father=father,
        weights=_fit(sizes, age, sex, pack),
    )


def _draw_household(dice: _Dice, pack: Pack) -> list[Member]:
    kinds = pack.profile.households.kinds
    choice = dice.between(1, kinds.single + kinds.couple + kinds.parents + kinds.lone_parent + kinds.shared)
    if choice <= kinds.single:
        return [Member(_adult_age(dice), dice.sex(), Role.HEAD)]
    choice -= kinds.single
    if choice <= kinds.couple:
        return _draw_couple(dice)
    choice -= kinds.couple
    if choice <= kinds.parents:
        return _draw_parents(dice, pack, alone=False)
    choice -= kinds.parents
    if choice <= kinds.lone_parent:
        return _draw_parents(dice, pack, alone=True)
    return _draw_shared(dice)


def _adult_age(dice: _Dice) -> int:
    return dice.bell(18, 56) if dice.happens(500) else dice.between(45, OLDEST)


def _draw_couple(dice: _Dice) -> list[Member]:
    husband = _adult_age(dice)
    wife = min(OLDEST, max(18, husband - dice.bell(-5, 10)))
    return [Member(husband, Sex.MALE, Role.HEAD), Member(wife, Sex.FEMALE, Role.SPOUSE)]


def _draw_parents(dice: _Dice, pack: Pack, *, alone: bool) -> list[Member]:
    """Draw parents with children at home; births are at least two years apart, so never a few days."""
    figures = pack.profile.households
    births = [dice.bell(16, 36)]
    for _ in range(dice.between(1, figures.children_at_most) - 1):
        births.append(births[-1] + dice.between(2, 4))
    births = [at for at in births if at <= 46]
    mother = births[-1] + dice.between(0, 24)
    ages = [mother - at for at in births if mother - at <= 30]
    if mother < 18:
        mother, ages = 18, [18 - at for at in births if at <= 18]
    father_age = min(OLDEST, max(mother + dice.bell(-4, 9), max(ages) + 17, 18))
    woman_leads = not alone or dice.happens(850)
    if not alone:
        household = [Member(father_age, Sex.MALE, Role.HEAD), Member(mother, Sex.FEMALE, Role.SPOUSE)]
        parents = (1, 0)
    elif woman_leads:
        household, parents = [Member(mother, Sex.FEMALE, Role.HEAD)], (0, NOBODY)
    else:
        household, parents = [Member(father_age, Sex.MALE, Role.HEAD)], (NOBODY, 0)
    household += [Member(age, dice.sex(), Role.CHILD, *parents) for age in ages]
    if dice.happens(figures.three_generations):
        household = _add_grandmother(dice, household)
    return household


def _add_grandmother(dice: _Dice, household: list[Member]) -> list[Member]:
    """Let the mother of the head, or of the spouse, live with them."""
    whose = dice.between(0, 1) if household[1].role is Role.SPOUSE else 0
    grown = household[whose]
    age = grown.age + dice.bell(17, 40)
    if age > OLDEST:
        return household
    related = Member(grown.age, grown.sex, grown.role, mother=len(household))
    changed = [related if position == whose else member for position, member in enumerate(household)]
    return [*changed, Member(age, Sex.FEMALE, Role.PARENT)]


def _draw_shared(dice: _Dice) -> list[Member]:
    head = dice.bell(18, 60)
    others = [
        Member(min(OLDEST, max(15, head + dice.bell(-14, 14))), dice.sex(), Role.OTHER)
        for _ in range(dice.between(1, 4))
    ]
    return [Member(head, dice.sex(), Role.HEAD), *others]


def _fit(sizes: Integers, age: Integers, sex: Integers, pack: Pack) -> Weights:
    """Fit household weights to the age pyramid, holding the mean household size.

    `bincount` adds in order of position and everything else is elementwise, so no sum
    depends on how wide a processor's registers are.
    """
    bands = len(AGE_BANDS)
    cell = np.minimum(age // 5, bands - 1) + bands * sex
    owner = np.repeat(np.arange(len(sizes)), sizes)
    wanted = np.array([f for f, _ in pack.ages] + [m for _, m in pack.ages], dtype=np.float64)
    wanted = np.divide(wanted, fsum(wanted))
    mean_size = pack.profile.households.mean_size_per_mille / 1000
    weights = np.full(len(sizes), 1.0 / len(sizes))
    for _ in range(ROUNDS):
        found = np.bincount(cell, weights=weights[owner], minlength=len(wanted))
        found = np.divide(found, fsum(found))
        if not found[wanted > 0].any():
            break  # Nobody is of an age that is wanted: no weight could be raised.
        ratio = np.divide(wanted, found, out=np.ones_like(wanted), where=found > 0)
        weights = weights * np.bincount(owner, weights=ratio[cell], minlength=len(sizes)) / sizes
        weights = _hold_mean_size(weights, sizes, mean_size)
    found = np.bincount(cell, weights=weights[owner], minlength=len(wanted))
    distance = float(np.abs(np.divide(found, fsum(found)) - wanted).sum()) / 2
    if distance > FARTHEST or abs(fsum(weights * sizes) / mean_size - 1) > FARTHEST:
        raise ContentError(
            f"its kinds of households can't have the ages of ages.csv (off by {distance:.1%})"
            f" at a mean size of {mean_size} (found {fsum(weights * sizes):.3f})",
            path=str(FOLDER / pack.code / "profile.yaml"),
            hint="give more weight to the kinds of households that are missing",
        )
    return weights


def _hold_mean_size(weights: Weights, sizes: Integers, mean_size: float) -> Weights:
    """Tilt the weights by t^size, with t found by bisection, so that the mean size is as wanted."""
    by_size = np.bincount(sizes, weights=weights, minlength=LARGEST_HOUSEHOLD + 1).tolist()
    low, high = 0.25, 4.0
    for _ in range(40):
        tilt = (low + high) / 2
        mass = [weight * _power(tilt, size) for size, weight in enumerate(by_size)]
        mean = fsum(size * m for size, m in enumerate(mass)) / fsum(mass)
        low, high = (tilt, high) if mean < mean_size else (low, tilt)
    powers = np.array([_power(low, size) for size in range(LARGEST_HOUSEHOLD + 1)])
    tilted: Weights = weights * powers[sizes]
    return np.divide(tilted, fsum(tilted))


def _power(factor: float, exponent: int) -> float:
    """Multiply it out: the C library's pow may differ in the last bit from machine to machine."""
    result = 1.0
    for _ in range(exponent):
        result *= factor
    return result
