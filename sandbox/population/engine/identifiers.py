"""Numbers that belong to one person each: national id, account, phone, functional id, e-mail address.

Each is an affine permutation of the person's number, put into the pack's recipe. Which ranges
are nobody's is the pack's business, not this file's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.randomness import Integers, Permutation, Words
from sandbox.population.engine.text import Characters, join, luhn_digit, write_choice, write_number
from sandbox.population.packs.profile import BirthYear, Check, IdRecipe, PhoneRecipe, Serial, SexDigit, Text

_SERIAL_36 = 7
_TAIL_36 = 10


def write_ids(
    recipe: IdRecipe,
    *,
    seed: int,
    stream: str,
    persons: Integers,
    sex: Integers,
    birth_date: NDArray[np.datetime64],
) -> Characters:
    """Write one number per person by the recipe."""
    serial = Permutation.from_seed(seed, stream, recipe.capacity)(persons)
    rows = len(persons)
    written = np.empty((rows, 0), dtype=np.uint8)
    for part in recipe.parts:
        match part:
            case Text(text=text):
                written = join(rows, written, text)
            case Serial(serial=width):
                written = join(rows, written, write_number(serial, width))
            case BirthYear():
                year = birth_date.astype("datetime64[Y]").astype(np.int64) + 1970
                written = join(rows, written, write_number(year, 4))
            case SexDigit(female=female, male=male):
                written = join(
                    rows, written, write_choice((sex == Sex.MALE).astype(np.int64), (female, male))
                )
            case Check():
                written = join(rows, written, luhn_digit(_only_digits(written)))
    return written


def write_phones(recipe: PhoneRecipe, *, seed: int, persons: Integers) -> Characters:
    """Write one E.164 number per person."""
    place = Permutation.from_seed(seed, "phone", recipe.capacity)(persons)
    prefix, number = np.divmod(place, 10**recipe.digits)
    return join(
        len(persons),
        recipe.country_code,
        write_choice(prefix, recipe.prefixes),
        write_number(number, recipe.digits),
    )


def write_functional_ids(prefix: str, *, seed: int, persons: Integers, drawn: Words) -> Characters:
    """Write twenty characters: the prefix, seven that make it unique, ten that make it hard to guess."""
    serial = Permutation.from_seed(seed, "functional-id", 36**_SERIAL_36)(persons)
    tail = (drawn % np.uint64(36**_TAIL_36)).astype(np.int64)
    return join(
        len(persons),
        prefix,
        write_number(serial, _SERIAL_36, base=36),
        write_number(tail, _TAIL_36, base=36),
    )


def write_emails(domain: str, *, persons: Integers) -> Characters:
    """Write one address per person at a domain that nobody can register."""
    return join(len(persons), "citizen-", write_number(persons, 9), f"@{domain}")


def _only_digits(written: Characters) -> Characters:
    """Keep the columns that hold decimal digits; a recipe has them in the same places for everyone."""
    return written[:, (written[:1] >= ord("0")).all(axis=0) & (written[:1] <= ord("9")).all(axis=0)]
