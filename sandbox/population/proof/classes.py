"""The class of every text column by which a reader could take a row for something real.

A pack classes the columns of `IDENTIFYING`. All others are classed here, once for every pack: a column
that repeats others has the class of the weakest of them, and numbers that only this sandbox gives have
one of their own. What tells nobody from anybody else is named in `HARMLESS`: a new text column must be
put into one of the three. Refuses to make any column stronger than what it repeats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sandbox.population.packs.profile import IDENTIFYING, STRENGTHS, ClassedField, Profile, Strength

REPEATED: Mapping[str, tuple[str, ...]] = {
    "persons.other_names": ("persons.given_name",),
    "persons.given_name_latin": ("persons.given_name",),
    "persons.family_name_latin": ("persons.family_name",),
    "persons.other_names_latin": ("persons.given_name",),
    "persons.birth_name": ("persons.family_name",),
    "addresses.street": ("households.address",),
    "addresses.house": ("households.address",),
    "addresses.line": ("households.address",),
    "civil_events.subject_name": ("persons.given_name", "persons.family_name"),
    "contacts.value": ("persons.phone", "persons.email"),
    "organisations.phone": ("persons.phone",),
    "organisations.email": ("persons.email",),
}
"""Columns whose values are those of others, parts of them, or made by the same recipe."""

_NUMBERED = (
    "the sandbox's own running number behind {}-; in whose register such a number stands was not looked for"
)
_LOOKED_UP = date(2026, 11, 27)

OWN: tuple[ClassedField, ...] = (
    *(
        ClassedField(
            column=column, strength="plausible", evidence=_NUMBERED.format(letters), checked_on=_LOOKED_UP
        )
        for column, letters in (
            ("households.household_id", "HH"),
            ("organisations.registration_number", "REG"),
            ("parcels.parcel_id", "PA"),
            ("products.product_code", "PR"),
            ("licences.licence_number", "LI"),
        )
    ),
    ClassedField(
        column="organisations.name",
        strength="plausible",
        evidence="a district, a common word and a legal form put together; somebody may be called so",
        checked_on=_LOOKED_UP,
    ),
)
"""Columns that are the same in every pack and repeat nothing."""

HARMLESS: Mapping[str, tuple[str, ...]] = {
    "persons": ("role", "sex", "persona"),
    "households": ("region", "district", "settlement"),
    "accounts": ("institution", "kind", "currency", "status"),
    "administrative_units": ("level_name", "code", "name", "name_latin"),
    "civil_events": ("kind",),
    "contacts": ("kind",),
    "organisations": ("kind", "sector", "district"),
    "employment": ("occupation",),
    "parcels": ("district", "land_use", "restriction"),
    "products": ("name", "category"),
    "licences": ("kind", "status"),
    "consents": ("purpose",),
}
"""Kinds, codes, and places where many live: nobody is known by them alone."""


def class_fields(profile: Profile) -> tuple[ClassedField, ...]:
    """Class every identifying column: the pack's own, then what repeats them, then the sandbox's own."""
    of_pack = {field.column: field for field in profile.fields}
    return (
        *(of_pack[column] for column in IDENTIFYING),
        *(_inherit(column, [of_pack[each] for each in repeated]) for column, repeated in REPEATED.items()),
        *OWN,
    )


def find_weakest(fields: Sequence[ClassedField]) -> Strength:
    """Give the strength of the proof for all fields together."""
    return max((field.strength for field in fields), key=STRENGTHS.index)


def _inherit(column: str, repeated: Sequence[ClassedField]) -> ClassedField:
    names = " and ".join(field.column for field in repeated)
    return ClassedField(
        column=column,
        strength=find_weakest(repeated),
        evidence=f"made as {names}, and no stronger than the weakest of what it repeats",
        checked_on=min(field.checked_on for field in repeated),
    )
