"""A pack made ready for drawing: alias tables and pools of text instead of lists and weights.

Follows from the pack alone, in a fraction of a second, so it is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Archetypes, build_archetypes
from sandbox.population.engine.randomness import AliasTable, Integers
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.profile import AgeBand, Profile

_AGES = 121


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledPack:
    """Everything a shard is drawn from. Pools are Arrow text, drawn from by index."""

    profile: Profile
    archetypes: Archetypes
    archetype: AliasTable
    given: tuple[pa.StringArray, pa.StringArray]
    """Given names of females and of males."""
    given_name: tuple[AliasTable, AliasTable]
    family: pa.StringArray
    family_name: AliasTable
    regions: pa.StringArray
    districts: pa.StringArray
    settlements: pa.StringArray
    urban: pa.BooleanArray
    place: AliasTable
    streets: pa.StringArray
    institution: AliasTable
    disability: Integers
    """Thousandths by age, as the three that follow."""
    literacy: Integers
    phone_ownership: Integers
    email_ownership: Integers
    pay_deciles: Integers


def compile_pack(pack: Pack) -> CompiledPack:
    """Make a pack ready for drawing."""
    profile = pack.profile
    shift = profile.names.rank_shift
    archetypes = build_archetypes(pack)
    return CompiledPack(
        profile=profile,
        archetypes=archetypes,
        archetype=AliasTable.from_weights(archetypes.weights),
        given=(pa.array(pack.given_female), pa.array(pack.given_male)),
        given_name=(_rank_law(len(pack.given_female), shift), _rank_law(len(pack.given_male), shift)),
        family=pa.array(pack.family),
        family_name=_rank_law(len(pack.family), shift),
        regions=pa.array([place.region for place in pack.places]),
        districts=pa.array([place.district for place in pack.places]),
        settlements=pa.array([place.settlement for place in pack.places]),
        urban=pa.array([place.urban for place in pack.places]),
        place=AliasTable.from_weights(np.array([place.weight for place in pack.places], dtype=np.float64)),
        streets=pa.array(pack.streets),
        institution=AliasTable.from_weights(
            np.array([institution.weight for institution in profile.institutions], dtype=np.float64)
        ),
        disability=_by_age(profile.disability),
        literacy=_by_age(profile.literacy),
        phone_ownership=_by_age(profile.phone_ownership),
        email_ownership=_by_age(profile.email_ownership),
        pay_deciles=np.array(profile.livelihood.pay_deciles, dtype=np.int64),
    )


def _rank_law(count: int, shift: int) -> AliasTable:
    """Weigh rank r with 1 / (r + shift), Zipf's law as Mandelbrot corrected it for the most common."""
    return AliasTable.from_weights(1.0 / (np.arange(count, dtype=np.float64) + shift))


def _by_age(bands: tuple[AgeBand, ...]) -> Integers:
    table = np.zeros(_AGES, dtype=np.int64)
    for band in bands:
        table[band.from_age :] = band.share
    return table
