"""What organisations make and may do: products of makers of electrical equipment, and licences."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.days import add_days, day_array, days_between, shift_years
from sandbox.population.engine.firms import ELECTRICAL, SECTORS, found, organisations_of, sector_of
from sandbox.population.engine.randomness import Integers, Words, below, happens, lower, words
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Number, Pool, join, to_arrow

PRODUCTS_PER_ORGANISATION = 4
"""Numbers set aside for one organisation's products; so many does each maker have."""

LICENCES_PER_ORGANISATION = 2

_CATEGORIES = (
    ("temperature-exchange", "refrigerator", 42_000),
    ("screens", "screen", 5_500),
    ("lamps", "lamp", 120),
    ("large-equipment", "washing machine", 61_000),
    ("small-equipment", "kettle", 1_100),
    ("small-it", "telephone", 190),
)
"""The six categories of Annex III of Directive 2012/19/EU, with a thing of each and its weight in grams."""

_LICENCES = {
    "electrical-equipment": "producer-registration",
    "construction": "construction",
    "health": "health-facility",
    "hospitality": "food-service",
    "transport": "goods-transport",
}
_VALID_YEARS = 5
_REVOKED = 50
_STATUSES = Pool.of(["valid", "expired", "revoked"])
_SLUGS = Pool.of([slug for slug, _, _ in _CATEGORIES])
_THINGS = Pool.of([thing for _, thing, _ in _CATEGORIES])
_KINDS = Pool.of([_LICENCES.get(sector.slug, "") for sector in SECTORS])
_NEEDS = np.array([sector.slug in _LICENCES for sector in SECTORS])
_SPACE = pa.scalar(" ")


def draw_products(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    organisation = organisations_of(rows.shard.number)
    makers = organisation[sector_of(organisation) == ELECTRICAL].repeat(PRODUCTS_PER_ORGANISATION)
    number = makers * PRODUCTS_PER_ORGANISATION + np.arange(len(makers)) % PRODUCTS_PER_ORGANISATION
    drawn = _at(rows, "product", number)
    category = below(drawn, len(_CATEGORIES))
    usual = np.array([grams for _, _, grams in _CATEGORIES])[category]
    return assemble(
        "products",
        product_no=number,
        product_code=to_arrow(join(len(makers), "PR-", Number(number, 9))),
        organisation_no=makers,
        name=pc.binary_join_element_wise(_THINGS.take(category), pa.array(number).cast(pa.string()), _SPACE),
        category=_SLUGS.encode(category),
        unit_weight_grams=usual * (700 + lower(drawn) % 601) // 1000,
        units_on_market=10 + below(_at(rows, "product-units", number), 20_000),
        year=np.full(len(makers), rows.compiled.profile.reference_date.year - 1),
    )


def draw_licences(rows: Rows) -> pa.RecordBatch:
    """Draw the table: one licence for each organisation of a sector that needs one."""
    organisation = organisations_of(rows.shard.number)
    needs = _NEEDS[sector_of(organisation)]
    holders, founded = organisation[needs], found(rows, rows.shard.number)[needs]
    number = holders * LICENCES_PER_ORGANISATION
    drawn = _at(rows, "licence", number)
    span = np.minimum(days_between(founded, rows.reference), 6 * 365)
    issued = add_days(rows.reference, -(below(drawn, 2**16) * (span + 1) >> 16))
    expires = shift_years(issued, _VALID_YEARS)
    expired, revoked = expires < rows.reference, happens(_at(rows, "licence-revoked", number), _REVOKED)
    return assemble(
        "licences",
        licence_no=number,
        licence_number=to_arrow(join(len(number), "LI-", Number(number, 9))),
        organisation_no=holders,
        kind=_KINDS.encode(sector_of(holders)),
        issued_on=day_array(issued),
        expires_on=day_array(expires),
        status=_STATUSES.encode(np.where(revoked, 2, expired.astype(np.int64))),
    )


def _at(rows: Rows, stream: str, number: Integers) -> Words:
    """Give the words at these numbers, which are close together."""
    first = int(number[0])
    return words(rows.source.seed, stream, first, int(number[-1]) + 1)[number - first]
