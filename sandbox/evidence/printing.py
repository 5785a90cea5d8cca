"""What every page has in common: templates that speak one language, the style, and its hash.

Everything is escaped. A sentence of the catalogue is trusted, since catalogues are checked for markup when
they are read; what is filled into its places never is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sandbox.evidence.speech import Speech
from sandbox.evidence.wording import shorten, show_invisible
from sandbox.model.language import SOURCE

TEMPLATES = Path(__file__).parent / "templates"


def make_environment(speech: Speech, *folders: Path, styles: Sequence[Path] = ()) -> Environment:
    """Make the environment of a page whose own templates lie in `folders`; ours can be imported by them."""
    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # set by the extension
    style = "\n".join(
        path.read_text("utf-8") for path in (TEMPLATES / "tokens.css", TEMPLATES / "page.css", *styles)
    )

    def translate(message: str, /, **values: Any) -> Markup:
        return _fill(speech.look_up(message), values)

    def translate_counted(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
        return _fill(speech.look_up_counted(singular, plural, number), {"num": number, **values})

    def _fill(message: str, values: dict[str, Any]) -> Markup:
        filled = {name: _present(value) for name, value in values.items()}
        return Markup(message) % filled  # noqa: S704  out of a catalogue that was checked

    def _present(value: Any) -> Any:
        return speech.number(value) if isinstance(value, int) else _finalize(value)

    def own(text: str) -> Markup:
        return in_english(text, speech)

    def listing(parts: Iterable[str]) -> Markup:
        said = speech.enumerate(str(escape(_finalize(part))) for part in parts)
        return Markup(said)  # noqa: S704  escaped one by one

    environment.globals.update(
        {
            "_": translate,
            "gettext": translate,
            "ngettext": translate_counted,
            "own": own,
            "data": name_data,
            "code": in_code,
            "strong": lambda text: Markup("<b>{}</b>").format(name_data(text)),
            "listing": listing,
            "language": speech.language,
            "style": Markup(style),  # noqa: S704  our own files, no value in them
            "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        }
    )
    environment.filters.update(
        {
            "comparison": speech.comparison,
            "day": speech.day,
            "duration": speech.duration,
            "measure": speech.measure,
            "moment": speech.moment,
            "number": speech.number,
            "outcome": speech.outcome,
            "reason": speech.refusal,
            "shorten": shorten,
        }
    )
    return environment


def in_english(text: str, speech: Speech) -> Markup:
    """What content says: as the scenario's own catalogue has it, else in English, and marked so."""
    translated = speech.translate_own(text)
    if translated is not None:
        return Markup("<bdi>{}</bdi>").format(_finalize(translated))
    attribute = Markup("") if speech.language.is_source else Markup(' lang="{}"').format(SOURCE)
    return Markup("<bdi{}>{}</bdi>").format(attribute, _finalize(text))


def in_code(text: str) -> Markup:
    """A command, a file or a digest, as it is typed."""
    return Markup('<code translate="no" dir="ltr">{}</code>').format(_finalize(text))


def name_data(text: object) -> Markup:
    """A name or an id: set apart from the sentence around it, and nobody translates it."""
    return Markup('<bdi translate="no">{}</bdi>').format(_finalize(str(text)))


def _finalize(value: Any) -> Any:
    return show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
