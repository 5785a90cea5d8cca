"""The hidden seed: drawn at the start, committed to by its hash, shown afterwards.

Whoever measures can't choose a seed that a product was prepared for, because the hash is out before
the first request; whoever is measured can't know it. The salt keeps a small seed from being found by
trying. Check it: `printf 'civic-sandbox conformance\\n%s\\n%s' SEED SALT | sha256sum`.
"""

from __future__ import annotations

import hashlib
import random
import re
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.conformance.values import SeedProof
from sandbox.errors import ContentError
from sandbox.model.scenario import Place

_PIECE = re.compile(r"\[((?:\\.|[^\]\\])+)\](?:\{(\d{1,3})\})?|\\?([^\[\]{}()*+?|^$])")


def draw_seed(given: int | None, *, entropy: Callable[[int], int] = secrets.randbits) -> SeedProof:
    """Draw a seed and commit to it; a given one is committed to as well, but was no secret."""
    seed = entropy(63) if given is None else given
    salt = f"{entropy(128):032x}"
    return SeedProof(commitment=commit(seed, salt), seed=seed, salt=salt, given=given is not None)


def commit(seed: int, salt: str) -> str:
    """Hash a seed with its salt."""
    return hashlib.sha256(f"civic-sandbox conformance\n{seed}\n{salt}".encode()).hexdigest()


def derive(seed: int, purpose: str) -> random.Random:
    """Give a generator for one purpose; another purpose's draws tell nothing of it."""
    return random.Random(int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()))  # noqa: S311


def draw_inputs(schema: Mapping[str, Any], rng: random.Random, place: Place) -> dict[str, Any]:
    """Draw a value for every input whose schema says of what; the others keep their defaults.

    A text by `pattern` (`ZZ[0-9]{10}`: characters and classes with a count), a number by `minimum` and
    `maximum`, any of an `enum`. Raises ContentError for a pattern beyond that.
    """
    drawn: dict[str, Any] = {}
    for name, rule in schema.get("properties", {}).items():
        if "enum" in rule:
            drawn[name] = rng.choice(rule["enum"])
        elif isinstance(rule.get("pattern"), str):
            drawn[name] = _draw_text(rule["pattern"], rng, name, place)
        elif rule.get("type") == "integer" and {"minimum", "maximum"} <= rule.keys():
            drawn[name] = rng.randint(rule["minimum"], rule["maximum"])
    return drawn


def _draw_text(pattern: str, rng: random.Random, name: str, place: Place) -> str:
    text = pattern.removeprefix("^").removesuffix("$")
    pieces = []
    position = 0
    while position < len(text):
        found = _PIECE.match(text, position)
        if found is None:
            raise ContentError(
                f"no value can be drawn for the input {name!r} from the pattern {pattern!r}",
                path=place.path,
                line=place.line,
                hint="write characters and classes with a count, such as ZZ[0-9]{10}",
            )
        position = found.end()
        if found[3] is not None:
            pieces.append(found[3])
            continue
        members = [sign for sign in string.printable[:95] if re.fullmatch(f"[{found[1]}]", sign)]
        pieces.append("".join(rng.choices(members, k=int(found[2] or 1))))
    return "".join(pieces)
