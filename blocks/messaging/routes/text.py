"""Text as the database can keep it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """Replace what PostgreSQL has no place for: NUL, and halves of surrogate pairs."""
    return "".join(REPLACEMENT if _is_unstorable(character) else character for character in text)


def without_nul(text: str) -> str:
    """Refuse the same in what names something: replaced, it would name something else."""
    if any(map(_is_unstorable, text)):
        raise ValueError("text without NUL and without unpaired surrogates")
    return text


def _is_unstorable(character: str) -> bool:
    return character == "\x00" or "\ud800" <= character <= "\udfff"


Storable = Annotated[str, AfterValidator(storable)]
Name = Annotated[str, AfterValidator(without_nul)]
