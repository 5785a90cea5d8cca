"""One shard of people as rows of the three tables that every building block is seeded from.

The columns are the contract with the blocks' loaders. A shard is always drawn whole and then
cut at the population's size, so that a smaller population is the beginning of a larger one:
a person keeps every value, except that a reference to somebody past the end becomes null. A
household that the cut goes through describes the persons who are left; heads come first, so
it keeps its head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.archetypes import NOBODY, Role
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.identifiers import write_emails, write_functional_ids, write_ids, write_phones
from sandbox.population.engine.naming import draw_names
from sandbox.population.engine.people import ADULT, ELDERLY, People, Shard, Source, draw_people
from sandbox.population.engine.randomness import Flags, Integers, below, happens
from sandbox.population.engine.text import join, to_arrow, write_number

HIGHEST_HOUSE_NUMBER = 199

_SEXES = pa.array(["female", "male"])
_ROLES = pa.array(["head", "spouse", "child", "parent", "other"])

SCHEMAS: Mapping[str, Any] = {
    "persons": pa.schema(
        {
            "person_no": pa.int64(),
            "household_no": pa.int64(),
            "role": pa.string(),
            "individual_id": pa.string(),
            "given_name": pa.string(),
            "family_name": pa.string(),
            "sex": pa.string(),
            "birth_date": pa.date32(),
            "mother_no": pa.int64(),
            "father_no": pa.int64(),
            "spouse_no": pa.int64(),
            "phone": pa.string(),
            "email": pa.string(),
            "employed": pa.bool_(),
            "monthly_income": pa.int64(),
            "disability": pa.bool_(),
            "literate": pa.bool_(),
            "functional_id": pa.string(),
        }
    ),
    "households": pa.schema(
        {
            "household_no": pa.int64(),
            "household_id": pa.string(),
            "head_no": pa.int64(),
            "size": pa.int16(),
            "region": pa.string(),
            "district": pa.string(),
            "settlement": pa.string(),
            "address": pa.string(),
            "urban": pa.bool_(),
            "children_under_5": pa.int16(),
            "children_under_18": pa.int16(),
            "elderly": pa.int16(),
            "disabled": pa.int16(),
            "employed_adults": pa.int16(),
            "monthly_income": pa.int64(),
        }
    ),
    "accounts": pa.schema(
        {
            "account_id": pa.int64(),
            "person_no": pa.int64(),
            "institution": pa.string(),
            "account_number": pa.string(),
            "kind": pa.string(),
            "currency": pa.string(),
        }
    ),
}
"""Tables by name, in the order in which they are written; file `<name>.parquet`."""


@dataclass(frozen=True, slots=True)
class _Accounts:
    """Who has an account and where; one account a person at most."""

    held: Flags
    institution: Integers
    is_mobile: Flags


def draw_tables(
    compiled: CompiledPack, seed: int, shard: Shard, *, size: int
) -> Mapping[str, pa.RecordBatch]:
    """Draw one shard of a population of `size` persons as one batch for each table."""
    people, source = draw_people(compiled, seed, shard)
    kept = min(source.persons, size - shard.first_person)
    accounts = _open_accounts(compiled, people, source)
    persons = _write_persons(compiled, people, source, accounts, size)
    return {
        "persons": persons.slice(0, kept),
        "households": _write_households(compiled, people, source, kept),
        "accounts": _write_accounts(compiled, people, source, accounts, kept),
    }


def _open_accounts(compiled: CompiledPack, people: People, source: Source) -> _Accounts:
    """Give every head an account, and a share of the other adults."""
    chosen = happens(source.per_person("account"), compiled.profile.account_ownership)
    institution = compiled.institution.draw(source.per_person("institution"))
    kinds = np.array([each.kind == "mobile-money" for each in compiled.profile.institutions])
    held = (people.role == Role.HEAD) | (chosen & (people.age >= ADULT))
    return _Accounts(held=held, institution=institution, is_mobile=held & kinds[institution])


def _write_persons(
    compiled: CompiledPack, people: People, source: Source, accounts: _Accounts, size: int
) -> pa.RecordBatch:
    profile, shard = compiled.profile, source.shard
    number = np.arange(source.persons, dtype=np.int64) + shard.first_person
    # Nobody keeps money on a telephone that they don't have.
    has_phone = accounts.is_mobile | happens(
        source.per_person("has-phone"), compiled.phone_ownership[people.age]
    )
    has_email = happens(source.per_person("has-email"), compiled.email_ownership[people.age])
    ids = write_ids(
        profile.individual_id,
        seed=source.seed,
        stream="individual-id",
        persons=number,
        sex=people.sex,
        birth_date=people.birth_date,
        households=people.household + shard.first_household,
    )
    functional_ids = write_functional_ids(
        profile.functional_id_prefix,
        seed=source.seed,
        persons=number,
        drawn=source.per_person("functional-id-tail"),
    )

    names = draw_names(compiled.names, people, source)

    def refer(position: Integers) -> pa.Array:
        found = position + shard.first_person
        return pa.array(found, mask=(position == NOBODY) | (found >= size))

    return _batch(
        "persons",
        person_no=number,
        household_no=people.household + shard.first_household,
        role=_ROLES.take(pa.array(people.role)),
        individual_id=to_arrow(ids),
        given_name=names.given_name,
        family_name=names.family_name,
        sex=_SEXES.take(pa.array(people.sex)),
        birth_date=people.birth_date,
        mother_no=refer(people.kin.mother),
        father_no=refer(people.kin.father),
        spouse_no=refer(people.kin.spouse),
        phone=to_arrow(write_phones(profile.phone, seed=source.seed, persons=number), has_phone),
        email=to_arrow(write_emails(profile.email_domain, persons=number), has_email),
        employed=people.employed,
        monthly_income=people.monthly_income,
        disability=people.disability,
        literate=people.literate,
        functional_id=to_arrow(functional_ids),
    )


def _write_households(compiled: CompiledPack, people: People, source: Source, kept: int) -> pa.RecordBatch:
    shard = source.shard
    household, age = people.household[:kept], people.age[:kept]
    present = int(household[-1]) + 1
    number = np.arange(present, dtype=np.int64) + shard.first_household
    heads = np.flatnonzero(people.role[:kept] == Role.HEAD)

    def count(flags: Flags) -> Integers:
        return np.bincount(household[flags], minlength=present)

    # Sums of pay stay far below 2^53, where bincount's floating point is exact.
    income = np.bincount(household, weights=people.monthly_income[:kept], minlength=present)
    place = pa.array(compiled.place.draw(source.per_household("place"))[:present])
    settlement = compiled.settlements.take(place)
    return _batch(
        "households",
        household_no=number,
        household_id=to_arrow(join(present, "HH-", write_number(number, 9))),
        head_no=heads + shard.first_person,
        size=np.bincount(household, minlength=present),
        region=compiled.regions.take(place),
        district=compiled.districts.take(place),
        settlement=settlement,
        address=_write_addresses(compiled, source, settlement),
        urban=compiled.urban.take(place),
        children_under_5=count(age < 5),
        children_under_18=count(age < ADULT),
        elderly=count(age >= ELDERLY),
        disabled=count(people.disability[:kept]),
        employed_adults=count(people.employed[:kept] & (age >= ADULT)),
        monthly_income=income.astype(np.int64),
    )


def _write_addresses(compiled: CompiledPack, source: Source, settlement: pa.Array) -> pa.Array:
    """Fill the pack's pattern column by column."""
    rows = len(settlement)
    house = below(source.per_household("house"), HIGHEST_HOUSE_NUMBER)[:rows] + 1
    street = below(source.per_household("street"), len(compiled.streets))[:rows]
    columns = {
        "house": pa.array(house).cast(pa.string()),
        "street": compiled.streets.take(pa.array(street)),
        "settlement": settlement,
    }
    pieces: list[Any] = []
    for literal, field, _, _ in Formatter().parse(compiled.profile.address):
        pieces += [literal] if field is None else [literal, columns[field]]
    return pc.binary_join_element_wise(*pieces, "")


def _write_accounts(
    compiled: CompiledPack, people: People, source: Source, accounts: _Accounts, kept: int
) -> pa.RecordBatch:
    held = np.flatnonzero(accounts.held[:kept])
    owner = held + source.shard.first_person
    numbers = write_ids(
        compiled.profile.account_number,
        seed=source.seed,
        stream="account-number",
        persons=owner,
        sex=people.sex[held],
        birth_date=people.birth_date[held],
    )
    institutions = compiled.profile.institutions
    where = pa.array(accounts.institution[held])
    return _batch(
        "accounts",
        account_id=owner,
        person_no=owner,
        institution=pa.array([each.code for each in institutions]).take(where),
        account_number=to_arrow(numbers),
        kind=pa.array([each.kind for each in institutions]).take(where),
        currency=pa.repeat(compiled.profile.currency, len(held)),
    )


def _batch(table: str, **columns: Any) -> pa.RecordBatch:
    """Put columns into the table's schema; a missing, surplus or lossy column is an error."""
    schema = SCHEMAS[table]
    if set(columns) != set(schema.names):
        raise AssertionError(f"columns of {table} differ from its schema")
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if isinstance(columns[field.name], np.ndarray)
        else columns[field.name]
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
