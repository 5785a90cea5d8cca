"""Name lists: from the pack's own files, or from a Faker locale that really has them.

Faker falls back in silence: a locale without names answers with another country's. So a
locale counts only when its own provider class holds the list itself; an inherited one is
refused. This is the one home of Faker in the project.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sandbox.errors import ContentError
from sandbox.population.packs.profile import NameSource
from sandbox.population.packs.reading import read_list

Part = Literal["given_female", "given_male", "family"]

_ATTRIBUTES: Mapping[Part, tuple[str, ...]] = {
    "given_female": ("first_names_female",),
    "given_male": ("first_names_male",),
    "family": ("last_names",),
}


def read_names(source: NameSource, part: Part, *, folder: Path, root: Path) -> tuple[str, ...]:
    """Give the names in order of frequency."""
    if source.faker is not None:
        return take_from_faker(source.faker, part, path=str((folder / "profile.yaml").relative_to(root)))
    assert source.file is not None
    path = folder / source.file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ContentError(
            f"names.{part}: {source.file!r} leads out of the pack",
            path=str((folder / "profile.yaml").relative_to(root)),
        )
    return read_list(path, root)


def take_from_faker(locale: str, part: Part, *, path: str) -> tuple[str, ...]:
    """Take a list that the locale's own provider defines; `path` is where the locale was named.

    Weighted lists are put in order of weight; flat ones stay as they are.
    """
    hint = "use a locale that has its own list, or a file of the pack"
    try:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError as error:
        raise ContentError(
            f"names.{part}: Faker has no names for {locale!r}", path=path, hint=hint
        ) from error
    for attribute in _ATTRIBUTES[part]:
        own = vars(provider).get(attribute)
        if isinstance(own, Mapping):
            return tuple(sorted(own, key=lambda name: (-own[name], name)))
        if isinstance(own, (list, tuple)) and own:
            return tuple(dict.fromkeys(own))
    raise ContentError(
        f"names.{part}: Faker's {locale!r} has no list of its own and would answer with another country's",
        path=path,
        hint=hint,
    )
