"""Extra rows: a person who stands in a register twice, under a new number and another spelling.

New numbers are taken from the top of the pack's number space downwards, so that they follow
from the person's own and meet nobody's, as long as the space holds twice as many people.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sandbox.errors import UsageError
from sandbox.population.dirt.recipe import Script
from sandbox.population.dirt.spelling import respell
from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.checkdigits import CHECKS
from sandbox.population.engine.identifiers import write_ids
from sandbox.population.engine.randomness import Integers, Words
from sandbox.population.engine.text import Characters, to_arrow
from sandbox.population.packs.folder import Pack
from sandbox.population.packs.recipes import BirthDate, BirthSerial, Check, IdRecipe, SexDigit, Text

_ZERO = ord("0")


def check_room(pack: Pack, size: int) -> None:
    """Raise UsageError unless everybody could have a second number of their own."""
    capacity = pack.profile.capacity
    if 2 * size > capacity:
        raise UsageError(
            f"pack {pack.code!r} has {capacity:,} numbers, too few for {size:,} persons and their duplicates",
            hint=f"with dirty registers choose a size from 1 to {capacity // 2}",
        )


def write_duplicates(
    twice: pa.RecordBatch, words: Words, *, pack: Pack, seed: int, scripts: Mapping[str, Script]
) -> pa.RecordBatch:
    """Copy rows of persons under new numbers and ids; everything but the given name's spelling stays."""
    numbers = pack.profile.capacity - 1 - twice.column("person_no").to_numpy()
    names = [
        respell(name, int(word), scripts) if name else name
        for name, word in zip(twice.column("given_name").to_pylist(), words, strict=True)
    ]
    new = {
        "person_no": pa.array(numbers),
        "individual_id": write_second_ids(
            pack,
            twice,
            numbers,
            seed=seed,
            sex=twice.column("sex"),
            birth_date=twice.column("birth_date").to_numpy(zero_copy_only=False).astype("datetime64[D]"),
        ),
        "given_name": pa.array(names, pa.string()),
    }
    columns = [new.get(field.name, twice.column(field.name)) for field in twice.schema]
    return pa.RecordBatch.from_arrays(columns, schema=twice.schema)


def write_second_ids(
    pack: Pack,
    twice: pa.RecordBatch,
    numbers: Integers,
    *,
    seed: int,
    sex: pa.Array,
    birth_date: NDArray[np.datetime64],
) -> pa.Array:
    """Write the id that follows from each person's second number, for somebody of that sex and date.

    The same bijection as for first numbers, personas' reserved ones included, or both would meet.
    """
    recipe = pack.profile.individual_id
    if not len(twice):
        return pa.array([], pa.string())
    if recipe.birth_serial is not None:
        return to_arrow(_mirror(recipe, recipe.birth_serial, _spread(twice.column("individual_id"))))
    male = pc.equal(sex, "male").to_numpy(zero_copy_only=False)
    return to_arrow(
        write_ids(
            recipe,
            seed=seed,
            stream="individual-id",
            persons=numbers,
            sex=np.where(male, Sex.MALE, Sex.FEMALE),
            birth_date=birth_date,
            reserved=sum(len(household.members) for household in pack.personas),
        )
    )


def _mirror(recipe: IdRecipe, counted: BirthSerial, ids: Characters) -> Characters:
    """Count within the date of birth from the last window downwards; date, sex and place in it stay.

    A window is a run of households with counts of its own in every date, so mirrored windows are
    free while fewer than half of all are used.
    """
    at: dict[type, int] = {}
    place = 0
    for part in recipe.parts:
        at[type(part)] = place
        place += _width(part)
    width, serial_at, digit_at = counted.birth_serial, at[BirthSerial], at[SexDigit]
    sexes = next(part for part in recipe.parts if isinstance(part, SexDigit))
    digits = np.frombuffer((sexes.female + sexes.male).encode(), dtype=np.uint8)
    which = np.argmax(ids[:, digit_at, None] == digits, axis=1)
    choice, male = which % len(sexes.female), which // len(sexes.female)

    powers = 10 ** np.arange(width - 1, -1, -1)
    serial = (ids[:, serial_at : serial_at + width].astype(np.int64) - _ZERO) @ powers
    window, rest = np.divmod(choice * 10**width + serial, counted.same_day)
    choice, serial = np.divmod((recipe.windows - 1 - window) * counted.same_day + rest, 10**width)

    written = ids.copy()
    written[:, digit_at] = digits[male * len(sexes.female) + choice]
    written[:, serial_at : serial_at + width] = serial[:, None] // powers % 10 + _ZERO
    last = recipe.parts[-1]
    if isinstance(last, Check):
        before = written[:, :-1]
        decimal = ((before[:1] >= _ZERO) & (before[:1] <= _ZERO + 9)).all(axis=0)
        written[:, -1:] = CHECKS[last.check](before[:, decimal])
    return written


def _width(part: object) -> int:
    match part:
        case Text(text=text):
            return len(text)
        case BirthSerial(birth_serial=width):
            return width
        case BirthDate():
            return 6
        case SexDigit() | Check():
            return 1
        case _:
            return 5  # days since 1899; an id that counts within dates has no other part


def _spread(ids: pa.Array) -> Characters:
    """Lay ids of one length out as one row of characters each."""
    texts = ids.to_pylist()
    spread: Characters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
    return spread.reshape(len(texts), -1)
