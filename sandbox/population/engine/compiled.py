"""A pack made ready for drawing: alias tables and pools of text instead of lists and weights.

Follows from the pack alone, in a fraction of a second, so it is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Archetypes, build_archetypes
from sandbox.population.engine.pools import NamePools, pool_names
from sandbox.population.engine.randomness import AliasTable, Integers
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.places import Unit
from sandbox.population.packs.profile import AgeBand, Profile

_AGES = 121


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledPack:
    """Everything a shard is drawn from. Pools are Arrow text, drawn from by index."""

    profile: Profile
    archetypes: Archetypes
    archetype: AliasTable
    names: NamePools
    regions: pa.StringArray
    districts: pa.StringArray
    settlements: pa.StringArray
    urban: pa.BooleanArray
    unit_no: Integers
    """Number of each settlement's administrative unit."""
    place: AliasTable
    units: tuple[Unit, ...]
    """The pack's administrative units of every level, by number."""
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
    archetypes = build_archetypes(pack)
    return CompiledPack(
        profile=profile,
        archetypes=archetypes,
        archetype=AliasTable.from_weights(archetypes.weights),
        names=pool_names(pack.names, profile.names),
        regions=pa.array([place.region for place in pack.places]),
        districts=pa.array([place.district for place in pack.places]),
        settlements=pa.array([place.settlement for place in pack.places]),
        urban=pa.array([place.urban for place in pack.places]),
        unit_no=np.array([place.unit_no for place in pack.places], dtype=np.int64),
        units=pack.units,
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


def _by_age(bands: tuple[AgeBand, ...]) -> Integers:
    table = np.zeros(_AGES, dtype=np.int64)
    for band in bands:
        table[band.from_age :] = band.share
    return table
