"""Numbers that belong to one person each: national id, account, phone, functional id, e-mail address.

Each is an affine permutation of the person's number, put into the pack's recipe; where an id
counts people of one birth date, every window of households has counts of its own. Which ranges
are nobody's is the pack's business, not this file's.

The first `reserved` numbers of every kind are kept for the first persons, whose values don't
depend on the seed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sandbox.errors import UsageError
from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.checkdigits import CHECKS, iban_digits
from sandbox.population.engine.kinship import rank_within
from sandbox.population.engine.randomness import Integers, Permutation, Words
from sandbox.population.engine.text import Characters, join, write_choice, write_number
from sandbox.population.packs.recipes import (
    HOUSEHOLDS_PER_WINDOW,
    LAYERS,
    BirthDate,
    BirthDays,
    BirthSerial,
    BirthYear,
    Check,
    Iban,
    IdRecipe,
    PhoneRecipe,
    Serial,
    SexDigit,
    Text,
)

_SERIAL_36 = 7
_TAIL_36 = 10
_DAY_ZERO = np.datetime64("1899-12-31")
_MONTHS_PER_LAYER = 20


def write_ids(
    recipe: IdRecipe,
    *,
    seed: int,
    stream: str,
    persons: Integers,
    sex: Integers,
    birth_date: NDArray[np.datetime64],
    households: Integers | None = None,
    reserved: int = 0,
) -> Characters:
    """Write one number per person by the recipe.

    `households` (numbers within the population) are needed where the recipe counts people of one
    birth date; then everybody of a window must be given at once.
    """
    if recipe.birth_serial is None:
        serial = _place(recipe.capacity(0), seed=seed, stream=stream, persons=persons, reserved=reserved)
        layer = choice = np.zeros(len(persons), dtype=np.int64)
    else:
        assert households is not None, "a birth serial is counted by household"
        serial, layer = _count_within_dates(recipe, households, sex, birth_date)
        # What is too large for the serial's own digits chooses among the digits by sex.
        choice = serial // 10**recipe.birth_serial.birth_serial
    rows = len(persons)
    written = np.empty((rows, 0), dtype=np.uint8)
    for part in recipe.parts:
        written = join(rows, written, _write_part(part, serial, layer, choice, sex, birth_date, written))
    first = recipe.parts[0]
    if isinstance(first, Iban):
        return join(rows, first.iban, iban_digits(first.iban, written), written)
    return written


def _write_part(
    part: object,
    serial: Integers,
    layer: Integers,
    choice: Integers,
    sex: Integers,
    birth_date: NDArray[np.datetime64],
    before: Characters,
) -> str | Characters:
    male = (sex == Sex.MALE).astype(np.int64)
    match part:
        case Text(text=text):
            return text
        case Serial(serial=width) | BirthSerial(birth_serial=width):
            return write_number(serial, width)
        case BirthYear(plus=plus):
            return write_number(_year(birth_date) + plus, 4)
        case BirthDate():
            month = birth_date.astype("datetime64[M]")
            return join(
                len(serial),
                write_number(_year(birth_date), 2),
                write_number(month.astype(np.int64) % 12 + 1 + _MONTHS_PER_LAYER * layer, 2),
                write_number((birth_date - month).astype(np.int64) + 1, 2),
            )
        case BirthDays(plus=plus):
            return write_number(_days(birth_date, plus), 5)
        case SexDigit(female=female, male=males):
            return write_choice(male * len(female) + choice, tuple(female + males))
        case Check(check=check):
            return CHECKS[check](_only_digits(before))
        case _:
            return ""  # an IBAN's own digits come last, when the rest is known


def _count_within_dates(
    recipe: IdRecipe, households: Integers, sex: Integers, birth_date: NDArray[np.datetime64]
) -> tuple[Integers, Integers]:
    """Give everybody a count of their window within their date as it is written, and the month's layer."""
    counted = recipe.birth_serial
    assert counted is not None
    window = households // HOUSEHOLDS_PER_WINDOW
    layers, day = 1, birth_date.astype(np.int64)
    for part in recipe.parts:
        if isinstance(part, BirthDays):
            day = _days(birth_date, part.plus)
        elif isinstance(part, BirthDate):
            # The century isn't written, so two people a hundred years apart share a date.
            month = birth_date.astype("datetime64[M]")
            layers, day = (
                LAYERS,
                (
                    (_year(birth_date) % 100 * 12 + month.astype(np.int64) % 12) * 31
                    + (birth_date - month).astype(np.int64)
                ),
            )
    cell = (day - day.min()) * 2 + sex if len(day) else day
    rank = rank_within(cell * (int(window.max(initial=0)) + 1) + window)
    layer, place = np.divmod(rank, counted.same_day)
    if layer.max(initial=0) >= layers or window.max(initial=0) >= recipe.windows:
        raise UsageError(
            "more people share a birth date than the pack's ids can tell apart",
            hint="choose another seed, or a smaller size",
        )
    return window * counted.same_day + place, layer


def _days(birth_date: NDArray[np.datetime64], plus: int) -> Integers:
    """Count days from 31 December 1899 to the date so many years later; a 29 February becomes 1 March."""
    month = birth_date.astype("datetime64[M]")
    moved = (month + np.timedelta64(12 * plus, "M")).astype("datetime64[D]") + (birth_date - month)
    days: Integers = (moved - _DAY_ZERO).astype(np.int64)
    return days


def _year(birth_date: NDArray[np.datetime64]) -> Integers:
    return birth_date.astype("datetime64[Y]").astype(np.int64) + 1970


def _place(capacity: int, *, seed: int, stream: str, persons: Integers, reserved: int) -> Integers:
    """Give each person their own place below `capacity`; the first ones keep theirs whatever the seed."""
    drawn = Permutation.from_seed(seed, stream, capacity - reserved)
    return np.where(persons < reserved, persons, reserved + drawn(persons - reserved))


def write_phones(recipe: PhoneRecipe, *, seed: int, persons: Integers, reserved: int = 0) -> Characters:
    """Write one E.164 number per person."""
    place = _place(recipe.capacity, seed=seed, stream="phone", persons=persons, reserved=reserved)
    prefix, number = np.divmod(place, 10**recipe.digits)
    return join(
        len(persons),
        recipe.country_code,
        write_choice(prefix, recipe.prefixes),
        write_number(number, recipe.digits),
    )


def write_functional_ids(
    prefix: str, *, seed: int, persons: Integers, drawn: Words, reserved: int = 0
) -> Characters:
    """Write twenty characters: the prefix, seven that make it unique, ten that make it hard to guess."""
    serial = _place(36**_SERIAL_36, seed=seed, stream="functional-id", persons=persons, reserved=reserved)
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
