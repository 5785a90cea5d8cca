"""Scripts and their Latin twins: what a name is written in, and how it is written in Latin letters.

Rules are data of the pack: a table of letters, or one of words. Refuses to guess a twin that
the tables don't give.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.population.packs.naming import Latin, Script
from sandbox.population.packs.reading import find_inside, read_table

Romanise = Callable[[str], str]
"""Writes a text in Latin letters; raises LookupError for what the tables don't have."""

_UNICODE_NAMES: dict[Script, str] = {
    "Latn": "LATIN",
    "Cyrl": "CYRILLIC",
    "Deva": "DEVANAGARI",
    "Arab": "ARABIC",
}
_APOSTROPHES = "'’ʼ"


def is_written_in(script: Script, text: str) -> bool:
    """Say whether every letter belongs to the script; spaces, hyphens and apostrophes belong to all."""
    letters = [letter for letter in text if letter.isalpha() and letter not in _APOSTROPHES]
    return bool(letters) and all(
        unicodedata.name(letter, "").startswith(_UNICODE_NAMES[script]) for letter in letters
    )


def read_romanisation(latin: Latin | None, *, folder: Path, root: Path) -> Romanise:
    """Read the pack's tables; without any, a text is its own twin."""
    if latin is None:
        return str
    if latin.letters is not None:
        rows = read_table(find_inside(folder, latin.letters, root), root, ("native", "initial", "elsewhere"))
        return _by_letters({row.values[0]: (row.values[1], row.values[2]) for row in rows})
    assert latin.words is not None
    rows = read_table(find_inside(folder, latin.words, root), root, ("native", "latin"))
    for row in rows:
        if not is_written_in("Latn", row.values[1]):
            raise ContentError(
                f"{row.values[1]!r} is not written in Latin letters",
                path=str((folder / latin.words).relative_to(root)),
                line=row.line,
            )
    return _by_words({row.values[0]: row.values[1] for row in rows})


def _by_letters(table: dict[str, tuple[str, str]]) -> Romanise:
    """Apply the longest match at each place; `-` in the table stands for nothing."""
    longest = max(len(native) for native in table)

    def romanise(text: str) -> str:
        written, position, begins = "", 0, True
        while position < len(text):
            width = next(
                (n for n in range(longest, 0, -1) if text[position : position + n].lower() in table), 0
            )
            found = text[position : position + (width or 1)]
            if width:
                twin = table[found.lower()][0 if begins else 1].replace("-", "")
                written += twin.capitalize() if found[0].isupper() else twin
            elif found.isalpha() and not unicodedata.name(found, "").startswith("LATIN"):
                raise LookupError(found)
            else:
                written += found
            # An apostrophe is inside a word: what follows doesn't begin one.
            begins = not (found[-1].isalnum() or found[-1] in _APOSTROPHES)
            position += width or 1
        return written

    return romanise


def _by_words(table: dict[str, str]) -> Romanise:
    def romanise(text: str) -> str:
        if text in table:
            return table[text]
        return " ".join(
            word if word.isascii() else table.get(word) or _raise(word) for word in text.split(" ")
        )

    return romanise


def _raise(word: str) -> str:
    raise LookupError(word)
