"""Numbers that belong to one person each: national id, account, phone, functional id, e-mail address.

Each is an affine permutation of the person's number, put into the pack's recipe; where an id
counts people of one birth date, every window of households has counts of its own. Which ranges
are nobody's is the pack's business, not this file's.

The first `reserved` numbers of every kind are kept for the first persons, whose values don't
depend on the seed.
"""

from __future__ import annotations

import numpy as np

from sandbox.errors import UsageError
from sandbox.model.population import LARGEST_POPULATION
from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.checkdigits import CHECKS, iban_digits
from sandbox.population.engine.days import Days, as_numbers, days_between, shift_years, split
from sandbox.population.engine.kinship import rank_within
from sandbox.population.engine.randomness import Integers, Permutation, Words, remainder
from sandbox.population.engine.text import Characters, Number, join, write_choice
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
    birth_date: Days,
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
    parts: list[str | Characters | Number] = []
    for part in recipe.parts:
        if isinstance(part, Check):
            before = join(rows, *parts)
            parts = [before, CHECKS[part.check](_only_digits(before))]
        else:
            parts.append(_write_part(part, serial, layer, choice, sex, birth_date))
    written = join(rows, *parts)
    first = recipe.parts[0]
    if isinstance(first, Iban):
        return join(rows, first.iban, iban_digits(first.iban, written), written)
    return written


def _write_part(
    part: object, serial: Integers, layer: Integers, choice: Integers, sex: Integers, birth_date: Days
) -> str | Characters | Number:
    match part:
        case Text(text=text):
            return text
        case Serial(serial=width) | BirthSerial(birth_serial=width):
            return Number(serial, width)
        case BirthYear(plus=plus):
            return Number(split(birth_date)[0] // 12 + (1970 + plus), 4)
        case BirthDate():
            month, passed = split(birth_date)
            year = month // 12
            return join(
                len(serial),
                Number(year + 1970, 2),
                Number(month - year * 12 + 1 + _MONTHS_PER_LAYER * layer, 2),
                Number(passed + 1, 2),
            )
        case BirthDays(plus=plus):
            return Number(_days(birth_date, plus), 5)
        case SexDigit(female=female, male=males):
            return write_choice((sex == Sex.MALE) * len(female) + choice, tuple(female + males))
        case _:
            return ""  # an IBAN's own digits come last, when the rest is known


def _count_within_dates(
    recipe: IdRecipe, households: Integers, sex: Integers, birth_date: Days
) -> tuple[Integers, Integers]:
    """Give everybody a count of their window within their date as it is written, and the month's layer."""
    counted = recipe.birth_serial
    assert counted is not None
    window = households // HOUSEHOLDS_PER_WINDOW
    layers, day = 1, as_numbers(birth_date)
    for part in recipe.parts:
        if isinstance(part, BirthDays):
            day = _days(birth_date, part.plus)
        elif isinstance(part, BirthDate):
            # The century isn't written, so two people a hundred years apart share a date.
            month, passed = split(birth_date)
            layers, day = LAYERS, remainder(month + 1970 * 12, 100 * 12) * 31 + passed
    cell = (day - day.min()) * 2 + sex if len(day) else day
    rank = rank_within(cell * (int(window.max(initial=0)) + 1) + window)
    layer = rank // counted.same_day
    place = rank - layer * counted.same_day
    if layer.max(initial=0) >= layers or window.max(initial=0) >= recipe.windows:
        raise UsageError(
            "more people share a birth date than the pack's ids can tell apart",
            hint="choose another seed, or a smaller size",
        )
    return window * counted.same_day + place, layer


def _days(birth_date: Days, plus: int) -> Integers:
    """Count days from 31 December 1899 to the date so many years later; a 29 February becomes 1 March."""
    return days_between(_DAY_ZERO, shift_years(birth_date, plus))


def _place(capacity: int, *, seed: int, stream: str, persons: Integers, reserved: int) -> Integers:
    """Give each person their own place below `capacity`; the first ones keep theirs whatever the seed."""
    drawn = Permutation.from_seed(seed, stream, capacity - reserved)
    if persons.min(initial=reserved) >= reserved:
        return reserved + _permute(drawn, persons - reserved)
    return np.where(persons < reserved, persons, reserved + _permute(drawn, persons - reserved))


def _permute(drawn: Permutation, numbers: Integers) -> Integers:
    """Permute numbers up to twice the largest population: persons may have two accounts each."""
    if numbers.max(initial=0) < LARGEST_POPULATION:
        return drawn(numbers)
    half, odd = numbers >> 1, numbers & 1
    even = remainder(half * drawn.factor, drawn.modulus) * 2
    return remainder(even + odd * drawn.factor + drawn.shift, drawn.modulus)


def write_phones(recipe: PhoneRecipe, *, seed: int, persons: Integers, reserved: int = 0) -> Characters:
    """Write one E.164 number per person."""
    place = _place(recipe.capacity, seed=seed, stream="phone", persons=persons, reserved=reserved)
    # What is too large for the digits chooses the prefix.
    prefix = write_choice(place // 10**recipe.digits, recipe.prefixes)
    return join(len(persons), recipe.country_code, prefix, Number(place, recipe.digits))


def write_functional_ids(
    prefix: str, *, seed: int, persons: Integers, drawn: Words, reserved: int = 0
) -> Characters:
    """Write twenty characters: the prefix, seven that make it unique, ten that make it hard to guess."""
    serial = _place(36**_SERIAL_36, seed=seed, stream="functional-id", persons=persons, reserved=reserved)
    tail = drawn - drawn // np.uint64(36**_TAIL_36) * np.uint64(36**_TAIL_36)
    return join(
        len(persons),
        prefix,
        Number(serial, _SERIAL_36, base=36),
        Number(tail.view(np.int64), _TAIL_36, base=36),
    )


def write_emails(domain: str, *, persons: Integers) -> Characters:
    """Write one address per person at a domain that nobody can register."""
    return join(len(persons), "citizen-", Number(persons, 9), f"@{domain}")


def _only_digits(written: Characters) -> Characters:
    """Keep the columns that hold decimal digits; a recipe has them in the same places for everyone."""
    digits = (written[:1] >= ord("0")).all(axis=0) & (written[:1] <= ord("9")).all(axis=0)
    return written if digits.all() else written[:, digits]
