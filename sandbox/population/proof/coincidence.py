"""How many citizens are to be expected to share name and birth date with a real resident, by chance.

Computed, not measured: under the pack's own laws, from its lists and its age pyramid. A figure for
numbers (ids, phones, accounts) is refused, because nothing here knows which of them are in use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sandbox.model.population import Coincidences
from sandbox.population.packs.folder import AGE_BANDS, Pack
from sandbox.population.packs.names import NameList

DAYS_IN_BAND = 5 * 365.25

ASSUMPTIONS = (
    "Residents are named and dated by the pack's own laws: they bear only names of its lists, as often as "
    "its rank law or weights say. Where real names are more varied, fewer coincidences happen than stated.",
    "Given name, family name and birth date of one person are independent of each other; so are citizens "
    "of residents.",
    "Births are spread evenly over the days of an age band; the open band at the top counts as five years.",
    "Family names are compared in the male form, and names that stand between are not compared: counting "
    "them would make fewer coincidences.",
    "Two namesakes born on the same day of other countries, and residents who died, are not counted.",
)

_USER_ASSIGNED = re.compile(r"aa|q[m-z]|x[a-z]|zz")
"""Codes that ISO 3166-1 leaves to users: no country bears one."""


def expect_coincidences(pack: Pack, size: int) -> Coincidences:
    """Compute the expected number of pairs (citizen, resident) that coincide.

    E = n * N * sum over sex s of A(s) * G(s) * F, where n is the size, N the residents of `ages.csv`,
    A(s) the sum over age bands of (share of all residents)^2 / days in the band, G(s) and F the sums of
    squared frequencies of given and family names. With the district: E times the sum of squared shares
    of districts. An expected number needs no independence between the citizens themselves, so that
    families of one name change nothing.
    """
    total = sum(female + male for female, male in pack.ages)
    residents = 0 if _USER_ASSIGNED.fullmatch(pack.code) else total
    assert len(pack.ages) == len(AGE_BANDS)
    born = [sum((band[sex] / total) ** 2 for band in pack.ages) / DAYS_IN_BAND for sex in (0, 1)]
    shift = pack.profile.names.rank_shift
    given = [_share_by_chance(names, shift) for names in pack.names.given]
    family = _share_by_chance(pack.names.family[1], shift)
    alike = sum(date * name for date, name in zip(born, given, strict=True)) * family
    districts: Counter[tuple[str, str]] = Counter()
    for place in pack.places:
        districts[place.region, place.district] += place.weight
    same_district = _sum_of_squares(list(districts.values()))
    pairs = size * residents * alike
    return Coincidences(
        residents=residents,
        name_and_birth_date=_round(pairs),
        name_birth_date_and_district=_round(pairs * same_district),
        formula=(
            "citizens x residents x sum over sexes(sum over age bands(share^2 / days) x sum(given name "
            "frequency^2)) x sum(family name frequency^2) [x sum(district share^2)]"
        ),
        assumptions=ASSUMPTIONS,
    )


def _share_by_chance(names: NameList, shift: int) -> float:
    """Give the chance that two draws from the list are the same name."""
    if names.weights is not None:
        return _sum_of_squares(names.weights)
    return _sum_of_squares([1.0 / (rank + shift) for rank in range(len(names))])


def _sum_of_squares(weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum((weight / total) ** 2 for weight in weights)


def _round(expected: float) -> float:
    """Keep three digits: machines may differ in the last of sixteen, and nobody can use them."""
    return float(f"{expected:.3g}")
