"""Finds what a page in the pseudo-locale says outside the catalogue.

Every sentence of the catalogue stands in brackets there. Whatever else has a letter in it must be marked as
nobody's to translate: `translate="no"`, another `lang` than the page's, or a time.
"""

from __future__ import annotations

from html.parser import HTMLParser

from sandbox.catalog.pseudo import CLOSES, OPENS, PSEUDO

VOID = {"meta", "input", "br", "hr"}
JOINING = "و"
"""The one word that Babel itself puts between the parts of a list."""
SAID = ("alt", "title", "aria-label", "placeholder", "data-label")


class Outside(HTMLParser):
    """Reads one page; `found` is what it says outside."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.sentences = 0
        self._open: list[bool] = []
        self._within = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        exempt = (
            tag in {"style", "time"}
            or told.get("translate") == "no"
            or told.get("lang", PSEUDO) != PSEUDO
            or (bool(self._open) and self._open[-1])
        )
        if not exempt:
            for name in SAID:
                self._look(told.get(name) or "", 0)
        if tag not in VOID:
            self._open.append(exempt)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or not self._open[-1]:
            self._within = self._look(data, self._within)

    def _look(self, text: str, within: int) -> int:
        """Go through a text; a sentence may go on over elements, so what is open is carried along."""
        bare = ""
        for character in text:
            if character == OPENS:
                within += 1
                self.sentences += 1
            elif character == CLOSES:
                within -= 1
            elif within == 0:
                bare += character
        if any(character.isalpha() and character != JOINING for character in bare):
            self.found.append(bare.strip())
        return within


def find_outside(page: str) -> list[str]:
    """List what a page in the pseudo-locale says outside the catalogue."""
    reader = Outside()
    reader.feed(page)
    reader.close()
    assert reader.sentences, "the page is not in the pseudo-locale"
    return reader.found
