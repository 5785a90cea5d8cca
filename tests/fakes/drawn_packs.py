"""Every pack that is shipped, found by scanning, with the people of its first shard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandbox.population import Pack, compile_pack, load_pack
from sandbox.population.engine.archetypes import Role, Sex
from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.identifiers import write_ids, write_phones
from sandbox.population.engine.naming import NameColumns, draw_names
from sandbox.population.engine.people import People, Shard, Source, draw_people
from sandbox.population.engine.randomness import Integers
from sandbox.population.engine.text import Characters
from sandbox.population.packs.folder import FOLDER
from sandbox.population.packs.recipes import IdRecipe
from sandbox.settings import CONTENT_ROOT

CODES = sorted(path.name for path in (CONTENT_ROOT / FOLDER).iterdir() if path.is_dir())
SEED = 3


@dataclass(frozen=True)
class Drawn:
    """The people of one shard with what their pack gives them."""

    pack: Pack
    compiled: CompiledPack
    people: People
    source: Source

    @cached_property
    def names(self) -> NameColumns:
        return draw_names(self.compiled.names, self.people, self.source)

    @property
    def persons(self) -> Integers:
        return np.arange(self.source.persons, dtype=np.int64)

    def ids(self, recipe: IdRecipe, *, seed: int = SEED, reserved: int = 0) -> list[str]:
        written = write_ids(
            recipe,
            seed=seed,
            stream="individual-id",
            persons=self.persons,
            sex=self.people.sex,
            birth_date=self.people.birth_date,
            households=self.people.household,
            reserved=reserved,
        )
        return as_texts(written)

    @cached_property
    def individual_ids(self) -> list[str]:
        return self.ids(self.pack.profile.individual_id)

    @cached_property
    def account_numbers(self) -> list[str]:
        return self.ids(self.pack.profile.account_number)

    @cached_property
    def phones(self) -> list[str]:
        return as_texts(write_phones(self.pack.profile.phone, seed=SEED, persons=self.persons))

    @property
    def married(self) -> list[tuple[int, int]]:
        """Positions of heads and their spouses."""
        wives = [i for i, role in enumerate(self.people.role) if role == Role.SPOUSE]
        return [(int(self.people.kin.spouse[wife]), wife) for wife in wives]

    def is_male(self, position: int) -> bool:
        return bool(self.people.sex[position] == Sex.MALE)


def as_texts(written: Characters) -> list[str]:
    return [row.tobytes().decode("ascii") for row in written]


_DRAWN: dict[str, Drawn] = {}


def draw(code: str) -> Drawn:
    """Draw the first shard of a pack, once."""
    if code not in _DRAWN:
        pack = load_pack(CONTENT_ROOT, code)
        compiled = compile_pack(pack)
        people, source = draw_people(compiled, SEED, Shard(0, 0))
        _DRAWN[code] = Drawn(pack, compiled, people, source)
    return _DRAWN[code]
