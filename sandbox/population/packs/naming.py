"""The shape of `names` in a pack's `profile.yaml`: by which rule people are named, and from which lists."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sandbox.model.block import Frozen

Script = Literal["Latn", "Cyrl", "Deva", "Arab"]
"""ISO 15924 codes."""


class NameSource(Frozen):
    """One list of names: a file of the pack, or a Faker locale that has such a list itself.

    A file is a `.txt` with one name a line, or a `.csv` with columns native and latin.
    """

    file: str | None = None
    faker: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> NameSource:
        if (self.file is None) == (self.faker is None):
            raise ValueError("name either 'file' (a list in the pack) or 'faker' (a locale), not both")
        return self


class Latin(Frozen):
    """How names and places of another script are written in Latin letters, as a file of the pack.

    `letters`: a table native,initial,elsewhere, applied letter by letter, longest first.
    `words`: a table native,latin, looked up whole, then word by word.
    """

    letters: str | None = None
    words: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Latin:
        if (self.letters is None) == (self.words is None):
            raise ValueError("name either 'letters' or 'words', not both")
        return self


class Names(Frozen):
    """Where names come from and how second names pass on.

    `inherited`: from the father, else the mother, and a spouse takes the head's unless
    `spouse_takes_name` is false. `individual`: everybody has their own. `patronymic`: inherited,
    and between the names one made of the father's by `patronymics`. `father-grandfather`: after
    one's own come the father's and his father's names. `family_endings` gives a family name's
    female form.

    Lists are in order of frequency; the name of rank r (from 0) is drawn with weight
    1 / (r + rank_shift), unless the Faker locale weights its names itself.
    """

    rule: Literal["inherited", "individual", "patronymic", "father-grandfather"]
    rank_shift: int = Field(ge=1)
    script: Script = "Latn"
    latin: Latin | None = None
    spouse_takes_name: bool = True
    given_female: NameSource
    given_male: NameSource
    family: NameSource | None = None
    family_endings: str | None = None
    patronymics: str | None = None

    @model_validator(mode="after")
    def _as_the_rule_wants(self) -> Names:
        if (self.family is None) != (self.rule == "father-grandfather"):
            raise ValueError("'family' is for every rule but 'father-grandfather', which has no such list")
        if (self.patronymics is None) == (self.rule == "patronymic"):
            raise ValueError("'patronymics' is for the rule 'patronymic', and only for it")
        if self.latin is not None and self.script == "Latn":
            raise ValueError("'latin' is for names of another script")
        return self
