"""Begins a language of pages: a folder with every sentence of the source, none of them translated yet.

The folder appears whole or not at all. Refuses to overwrite a language, and one that Babel does not know.
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from sandbox.catalog.languages import CATALOGUE, FOLDER, PROFILE, TAG, list_languages, read_sentences
from sandbox.errors import StateConflict, UsageError
from sandbox.scaffold.folder import grow_folder

_PROFILE = """\
# {english}. What nobody has translated is shown in English; `reviewed_by` is empty until somebody who
# speaks it at work has read the whole, and pages say so.
name: '{name}'
direction: {direction}
formats: {tag}
reviewed_by: ''
"""


def scaffold_language(content: Path, tag: str, *, out: Path | None = None) -> Path:
    """Write the folder `<tag>` among the content's languages, or below `out`, and give its path.

    Raises UsageError for a tag that can't be used, StateConflict when the language is there,
    RuntimeFailure when the folder can't be written.
    """
    locale = _find_locale(tag)
    folder = (content / FOLDER if out is None else out) / tag
    if out is None and tag in list_languages(content):
        raise StateConflict(
            f"the language {tag!r} is there already", hint=f"translate what is missing in {folder}"
        )
    with grow_folder(folder, hint="translate what is missing in it, or choose another tag") as growing:
        name = locale.get_display_name(tag.replace("-", "_")) or tag
        profile = _PROFILE.format(
            english=locale.get_display_name("en") or tag,
            name=name.replace("'", "''"),
            direction=locale.text_direction,
            tag=tag,
        )
        (growing / PROFILE).write_text(profile, encoding="utf-8")
        empty = Catalog(locale=locale, project="civic-sandbox", version=" ", fuzzy=False, header_comment="")
        for message in read_sentences(content):
            if message.id:
                empty.add(message.id, locations=message.locations, flags=message.flags - {"fuzzy"})
        with (growing / CATALOGUE).open("wb") as file:
            write_po(file, empty, width=0, include_lineno=False)
    return folder


def _find_locale(tag: str) -> Locale:
    hint = "a tag as in fr, pt-BR or uz-Cyrl"
    if not TAG.fullmatch(tag):
        raise UsageError(f"{tag!r} can't be a language's tag", hint=hint)
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise UsageError(
            f"Babel knows no language {tag!r}, so nobody could write its numbers", hint=hint
        ) from None
