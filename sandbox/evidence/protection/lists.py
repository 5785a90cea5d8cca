"""The word lists that a run's fields and operations are held against: data, for lawyers to correct.

A word of a list is found at the beginning of a word of a field's name, `disab` in `disabled`; one that
ends with a blank is a whole word. Names that mean the thing and don't say it are not found.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from sandbox.model.block import Frozen

LISTS = Path(__file__).parent / "lists.json"


class Category(Frozen):
    """One kind of personal data that asks for more care than others."""

    name: str
    kind: Literal["special", "protected"]
    basis: str
    words: tuple[str, ...]


class DecisionWords(Frozen):
    """How decisions, what computers proposed, and who decided are called in contracts."""

    operations: tuple[str, ...]
    computed: tuple[str, ...]
    proposed: tuple[str, ...]
    decided: tuple[str, ...]
    person: tuple[str, ...]


class ConsentWords(Frozen):
    """How a record of consent is built, and how a refusal for want of it begins."""

    record: str
    agreement: str
    opted_in: str
    refused: str


class Lists(Frozen):
    """All of them."""

    categories: tuple[Category, ...]
    identifiers: tuple[str, ...]
    """Fields whose value is one person, the best first."""
    decisions: DecisionWords
    acts: dict[str, tuple[str, ...]]
    """Operations of the information mediator by which an application makes use of a right on events."""
    consent: ConsentWords

    def categories_of(self, field: str) -> tuple[Category, ...]:
        """Give the categories that a field's name, in words, belongs to."""
        return tuple(each for each in self.categories if begins(field, each.words))


@cache
def read_lists() -> Lists:
    """Read the lists that come with the product."""
    return Lists.model_validate_json(LISTS.read_bytes())


def begins(name: str, words: Iterable[str]) -> bool:
    """Whether a name, in words, has one of the listed words at the beginning of one of its own."""
    text = f" {name.lower()} "
    return any(f" {word}" in text for word in words)
