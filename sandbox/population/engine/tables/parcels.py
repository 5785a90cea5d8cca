"""Land: one parcel for each household that owns its home, in the name of the head."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.randomness import below, happens, lower
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Number, Pool, join, to_arrow

_OWNERS_URBAN, _OWNERS_RURAL = 380, 720
_FARMS = 650
"""Of a thousand rural parcels, how many are fields with a house on them."""
_RESTRICTED = 90
_USES = Pool.of(["residential", "agricultural"])
_RESTRICTIONS = Pool.of(["mortgage", "right of way", "flood zone", "heritage"])


def draw_parcels(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, source, present = rows.compiled, rows.source, rows.households
    urban = compiled.urban.to_numpy(zero_copy_only=False)[rows.place]
    owned = happens(source.per_household("parcel"), np.where(urban, _OWNERS_URBAN, _OWNERS_RURAL))[:present]
    who = np.flatnonzero(owned)
    number = who + rows.shard.first_household
    size, limits = source.per_household("parcel-area")[who], source.per_household("parcel-restriction")[who]
    farm = ~urban[who] & happens(source.per_household("parcel-use")[who], _FARMS)
    area = np.where(farm, 2_000 + below(size, 30_000), 150 + below(size, 1_200))
    place = rows.place[who]
    return assemble(
        "parcels",
        parcel_no=number,
        parcel_id=to_arrow(join(len(who), "PA-", Number(number, 9))),
        owner_no=rows.heads[who] + rows.shard.first_person,
        unit_no=compiled.unit_no[place],
        district=compiled.districts.encode(place),
        area_m2=area,
        land_use=_USES.encode(farm.astype(np.int64)),
        restriction=_RESTRICTIONS.encode(
            lower(limits) % len(_RESTRICTIONS.texts), present=happens(limits, _RESTRICTED)
        ),
    )
