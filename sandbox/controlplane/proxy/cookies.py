"""Cookies of blocks, each under a name and a path that belong to one block of one sandbox.

Browsers keep no ports apart: console, proxy and every sandbox share one shelf of cookies. So a block's
cookie goes by another name outside, and only those that bear its own name go in.
"""

from __future__ import annotations

import re

from sandbox.controlplane.proxy.place import Place

PAGES = "sandbox_pages"
"""The proxy's own cookie: who may open the pages of one sandbox."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e\" ,]{0,4000}")
_AGE = re.compile(r"-?[0-9]{1,10}")
_DATE = re.compile(r"[A-Za-z0-9 ,:-]{1,40}")


def prefix_of(place: Place) -> str:
    """What the outer names of a block's cookies begin with."""
    return f"block.{place.sandbox}.{place.block}."


def inward(sent: list[str], place: Place) -> str:
    """Give what of a browser's cookies is the block's own, under the block's names."""
    prefix = prefix_of(place)
    pairs = (pair.strip() for header in sent for pair in header.split(";"))
    return "; ".join(pair.removeprefix(prefix) for pair in pairs if pair.startswith(prefix))


def outward(told: str, place: Place, *, secure: bool) -> str | None:
    """Give a block's `Set-Cookie` as the browser gets it; None when it can't be carried.

    No script reads it, no other block is sent it, and `Domain` is left out, with which it would
    reach other servers of this name.
    """
    first, *attributes = told.split(";")
    name, equals, value = first.strip().partition("=")
    name, value = name.strip(), value.strip()
    if not place.block or not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        return None
    kept, path, same_site = [f"{prefix_of(place)}{name}={value}"], place.home, "Lax"
    for attribute in attributes:
        key, _, said = (part.strip() for part in attribute.partition("="))
        if key.lower() == "path":
            path = _path(said, place)
        elif (key.lower() == "max-age" and _AGE.fullmatch(said)) or (
            key.lower() == "expires" and _DATE.fullmatch(said)
        ):
            kept.append(f"{key}={said}")
        elif key.lower() == "samesite" and said.lower() == "strict":
            same_site = "Strict"
    kept += [f"Path={path}", "HttpOnly", f"SameSite={same_site}"]
    return "; ".join([*kept, "Secure"] if secure else kept)


def _path(said: str, place: Place) -> str:
    """A path among the block's own stays; any other becomes the whole block."""
    outer = place.root + said
    own = outer == place.home or outer.startswith(place.home + "/")
    return outer if own and re.fullmatch(r"[A-Za-z0-9/._~-]+", outer) and "/.." not in outer else place.home
