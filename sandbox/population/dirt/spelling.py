"""A name as a clerk might have written it: one small change that follows from one random word.

Refuses to give the same name back: something always changes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

from sandbox.population.dirt.recipe import Script

SHORTEST = 2
"""Characters that a name needs to be misspelt."""

_PLAIN = Script(vowels="aeiou")


def script_of(name: str) -> str:
    """Name the script of the first letter, as Unicode does, in small letters."""
    letter = next((each for each in name if each.isalpha()), "a")
    return unicodedata.name(letter, "LATIN").split()[0].lower()


def respell(name: str, word: int, scripts: Mapping[str, Script]) -> str:
    """Misspell a name of at least SHORTEST characters; the same word always does it alike."""
    script = scripts.get(script_of(name), _PLAIN)
    ways: tuple[Callable[[str, int, Script], str], ...] = (_alternate, _drop_vowel, _transpose, _double)
    which, word = word % len(ways), word // len(ways)
    for way in (*ways[which:], *ways[:which]):
        written = way(name, word, script)
        if written != name:
            return written
    return name + name[-1]


def _alternate(name: str, word: int, script: Script) -> str:
    """Write a sound in another of its spellings, at its first place."""
    small = name.lower()
    known = [*script.alternates, *((there, here) for here, there in script.alternates)]
    able = [(here, there) for here, there in known if here in small]
    if not able:
        return name
    here, there = able[word % len(able)]
    at = small.index(here)
    if len(small) != len(name):  # a letter whose small form is longer: places don't fit
        return name
    return _keep_case(name, name[:at] + there + name[at + len(here) :])


def _drop_vowel(name: str, word: int, script: Script) -> str:
    """Leave out a vowel that is not the first letter of a name of more than three."""
    able = [at for at in range(1, len(name)) if name[at].lower() in script.vowels]
    if len(name) <= 3 or not able:
        return name
    at = able[word % len(able)]
    return name[:at] + name[at + 1 :]


def _transpose(name: str, word: int, script: Script) -> str:
    """Exchange two neighbouring letters behind the first."""
    del script
    able = [
        at
        for at in range(1, len(name) - 1)
        if name[at] != name[at + 1] and name[at].isalpha() and name[at + 1].isalpha()
    ]
    if not able:
        return name
    at = able[word % len(able)]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _double(name: str, word: int, script: Script) -> str:
    """Write a consonant twice, or the last letter when there is none behind the first."""
    able = [
        at
        for at in range(1, len(name))
        if name[at].isalpha() and name[at].lower() not in script.vowels and name[at] != name[at - 1]
    ]
    at = able[word % len(able)] if able else len(name) - 1
    return name[: at + 1] + name[at:]


def _keep_case(name: str, written: str) -> str:
    return written[:1].upper() + written[1:] if name[:1].isupper() else written
