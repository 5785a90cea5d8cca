"""Faker and Mimesis making the same fifteen fields of a person, one person after another, in memory.

They know nothing of families, and their numbers are not unique. The locale is the one whose first
names Faker weights; Mimesis has no weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from faker import Faker
from mimesis import Datetime, Person
from mimesis.locales import Locale

FIELDS = (
    "person_no", "household_no", "role", "individual_id", "given_name", "family_name", "sex", "birth_date",
    "phone", "email", "employed", "monthly_income", "disability", "literate", "functional_id",
)  # fmt: skip
"""Columns of the table of persons."""

_ROLES = ("head", "spouse", "child", "parent", "other")
_SEXES = ("female", "male")
_ID, _FUNCTIONAL_ID = "9########", "KEF#################"

Make = Callable[[], Mapping[str, Any]]


def make_peers() -> Mapping[str, Make]:
    """Give the peers by name."""
    return {
        "Faker, names unweighted": _faker(weighted=False),
        "Faker, names weighted": _faker(weighted=True),
        "Mimesis": _mimesis(),
    }


def rate(make: Make, persons: int) -> float:
    """Say how many persons a second are made."""
    began = time.perf_counter()
    for _ in range(persons):
        make()
    return persons / (time.perf_counter() - began)


def _faker(*, weighted: bool) -> Make:
    fake = Faker("en_US", use_weighting=weighted)
    fake.seed_instance(1)
    return lambda: {
        "person_no": fake.random_int(0, 10**9),
        "household_no": fake.random_int(0, 10**9),
        "role": fake.random_element(_ROLES),
        "individual_id": fake.numerify(_ID),
        "given_name": fake.first_name(),
        "family_name": fake.last_name(),
        "sex": fake.random_element(_SEXES),
        "birth_date": fake.date_of_birth(),
        "phone": fake.phone_number(),
        "email": fake.email(),
        "employed": fake.boolean(),
        "monthly_income": fake.random_int(0, 10**6),
        "disability": fake.boolean(10),
        "literate": fake.boolean(80),
        "functional_id": fake.numerify(_FUNCTIONAL_ID),
    }


def _mimesis() -> Make:
    person, dates = Person(Locale.EN, seed=1), Datetime(Locale.EN, seed=1)
    draw = person.random
    return lambda: {
        "person_no": draw.randint(0, 10**9),
        "household_no": draw.randint(0, 10**9),
        "role": draw.choice(_ROLES),
        "individual_id": person.identifier(_ID),
        "given_name": person.first_name(),
        "family_name": person.last_name(),
        "sex": draw.choice(_SEXES),
        "birth_date": dates.date(),
        "phone": person.phone_number(),
        "email": person.email(),
        "employed": draw.choice((True, False)),
        "monthly_income": draw.randint(0, 10**6),
        "disability": draw.random() < 0.1,
        "literate": draw.random() < 0.8,
        "functional_id": person.identifier(_FUNCTIONAL_ID),
    }
