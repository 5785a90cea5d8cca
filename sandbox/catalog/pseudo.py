"""The pseudo-locale: English in disguise, made from the source by itself, written from right to left.

Each sentence of the catalogue stands in brackets, with accents, longer than it was, and with Arabic letters
around it, so that a page in it shows what is outside the catalogue, cut off, or not mirrored.
"""

from __future__ import annotations

import re

from babel.messages.catalog import Catalog

PSEUDO = "ar-XB"
"""As Android and ICU name it: Arabic of a country that is none."""
OPENS, CLOSES = "⟦", "⟧"

_ACCENTS = str.maketrans("aceinosuyACEINOSUYdglrtDGLRT", "áçéîñöşüýÁÇÉÎÑÖŞÜÝďğļřťĎĞĻŘŤ")
_KEPT = re.compile(r"(%\(\w+\)s|%%)")
_FILLING = "أبجد هوز حطي كلمن سعفص قرشت ثخذ ضظغ "
_EXPANSION = 0.35


def disguise(sentences: Catalog) -> Catalog:
    """Make the catalogue of the pseudo-locale out of the sentences of the source."""
    disguised = Catalog(locale="en", fuzzy=False)
    for message in sentences:
        if message.id:
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = tuple(disguise_text(str(form)) for form in forms)
            disguised.add(message.id, strings if isinstance(message.id, tuple) else strings[0])
    return disguised


def disguise_text(text: str) -> str:
    """Disguise one sentence; its places stay as they are."""
    parts = [part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in _KEPT.split(text)]
    more = round(len(_KEPT.sub("", text)) * _EXPANSION)
    filling = (_FILLING * (more // len(_FILLING) + 1))[: max(2, more)].strip()
    return f"{OPENS}ا {''.join(parts)} {filling}{CLOSES}"
