"""Filling a sandbox's databases: cloned where they are kept, loaded and then kept where they are not.

Many commands may want the same databases at the same moment: one loads and keeps, the others
wait for it and clone. Who waits for one that is killed takes its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.errors import RuntimeFailure, StartFailed
from sandbox.lifecycle.instances import Layout, database_wish, seeding_spec
from sandbox.lifecycle.locks import take_turn
from sandbox.runtime import Keeper, Loaded, Runtime
from sandbox.seeding.databases import DatabaseNames
from sandbox.seeding.keys import key_of_database, key_of_population


def load_databases(
    runtime: Runtime,
    keeper: Keeper | None,
    home: Path,
    layout: Layout,
    population: Path,
    report: Callable[[str], None],
) -> None:
    """Fill every database of the sandbox. Raises StartFailed with the newest words of what failed."""
    if keeper is None:
        report("loading citizens into the blocks")
        _load(runtime, layout)
        return
    name = layout.spec.name
    missing = keepable(layout, population)
    report("cloning loaded databases")
    while missing := _without(missing, keeper.restore(name, missing)):
        with take_turn(home / "cache" / "loading", _name_of(missing)) as ours:
            if not ours:
                continue  # somebody loaded them meanwhile, or was killed trying
            # Somebody may have finished between our look and our turn.
            missing = _without(missing, keeper.restore(name, missing))
            if not missing:
                break
            report("loading citizens into the blocks")
            _load(runtime, layout)
            # Without room for a copy the sandbox is as good, and the next one loads again.
            with suppress(RuntimeFailure):
                keeper.keep(name, missing)
            return
    _load(runtime, layout)


def keepable(layout: Layout, population: Path) -> Sequence[Loaded]:
    """Say which databases are worth keeping: those that a population fills, and a reset brings back."""
    key = key_of_population(population)
    found = []
    for slug in layout.reference:
        wish = database_wish(layout, slug)
        if wish.loader is not None and not wish.keeps_through_reset:
            found.append(
                Loaded(
                    key=key_of_database(key, wish.loader),
                    database=DatabaseNames(live=wish.database).template,
                    role=wish.role,
                    block=slug,
                    population=layout.spec.population_digest,
                )
            )
    return found


def _load(runtime: Runtime, layout: Layout) -> None:
    done = runtime.run_once(seeding_spec(layout))
    if done.exit_code != 0:
        raise StartFailed("the blocks' databases could not be loaded", log_tail=done.log_tail)


def _without(wanted: Sequence[Loaded], there: Sequence[Loaded]) -> Sequence[Loaded]:
    known = {each.database for each in there}
    return [each for each in wanted if each.database not in known]


def _name_of(missing: Sequence[Loaded]) -> str:
    return hashlib.sha256("\n".join(each.key for each in missing).encode()).hexdigest()[:32]
