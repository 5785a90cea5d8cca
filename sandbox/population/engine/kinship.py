"""Links between people: parents who live elsewhere, and the family names that follow from them.

Works on positions in one shard. Refuses a link that real registers could not hold: a mother
under 18 or over 42 completed years older, more than six children, parents shared by spouses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sandbox.population.engine.archetypes import NOBODY, Role, Sex
from sandbox.population.engine.randomness import Flags, Integers, Words, lower, remainder, upper

YOUNGEST_MOTHER = 18
OLDEST_MOTHER = 42
YOUNGEST_FATHER = 16
MOST_CHILDREN = 6

_ALIVE = np.clip(1150 - 14 * np.arange(128, dtype=np.int64), 0, 900)
"""How likely one's mother is to be alive, in thousandths, by age."""


@dataclass(frozen=True, slots=True)
class Kin:
    """Mother, father and spouse of each person, as positions or NOBODY."""

    mother: Integers
    father: Integers
    spouse: Integers


def link_parents_elsewhere(
    kin: Kin,
    *,
    household: Integers,
    age: Integers,
    sex: Integers,
    role: Integers,
    drawn: Words,
    apart_from: int = 0,
) -> Kin:
    """Give adults a living mother in another household, and her husband as father where he is old enough.

    The chance that she is alive falls with the child's age. The first `apart_from` people are left
    as they are.
    """
    mothers = np.flatnonzero(
        (sex == Sex.FEMALE) & (age >= 18 + YOUNGEST_MOTHER) & ((role == Role.HEAD) | (role == Role.SPOUSE))
    )
    mothers = mothers[mothers >= apart_from]
    # Sorted as bytes, which numpy does by counting.
    mothers = mothers[np.argsort(age[mothers].astype(np.uint8), kind="stable")]
    alive = remainder(lower(drawn), 1000) < _ALIVE.take(age)
    orphaned = (kin.mother == NOBODY) & (kin.father == NOBODY)
    children = np.flatnonzero(alive & orphaned & (age >= 18) & (age < 70) & (role != Role.PARENT))
    children = children[children >= apart_from]

    younger = np.searchsorted(age[mothers], np.arange(len(_ALIVE) + OLDEST_MOTHER + 1))
    youngest = younger.take(age[children] + YOUNGEST_MOTHER)
    beyond = younger.take(age[children] + OLDEST_MOTHER + 1)
    found = beyond > youngest
    children, youngest, beyond = children[found], youngest[found], beyond[found]
    chosen = mothers[youngest + ((upper(drawn[children]) * (beyond - youngest)) >> 32)]

    apart = household[chosen] != household[children]
    children, chosen = children[apart], chosen[apart]
    at_home = np.bincount(kin.mother[kin.mother != NOBODY], minlength=len(age))
    few = rank_within(chosen) + at_home[chosen] < MOST_CHILDREN
    children, chosen = children[few], chosen[few]

    mother, father = kin.mother.copy(), kin.father.copy()
    mother[children] = chosen
    husband = kin.spouse[chosen]
    old_enough = (husband != NOBODY) & (age[husband] >= age[children] + YOUNGEST_FATHER)
    father[children] = np.where(old_enough, husband, NOBODY)
    return _part_siblings(replace(kin, mother=mother, father=father), role)


def trace_family_names(kin: Kin, role: Integers, own: Integers) -> Integers:
    """Pass names on: from the father, else from the mother; a spouse then takes the head's.

    `own` is the name that a person bears if nobody is there to inherit from. Whoever a line
    begins with is found by pointer jumping, in as many rounds as the doubling of generations takes.
    """
    everybody = np.arange(len(own), dtype=np.int64)
    ancestor = np.where(
        kin.father != NOBODY, kin.father, np.where(kin.mother != NOBODY, kin.mother, everybody)
    )
    while True:
        further = ancestor[ancestor]
        if np.array_equal(further, ancestor):
            break
        ancestor = further
    inherited = own[ancestor]
    married = role == Role.SPOUSE
    return np.where(married, inherited[kin.spouse], inherited)


def rank_within(groups: Integers) -> Integers:
    """Number the entries of each group 0, 1, 2, ... in order of position."""
    positions = np.arange(len(groups), dtype=np.int64)
    bits = len(groups).bit_length()
    if groups.min(initial=0) >= 0 and groups.max(initial=0) < 1 << (63 - bits):
        # Numbers are sorted several times faster than places are sorted by number.
        both = np.sort((groups << bits) | positions)
        order, grouped = both & ((1 << bits) - 1), both >> bits
    else:
        order = np.argsort(groups, kind="stable")
        grouped = groups[order]
    begins: Flags = np.ones(len(groups), dtype=np.bool_)
    begins[1:] = grouped[1:] != grouped[:-1]
    first = np.maximum.accumulate(np.where(begins, positions, 0))
    rank = np.empty(len(groups), dtype=np.int64)
    rank[order] = positions - first
    return rank


def _part_siblings(kin: Kin, role: Integers) -> Kin:
    """Take the parents from a spouse who would otherwise be the head's brother or sister."""
    wives = np.flatnonzero((role == Role.SPOUSE) & (kin.mother != NOBODY))
    siblings = wives[kin.mother[wives] == kin.mother[kin.spouse[wives]]]
    mother, father = kin.mother.copy(), kin.father.copy()
    mother[siblings] = NOBODY
    father[siblings] = NOBODY
    return replace(kin, mother=mother, father=father)
