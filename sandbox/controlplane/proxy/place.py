"""Where a block lies below the proxy, and how an address of the sandbox becomes one of the proxy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sandbox.model.wiring import CONTROLS_SERVICE, application_of

_PATH = re.compile(r"/s/(?P<name>[a-z][a-z0-9-]{0,21})(?P<inner>/(?P<door>public|r1)/.*)")
_APPLICATION = re.compile(rf"/r1/{application_of('([a-z][a-z0-9-]{0,60})')}(?:/.*)?")
_BLOCK = re.compile(r"/public/([a-z][a-z0-9-]{0,60})(?:/|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """What a path of the proxy leads to. `inner` is the path inside the sandbox, as it was sent."""

    sandbox: str
    inner: str
    block: str
    """Whose page it is; empty for the API, which has no cookies."""

    @property
    def root(self) -> str:
        """What all paths of this sandbox begin with."""
        return f"/s/{self.sandbox}"

    @property
    def home(self) -> str:
        """What all pages of this block begin with."""
        return f"{self.root}/public/{self.block}"

    @property
    def is_of_a_block(self) -> bool:
        """Whether a block answers there for certain, and not the sandbox's own controls."""
        found = _APPLICATION.fullmatch(self.inner)
        return bool(self.block) or (found is not None and application_of(found[1]) != CONTROLS_SERVICE)


def find_place(raw_path: str) -> Place | None:
    """Read a path as it was sent; None when it leads to no block, or tries to leave one."""
    found = _PATH.fullmatch(raw_path)
    if found is None or leaves(found["inner"]):
        return None
    block = _BLOCK.match(found["inner"])
    if found["door"] == "public" and block is None:
        return None
    return Place(found["name"], found["inner"], block[1] if block else "")


def leaves(path: str) -> bool:
    """Whether a path means another one than it says: dots, backslashes or hidden slashes in it."""
    plain = unquote(unquote(path))
    return (
        "\\" in plain
        or any(part in (".", "..") for part in plain.split("/"))
        or any(ord(sign) < 32 for sign in plain)
    )


def moved(location: str, inside: str, place: Place, proxied: str) -> str:
    """Give an address of an answer as the browser must see it.

    Args:
        location: As the block wrote it.
        inside: The sandbox's own address, scheme to port.
        place: Whose answer it is.
        proxied: The proxy's own address, scheme to port.
    """
    if location == inside or location.startswith((inside + "/", inside + "?")):
        return proxied + place.root + location.removeprefix(inside)
    parts = urlsplit(location)
    if not parts.scheme and not parts.netloc and location.startswith("/"):
        return place.root + location
    return location
