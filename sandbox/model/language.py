"""A language that pages are written in: its name, its direction, and its sentences, compiled."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "en"
"""The language of the source: of every sentence that a catalogue translates, and of content by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language.

    Attributes:
        tag: As HTML and folders name it: `fr`, `pt-BR`.
        name: As its readers name it.
        direction: `ltr` or `rtl`.
        formats: The locale whose numbers and dates Babel writes.
        reviewed_by: Who has read the translation and stands for it; empty when nobody has.
        messages: The catalogue as a `.mo` file; empty for the source.
        own: What the scenario that is played says of itself, in the same form; empty when untranslated.
    """

    tag: str
    name: str
    direction: str = "ltr"
    formats: str
    reviewed_by: str = ""
    messages: bytes = b""
    own: bytes = b""

    @property
    def is_source(self) -> bool:
        """Whether nothing is translated."""
        return self.tag == SOURCE

    @property
    def needs_review(self) -> bool:
        """Whether a page in it must say that nobody has read the translation."""
        return not self.is_source and not self.reviewed_by


ENGLISH = Language(tag=SOURCE, name="English", formats="en-GB")
