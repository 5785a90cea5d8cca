"""Persons: who they are, how to reach them, and the ids under which every block knows them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.identifiers import write_emails, write_functional_ids, write_ids, write_phones
from sandbox.population.engine.randomness import Integers, Words, below, happens, lower
from sandbox.population.engine.rows import Rows, day_array, encode
from sandbox.population.engine.tables.schemas import DOMAINS, assemble
from sandbox.population.engine.text import to_arrow

_SEXES = pa.array(["female", "male"])
_ROLES = pa.array(["head", "spouse", "child", "parent", "other"])

_CANNOT_AT_ALL = 200
"""Of a thousand people with a disability, how many can't do the thing at all."""
_SECOND_DOMAIN = 300
"""Of a thousand people with a disability, how many have a lot of difficulty with something else, too."""


def draw_persons(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    people, source, profile, names = rows.people, rows.source, rows.compiled.profile, rows.names
    ids = write_ids(
        profile.individual_id,
        seed=source.seed,
        stream="individual-id",
        persons=rows.number,
        sex=people.sex,
        birth_date=people.birth_date,
        households=people.household + rows.shard.first_household,
    )
    functional_ids = write_functional_ids(
        profile.functional_id_prefix,
        seed=source.seed,
        persons=rows.number,
        drawn=source.per_person("functional-id-tail"),
    )
    phones = write_phones(profile.phone, seed=source.seed, persons=rows.number)
    emails = write_emails(profile.email_domain, persons=rows.number)
    difficulty = draw_difficulties(source.per_person("functioning"), people.disability, people.age)
    batch = assemble(
        "persons",
        person_no=rows.number,
        household_no=people.household + rows.shard.first_household,
        role=encode(people.role, _ROLES),
        individual_id=to_arrow(ids),
        given_name=names.given_name,
        family_name=names.family_name,
        sex=encode(people.sex, _SEXES),
        birth_date=day_array(people.birth_date),
        mother_no=rows.refer(people.kin.mother),
        father_no=rows.refer(people.kin.father),
        spouse_no=rows.refer(people.kin.spouse),
        phone=to_arrow(phones, rows.has_phone),
        email=to_arrow(emails, rows.has_email),
        employed=people.employed,
        monthly_income=people.monthly_income,
        disability=people.disability,
        literate=people.literate,
        functional_id=to_arrow(functional_ids),
        other_names=names.other_names,
        given_name_latin=names.given_name_latin,
        family_name_latin=names.family_name_latin,
        other_names_latin=names.other_names_latin,
        birth_name=names.birth_name,
        death_date=pa.nulls(source.persons, pa.date32()),
        **{domain: difficulty[:, place].astype(np.int16) for place, domain in enumerate(DOMAINS)},
        persona=pa.nulls(source.persons, pa.string()),
    )
    return batch.slice(0, rows.kept)


def draw_difficulties(drawn: Words, disability: np.ndarray, age: Integers) -> Integers:
    """Answer the six questions of the Washington Group for everybody, a column for each.

    Somebody has a disability exactly when an answer is 3 or 4, as the Group counts it. Everybody
    else has some difficulty (2) with each thing more often the older they are.
    """
    seldom = lower(drawn)
    difficulty = np.ones((len(drawn), len(DOMAINS)), dtype=np.int64)
    some = np.clip(age, 5, 90)
    for place in range(len(DOMAINS)):
        # Seven bits for each question: one word answers all six.
        share = (drawn >> np.uint64(7 * place)).astype(np.int64) & 127
        difficulty[:, place] += share * 6 < some
    who = np.flatnonzero(disability)
    main = below(drawn[who], len(DOMAINS))
    severe = 3 + (seldom[who] % 1000 < _CANNOT_AT_ALL)
    second = (main + 1 + seldom[who] // 1000 % (len(DOMAINS) - 1)) % len(DOMAINS)
    also = happens(drawn[who] << np.uint64(16), _SECOND_DOMAIN)
    difficulty[who[also], second[also]] = 3
    difficulty[who, main] = severe
    return difficulty
