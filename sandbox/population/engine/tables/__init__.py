"""The tables of a population, one file for each, all drawn from the same shard of people.

`draw_tables` is the one way in. A table is a function from a drawn shard to a batch of rows,
so that drawing one alone gives the same rows as drawing all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import pyarrow as pa

from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.people import Shard
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.accounts import draw_accounts
from sandbox.population.engine.tables.administrative_units import draw_units
from sandbox.population.engine.tables.civil_events import draw_events
from sandbox.population.engine.tables.consents import draw_consents
from sandbox.population.engine.tables.contacts import draw_contacts
from sandbox.population.engine.tables.employment import draw_employment
from sandbox.population.engine.tables.households import draw_addresses, draw_households
from sandbox.population.engine.tables.organisations import draw_organisations
from sandbox.population.engine.tables.parcels import draw_parcels
from sandbox.population.engine.tables.persons import draw_persons
from sandbox.population.engine.tables.products import draw_licences, draw_products
from sandbox.population.engine.tables.schemas import DOMAINS, NULLABLE, SCHEMAS

__all__ = ["DOMAINS", "NULLABLE", "SCHEMAS", "draw_tables"]

_DRAW: Mapping[str, Callable[[Rows], pa.RecordBatch]] = {
    "persons": draw_persons,
    "households": draw_households,
    "accounts": draw_accounts,
    "administrative_units": draw_units,
    "addresses": draw_addresses,
    "civil_events": draw_events,
    "contacts": draw_contacts,
    "organisations": draw_organisations,
    "employment": draw_employment,
    "parcels": draw_parcels,
    "products": draw_products,
    "licences": draw_licences,
    "consents": draw_consents,
}


def draw_tables(
    compiled: CompiledPack, seed: int, shard: Shard, *, size: int, tables: Collection[str] = tuple(SCHEMAS)
) -> Mapping[str, pa.RecordBatch]:
    """Draw one shard of a population of `size` persons as one batch for each of `tables`.

    Texts that come from a pool are dictionary-encoded; see `schemas.assemble`.
    """
    rows = Rows.draw(compiled, seed, shard, size=size)
    return {table: _DRAW[table](rows) for table in SCHEMAS if table in tables}
