"""Languages of pages: a folder `datasets/languages/<tag>` each, found by scanning, compiled when read.

A catalogue is data from strangers: its sentences go onto pages as they are. Refused, with file and line:
markup, places that the English sentence has not, characters that reorder text, other plural rules than the
language has, and sizes that no catalogue has. What nobody translated is shown in English.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po

from sandbox.catalog.documents import read_bytes, read_yaml, shown_path
from sandbox.catalog.pseudo import PSEUDO, disguise
from sandbox.catalog.validate import nearest, read_as
from sandbox.errors import ContentError, NotFound
from sandbox.model.block import Frozen
from sandbox.model.language import ENGLISH, SOURCE, Language

FOLDER = Path("datasets", "languages")
SENTENCES = FOLDER / "messages.pot"
"""Every sentence of the source, written by `make languages`."""
PROFILE, CATALOGUE = "language.yaml", "messages.po"
TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
OWN = "languages"
"""Folder of a scenario that holds what it says of itself in other languages."""
LONGEST = 4_000
"""Characters of one translation."""

_PLACE = re.compile(r"%\((\w+)\)s")
_OWN_PLACE = re.compile(r"\{[A-Za-z0-9_.-]+\}")
_FORMAT = re.compile(r"%(?!%|\(\w+\)s)")
_MARKUP = re.compile(r"[<>&]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_PLURALS = re.compile(r"nplurals\s*=\s*(\d+)")


class Profile(Frozen):
    """`language.yaml`."""

    name: str
    direction: Literal["ltr", "rtl"]
    formats: str
    reviewed_by: str = ""


def read_own(folder: Path, root: Path, language: Language) -> Language:
    """Add what a scenario's folder has in a language, `languages/<tag>.po`. Raises ContentError."""
    path = folder / OWN / f"{language.tag}.po"
    if language.is_source or not path.is_file():
        return language
    catalogue = _read_po(path, root, Locale.parse(language.tag, sep="-"))
    for error in find_own_faults(catalogue, shown_path(path, root)):
        raise error
    return replace(language, own=compile_catalogue(catalogue))


def find_own_faults(catalogue: Catalog, shown: str) -> Iterator[ContentError]:
    """Name everything for which a scenario's catalogue is refused."""
    for message in catalogue:
        text, said = str(message.id), message.string
        if not text or not isinstance(said, str) or not said or message.fuzzy:
            continue
        fault = ""
        if sorted(_OWN_PLACE.findall(text)) != sorted(_OWN_PLACE.findall(said)):
            fault = "the translation has other places in braces than the English sentence"
        elif control := _CONTROL.search(said):
            fault = f"the translation holds the character U+{ord(control[0]):04X}"
        elif len(said) > LONGEST:
            fault = f"the translation has {len(said):,} characters, wanted at most {LONGEST:,}"
        if fault:
            yield ContentError(
                fault, path=shown, line=message.lineno, hint="the English sentence is the model"
            )


def list_languages(root: Path) -> tuple[str, ...]:
    """Name every language that pages can be written in: the source, one a folder, the pseudo-locale."""
    found = sorted(path.parent.name for path in (root / FOLDER).glob(f"*/{PROFILE}"))
    return (SOURCE, *found, PSEUDO)


def read_language(root: Path, tag: str) -> Language:
    """Read one language. Raises NotFound, or ContentError with file and line."""
    known = list_languages(root)
    if tag not in known:
        raise NotFound(f"there is no language {tag!r}", hint=nearest(tag, known))
    if tag == SOURCE:
        return ENGLISH
    if tag == PSEUDO:
        source = read_sentences(root)
        return Language(
            tag=PSEUDO,
            name="⟦Pseudo⟧",
            direction="rtl",
            formats="ar",
            messages=compile_catalogue(disguise(source)),
        )
    profile, locale = _read_profile(root, tag)
    catalogue = read_catalogue(root, tag, locale)
    for error in find_faults(catalogue, shown_path(root / FOLDER / tag / CATALOGUE, root)):
        raise error
    return Language(tag=tag, messages=compile_catalogue(catalogue), **profile.model_dump())


def check_languages(root: Path, only: Sequence[str] = ()) -> list[ContentError]:
    """Check every language, or those named: all that is wrong with each."""
    errors: list[ContentError] = []
    for tag in list_languages(root)[1:-1]:
        if only and tag not in only:
            continue
        try:
            _, locale = _read_profile(root, tag)
            catalogue = read_catalogue(root, tag, locale)
        except ContentError as error:
            errors.append(error)
        else:
            errors += find_faults(catalogue, shown_path(root / FOLDER / tag / CATALOGUE, root))
        for path in sorted((root / "scenarios").glob(f"*/{OWN}/{tag}.po")):
            try:
                errors += find_own_faults(
                    _read_po(path, root, Locale.parse(tag, sep="-")), shown_path(path, root)
                )
            except ContentError as error:
                errors.append(error)
    return errors


def read_sentences(root: Path) -> Catalog:
    """Read the sentences of the source."""
    return _read_po(root / SENTENCES, root, Locale(SOURCE))


def read_catalogue(root: Path, tag: str, locale: Locale) -> Catalog:
    """Read what is translated, unchecked."""
    return _read_po(root / FOLDER / tag / CATALOGUE, root, locale)


def find_faults(catalogue: Catalog, shown: str) -> Iterator[ContentError]:
    """Name everything for which a catalogue is refused."""
    for message in catalogue:
        if message.id and not message.fuzzy:  # what is doubtful is not shown
            for said in dict.fromkeys(_judge(message)):
                yield ContentError(
                    said, path=shown, line=message.lineno, hint="the English sentence is the model"
                )


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Compile a catalogue; doubtful translations (`fuzzy`) are left out."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def is_translated(message: Message) -> bool:
    """Whether every form of a message is translated, and none is doubtful."""
    return all(_forms(message.string)) and not message.fuzzy


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _judge(message: Message) -> Iterator[str]:
    """Say what is wrong with one message; a message without a translation is right."""
    wanted = {place for form in _forms(message.id) for place in _PLACE.findall(form)}
    # Some languages have a form for one or for two that says the number without writing it.
    needed = wanted - {"num"} if message.pluralizable else wanted
    for form in filter(None, _forms(message.string)):
        found = set(_PLACE.findall(form))
        for place in sorted(found - wanted):
            yield f"the translation has a place %({place})s, which the English sentence has not"
        for place in sorted(needed - found):
            yield f"the translation leaves out the place %({place})s"
        if _FORMAT.search(form.replace("%%", "")):
            yield "the translation has a % that begins no place; a per cent sign is written %%"
        if _MARKUP.search(form):
            yield "the translation holds markup: <, > or &"
        if found_control := _CONTROL.search(form):
            yield f"the translation holds the character U+{ord(found_control[0]):04X}"
        if len(form) > LONGEST:
            yield f"the translation has {len(form):,} characters, wanted at most {LONGEST:,}"


def _read_profile(root: Path, tag: str) -> tuple[Profile, Locale]:
    yaml = read_yaml(root / FOLDER / tag / PROFILE, root)
    profile = read_as(Profile, yaml)
    if not TAG.fullmatch(tag):
        raise ContentError(
            f"{tag!r} can't be a language's tag", path=yaml.path, hint="as in fr, pt-BR or uz-Cyrl"
        )
    try:
        Locale.parse(profile.formats, sep="-")
        return profile, Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise yaml.error(
            f"Babel knows no locale {profile.formats!r} or none {tag!r}",
            ("formats",),
            hint="formats: the locale that numbers and dates are written by, as in fr, pt-BR or ar-EG",
        ) from None


def _read_po(path: Path, root: Path, locale: Locale) -> Catalog:
    shown = shown_path(path, root)
    content = read_bytes(path, shown)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContentError("the file is not UTF-8", path=shown, line=line) from None
    rule = get_plural(locale)
    for found in _PLURALS.finditer(re.sub(r'"\s*\n\s*"', "", text)):
        # Asked before anything is read by it: so many forms are laid out for every message.
        if found[1] != str(rule.num_plurals):
            raise ContentError(
                f"the catalogue has {found[1][:20]} plural forms, wanted {rule.num_plurals}",
                path=shown,
                hint=f"its header says: Plural-Forms: {rule.plural_forms}",
            )
    try:
        catalogue = read_po(text.splitlines(), locale=str(locale), ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        said = str(error).rpartition(" on ")[0]
        raise ContentError(
            f"not readable as a catalogue: {said}", path=shown, line=error.lineno + 1
        ) from None
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise ContentError(f"not readable as a catalogue: {error}", path=shown) from None
    if catalogue.plural_expr != rule.plural_expr:
        raise ContentError(
            f"the plural rule is {catalogue.plural_expr[:80]!r}, wanted {rule.plural_expr!r}",
            path=shown,
            hint=f"its header says: Plural-Forms: {rule.plural_forms}",
        )
    return catalogue
