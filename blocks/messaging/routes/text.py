"""Text as the database can keep it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def without_nul(text: str) -> str:
    """Refuse the one character that PostgreSQL has no place for, and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("text without NUL and without unpaired surrogates")
    return text


Storable = Annotated[str, AfterValidator(without_nul)]
