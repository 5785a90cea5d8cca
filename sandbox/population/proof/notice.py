"""The paragraph for a data-protection officer: what is made up, what can't be excluded, what to do.

Follows from the classes and figures of a manifest. Refuses to call data anonymous or safe: that is
the officer's judgement, and these are the facts for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.population import Coincidences
from sandbox.population.packs.profile import STRENGTHS, ClassedField, Strength

_MEANS: dict[Strength, str] = {
    "reserved": "in a range that a standard keeps from everybody",
    "impossible": "of a form that no authority issues",
    "unallocated": "allocated to nobody on the day they were looked up",
    "plausible": "no more than plausible",
}


def write_notice(country: str, size: int, fields: Sequence[ClassedField], coincidences: Coincidences) -> str:
    """Write the notice of a population."""
    classed = []
    for strength in STRENGTHS:
        columns = [field.column for field in fields if field.strength == strength]
        if columns:
            classed.append(f"{_MEANS[strength]}: {', '.join(columns)}")
    return " ".join(
        (
            f"What is made up: all {size:,} persons of this population of {country}. Every value was "
            "computed from lists, published totals and a seed; no record of a real person was read, "
            f"copied or changed. Column by column: {'; '.join(classed)}.",
            _exclude(country, coincidences, fields),
            "What to do: use these data for tests, training and demonstrations, keep this manifest beside "
            "them, and never mix them with real records or take a decision about a person by them. If "
            "somebody recognises themselves, it is chance; choose another seed. Check again "
            "(`sandbox data audit`) before a new use, because numbers that are unallocated today may be "
            "given to somebody tomorrow.",
        )
    )


def _exclude(country: str, coincidences: Coincidences, fields: Sequence[ClassedField]) -> str:
    plausible = [field.column for field in fields if field.strength == "plausible"]
    numbers = [column for column in plausible if column.endswith(("_id", "_number", "phone"))]
    said = ["What can't be excluded:"]
    if not coincidences.residents:
        said.append(
            f"nobody lives in {country}, which does not exist; persons elsewhere may bear such names."
        )
    else:
        said.append(
            "that a citizen bears by chance the name and birth date of somebody who lives there. To be "
            f"expected among {coincidences.residents:,} residents, if they are named as the pack's lists "
            f"say: {say_number(coincidences.name_and_birth_date)} coincidences of given name, family name "
            "and birth date, of which "
            f"{say_number(coincidences.name_birth_date_and_district)} in the same district too. Such a "
            "coincidence tells nothing about the real person: all else in the record is drawn independently."
        )
    if numbers:
        said.append(
            f"For {', '.join(numbers)} no list of numbers in use is public: that one of them is somebody's "
            "is unlikely, but not proven impossible."
        )
    return " ".join(said)


def say_number(expected: float) -> str:
    """Say an expected number as people say it: whole when it is large, else three digits."""
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.3g}"
