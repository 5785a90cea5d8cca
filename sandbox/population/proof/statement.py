"""How far it is proven that a population is nobody: one sentence, never stronger than the weakest field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.population import FieldClass
from sandbox.population.packs.profile import ClassedField, Strength
from sandbox.population.proof.classes import REPEATED, find_weakest

_CLAIMS: Mapping[Strength, str] = {
    "reserved": "Every identifying field lies in a range that a standard reserves for nobody.",
    "impossible": "No identifying field can have a value that belongs to a real person.",
    "unallocated": (
        "No identifying field had a value that was given to anybody when it was checked ({days})."
    ),
    "plausible": (
        "The citizens are made up, but chance coincidences with real people can't be ruled out: "
        "{columns} {are} no more than plausible, and so is what repeats them."
    ),
}


def classify(fields: Sequence[ClassedField]) -> tuple[FieldClass, ...]:
    """Give the pack's classes in the form that a manifest carries."""
    classes = []
    for field in fields:
        table, column = field.column.split(".")
        classes.append(
            FieldClass(
                table=table,
                column=column,
                strength=field.strength,
                evidence=field.evidence,
                checked_on=field.checked_on.isoformat(),
            )
        )
    return tuple(classes)


def state_strength(fields: Sequence[ClassedField]) -> str:
    """Say how far a population is proven fictitious; of its weakest columns, name what repeats no other."""
    weakest = find_weakest(fields)
    found = [field for field in fields if field.strength == weakest and field.column not in REPEATED]
    return _CLAIMS[weakest].format(
        columns=", ".join(field.column for field in found),
        are="is" if len(found) == 1 else "are",
        days=", ".join(sorted({field.checked_on.isoformat() for field in found})),
    )
