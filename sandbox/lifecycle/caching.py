"""What is kept below the home to start sandboxes faster, and its limit: populations, loaded databases.

What was used longest ago goes first. What a sandbox uses, or a command may be about to use,
stays. Everything here can be made again from pack, size and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sandbox.errors import RuntimeUnavailable
from sandbox.population.files.shelf import list_shelf, take_out
from sandbox.runtime import Keeper, Runtime

JUST_USED = timedelta(minutes=15)
"""A command that has its citizens may still be laying out their sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is kept. `kind` is population, loaded database, or left-over."""

    kind: str
    name: str
    stored_bytes: int
    used: datetime
    in_use: bool
    remove: Callable[[], bool]


def list_cache(home: Path, keepers: Sequence[Keeper], in_use: Collection[str]) -> Sequence[Item]:
    """List what is kept, what was used longest ago first; `in_use` are digests of populations.

    A runtime that doesn't answer keeps nothing that could be listed.
    """
    cache = home / "populations"
    items = [
        Item(
            kind="population" if each.digest else "left-over",
            name=each.folder.name,
            stored_bytes=each.stored_bytes,
            used=each.used,
            in_use=each.digest in in_use,
            remove=partial(take_out, cache, each.folder),
        )
        for each in list_shelf(cache)
    ]
    for keeper in keepers:
        with suppress(RuntimeUnavailable):
            items += [
                Item(
                    kind="loaded database",
                    name=f"{kept.block} {kept.key[:12]}",
                    stored_bytes=kept.stored_bytes,
                    used=kept.used,
                    in_use=kept.population in in_use,
                    remove=partial(_forget, keeper, kept.key),
                )
                for kept in keeper.kept()
            ]
    return sorted(items, key=lambda item: item.used)


def populations_in_use(runtimes: Sequence[Runtime]) -> Collection[str]:
    """Collect the digests of the populations of all sandboxes there are."""
    return {
        each.spec.population_digest
        for runtime in runtimes
        for each in runtime.list_sandboxes()
        if each.spec is not None
    }


def trim(items: Sequence[Item], limit: int, now: datetime) -> Sequence[Item]:
    """Remove what was used longest ago until the rest fits below `limit` bytes; gives what went."""
    over = sum(item.stored_bytes for item in items) - limit
    gone = []
    for item in sorted(items, key=lambda item: item.used):
        if over <= 0:
            break
        if not item.in_use and now - item.used > JUST_USED and item.remove():
            over -= item.stored_bytes
            gone.append(item)
    return gone


def _forget(keeper: Keeper, key: str) -> bool:
    keeper.forget([key])
    return True
