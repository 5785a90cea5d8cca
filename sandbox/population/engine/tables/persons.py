"""Persons: who they are, how to reach them, and the ids under which every block knows them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.population.engine.days import day_array
from sandbox.population.engine.identifiers import write_functional_ids, write_ids
from sandbox.population.engine.randomness import Integers, Words, below, happens, lower
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import DOMAINS, assemble
from sandbox.population.engine.text import Pool, spread, to_arrow

_SEXES = Pool.of(["female", "male"])
_ROLES = Pool.of(["head", "spouse", "child", "parent", "other"])

_CANNOT_AT_ALL = 200
"""Of a thousand people with a disability, how many can't do the thing at all."""
_SECOND_DOMAIN = 300
"""Of a thousand people with a disability, how many have a lot of difficulty with something else, too."""


_SOME = ((np.clip(np.arange(128), 5, 90) + 5) // 6).astype(np.uint8)
"""Of 128 people of each age, how many have some difficulty with a thing: a sixth of the age."""


def draw_persons(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    people, profile, names, known = rows.present, rows.compiled.profile, rows.names, rows.personas
    household_no = people.household + rows.shard.first_household
    ids = write_ids(
        profile.individual_id,
        seed=rows.source.seed,
        stream="individual-id",
        persons=rows.number,
        sex=people.sex,
        birth_date=people.birth_date,
        households=household_no,
        reserved=len(rows.compiled.personas),
    )
    functional_ids = write_functional_ids(
        profile.functional_id_prefix,
        seed=rows.source.seed,
        persons=rows.number,
        drawn=rows.per_person("functional-id-tail"),
        reserved=len(rows.compiled.personas),
    )
    difficulty = draw_difficulties(rows.per_person("functioning"), people.disability, people.age)
    return assemble(
        "persons",
        person_no=rows.number,
        household_no=household_no,
        role=_ROLES.encode(people.role),
        individual_id=_replace_provisional(rows, to_arrow(ids)),
        given_name=names.given_name[: rows.kept],
        family_name=names.family_name[: rows.kept],
        sex=_SEXES.encode(people.sex),
        birth_date=day_array(people.birth_date),
        mother_no=rows.refer(people.kin.mother),
        father_no=rows.refer(people.kin.father),
        spouse_no=rows.refer(people.kin.spouse),
        phone=spread(rows.phones, rows.has_phone),
        email=spread(rows.emails, rows.has_email),
        employed=people.employed,
        monthly_income=people.monthly_income,
        disability=people.disability,
        literate=people.literate,
        functional_id=to_arrow(functional_ids),
        other_names=names.other_names[: rows.kept],
        given_name_latin=names.given_name_latin[: rows.kept],
        family_name_latin=names.family_name_latin[: rows.kept],
        other_names_latin=names.other_names_latin[: rows.kept],
        birth_name=names.birth_name[: rows.kept],
        death_date=_pad(pa.array(known.death_date), rows.kept),
        **dict(zip(DOMAINS, difficulty, strict=True)),
        persona=_pad(pa.array(known.slugs, type=pa.string()), rows.kept),
    )


def _pad(first: pa.Array, rows: int) -> pa.Array:
    """Follow the personas' values with nulls."""
    return pa.concat_arrays([first, pa.nulls(rows - len(first), first.type)])


def _replace_provisional(rows: Rows, ids: pa.StringArray) -> pa.StringArray:
    """Give a number that no recipe can to whoever has no id: it has letters no recipe begins with."""
    known = rows.personas
    if not known.provisional_id.any():
        return ids
    first = [
        f"PROVISIONAL-{number:06d}" if provisional else own
        for number, (provisional, own) in enumerate(
            zip(known.provisional_id, ids[: len(known)].to_pylist(), strict=True)
        )
    ]
    return pa.concat_arrays([pa.array(first), ids[len(known) :]])


def draw_difficulties(drawn: Words, disability: np.ndarray, age: Integers) -> NDArray[np.int16]:
    """Answer the six questions of the Washington Group for everybody, a row for each question.

    Somebody has a disability exactly when an answer is 3 or 4, as the Group counts it. Everybody
    else has some difficulty (2) with each thing more often the older they are.
    """
    difficulty = np.ones((len(DOMAINS), len(drawn)), dtype=np.int16)
    some = _SOME.take(age)
    for place in range(len(DOMAINS)):
        # Seven bits for each question: one word answers all six.
        share = (drawn >> np.uint64(7 * place)).astype(np.uint8) & 127
        difficulty[place] += share < some
    who = np.flatnonzero(disability)
    theirs = drawn[who]
    seldom = lower(theirs)
    main = below(theirs, len(DOMAINS))
    severe = 3 + (seldom % 1000 < _CANNOT_AT_ALL)
    second = (main + 1 + seldom // 1000 % (len(DOMAINS) - 1)) % len(DOMAINS)
    also = happens(theirs << np.uint64(16), _SECOND_DOMAIN)
    difficulty[second[also], who[also]] = 3
    difficulty[main, who] = severe
    return difficulty
