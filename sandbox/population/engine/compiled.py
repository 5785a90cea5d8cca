"""A pack made ready for drawing: alias tables and pools of text instead of lists and weights.

Follows from the pack alone, in a fraction of a second, so it is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa

from sandbox.population.engine.archetypes import Archetypes, build_archetypes
from sandbox.population.engine.personas import PersonaRows, compile_personas
from sandbox.population.engine.pools import NamePools, pool_names
from sandbox.population.engine.randomness import AliasTable, Flags, Integers
from sandbox.population.engine.text import Pool
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
    personas: PersonaRows
    no_personas: PersonaRows
    regions: Pool
    districts: Pool
    settlements: Pool
    urban: pa.BooleanArray
    unit_no: Integers
    """Number of each settlement's administrative unit."""
    place: AliasTable
    units: tuple[Unit, ...]
    """The pack's administrative units of every level, by number."""
    streets: Pool
    institution: AliasTable
    institutions: Pool
    """Their codes, and what kind each is."""
    institution_kinds: Pool
    is_mobile: Flags
    """Which of them keep money on a telephone."""
    currency: Pool
    disability: Integers
    """Thousandths by age, as the three that follow."""
    literacy: Integers
    phone_ownership: Integers
    email_ownership: Integers
    pay_deciles: Integers


@lru_cache(maxsize=16)
def compile_pack(pack: Pack) -> CompiledPack:
    """Make a pack ready for drawing; once for each pack that was loaded."""
    profile = pack.profile
    archetypes = build_archetypes(pack)
    names = pool_names(pack.names, profile.names)
    return CompiledPack(
        profile=profile,
        archetypes=archetypes,
        archetype=AliasTable.from_weights(archetypes.weights),
        names=names,
        personas=compile_personas(pack, names),
        no_personas=compile_personas(replace(pack, personas=()), names),
        regions=Pool.of([place.region for place in pack.places]),
        districts=Pool.of([place.district for place in pack.places]),
        settlements=Pool.of([place.settlement for place in pack.places]),
        urban=pa.array([place.urban for place in pack.places]),
        unit_no=np.array([place.unit_no for place in pack.places], dtype=np.int64),
        units=pack.units,
        place=AliasTable.from_weights(np.array([place.weight for place in pack.places], dtype=np.float64)),
        streets=Pool.of(pack.streets),
        institution=AliasTable.from_weights(
            np.array([institution.weight for institution in profile.institutions], dtype=np.float64)
        ),
        institutions=Pool.of([each.code for each in profile.institutions]),
        institution_kinds=Pool.of([each.kind for each in profile.institutions]),
        is_mobile=np.array([each.kind == "mobile-money" for each in profile.institutions]),
        currency=Pool.of([profile.currency]),
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
