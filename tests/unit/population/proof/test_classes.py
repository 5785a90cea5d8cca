"""Every text column is classed or known to be harmless, and none is stronger than what it repeats."""

from __future__ import annotations

import pyarrow as pa
import pytest

from sandbox.population import Pack
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.packs.profile import IDENTIFYING, STRENGTHS, Profile
from sandbox.population.proof.classes import HARMLESS, OWN, REPEATED, class_fields, find_weakest
from sandbox.population.proof.statement import classify, state_strength

CLASSED = [*IDENTIFYING, *REPEATED, *(field.column for field in OWN)]


def test_every_text_column_is_classed_or_harmless_and_never_both() -> None:
    texts = [
        f"{table}.{field.name}"
        for table, schema in SCHEMAS.items()
        for field in schema
        if pa.types.is_string(field.type)
    ]
    harmless = [f"{table}.{column}" for table, columns in HARMLESS.items() for column in columns]
    assert sorted([*CLASSED, *harmless]) == sorted(texts)


def test_a_manifest_carries_each_class_once(pack: Pack) -> None:
    carried = [f"{field.table}.{field.column}" for field in classify(class_fields(pack.profile))]
    assert sorted(carried) == sorted(CLASSED)


@pytest.mark.parametrize("column", sorted(REPEATED))
@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_repeats_a_column_is_never_stronger(zz: Pack, column: str, strength: str) -> None:
    for source in REPEATED[column]:
        fields = [
            field.model_copy(update={"strength": strength if field.column == source else "reserved"})
            for field in zz.profile.fields
        ]
        profile: Profile = zz.profile.model_copy(update={"fields": tuple(fields)})
        found = {field.column: field.strength for field in class_fields(profile)}
        assert found[column] == strength


def test_the_headline_is_that_of_the_weakest_of_all(zz: Pack) -> None:
    strong = [field.model_copy(update={"strength": "reserved"}) for field in zz.profile.fields]
    fields = class_fields(zz.profile.model_copy(update={"fields": tuple(strong)}))
    assert find_weakest(fields) == "plausible"
    said = state_strength(fields)
    assert all(field.column in said for field in OWN)
    assert "persons." not in said


def test_contacts_are_as_weak_as_the_weaker_of_phone_and_mail(pack: Pack) -> None:
    found = {field.column: field for field in class_fields(pack.profile)}
    weaker = max(("persons.phone", "persons.email"), key=lambda each: STRENGTHS.index(found[each].strength))
    assert found["contacts.value"].strength == found[weaker].strength
    assert "persons.phone and persons.email" in found["contacts.value"].evidence
