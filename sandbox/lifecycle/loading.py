"""Filling a sandbox's databases: cloned where they are kept, loaded and then kept where they are not.

Many commands may want the same databases at the same moment: one loads and keeps, the others
wait for it and clone. Who waits for one that is killed takes its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.errors import RuntimeFailure, StartFailed
from sandbox.lifecycle.instances import MEDIATOR, Layout, database_name, reference_blocks, seeding_spec
from sandbox.lifecycle.locks import take_turn
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import Keeper, Loaded, Runtime, prefix_of
from sandbox.seeding.databases import DatabaseNames
from sandbox.seeding.keys import key_of_database, key_of_population


def load_databases(
    runtime: Runtime,
    keeper: Keeper | None,
    home: Path,
    layout: Layout,
    wanted: Sequence[Loaded],
    population: Path,
    report: Callable[[str], None],
) -> None:
    """Fill every database of the sandbox; `wanted` are those worth keeping.

    Raises StartFailed with the newest words of what failed.
    """
    if keeper is None:
        report("loading citizens into the blocks")
        _load(runtime, layout)
        return
    name, missing = layout.spec.name, wanted
    report("cloning loaded databases")
    while missing := _without(missing, keeper.restore(name, missing)):
        if not keeper.restores_late:
            _load_and_keep(runtime, keeper, layout, missing, population, report)
            return
        with take_turn(home / "cache" / "loading", _name_of(missing)) as ours:
            if not ours:
                continue  # somebody loaded them meanwhile, or was killed trying
            # Somebody may have finished between our look and our turn.
            missing = _without(missing, keeper.restore(name, missing))
            if not missing:
                break
            _load_and_keep(runtime, keeper, layout, missing, population, report)
            return
    _load(runtime, layout)


def keepable(
    spec: SandboxSpec,
    blocks: Mapping[str, BlockDescriptor],
    candidates: Mapping[str, Candidate],
    population: Path,
) -> tuple[Loaded, ...]:
    """Say which databases are worth keeping: those that a population fills, and a reset brings back."""
    key, prefix = key_of_population(population), prefix_of(spec.name)
    found = []
    for slug in reference_blocks(blocks, candidates):
        seed = blocks[slug].seed
        if seed is not None and seed.loader is not None and slug != MEDIATOR:
            name = database_name(prefix, slug)
            found.append(
                Loaded(
                    key=key_of_database(key, seed.loader),
                    database=DatabaseNames(live=name).template,
                    role=name,
                    block=slug,
                    loader=seed.loader,
                    population=spec.population_digest,
                )
            )
    return tuple(found)


def _load_and_keep(
    runtime: Runtime,
    keeper: Keeper,
    layout: Layout,
    missing: Sequence[Loaded],
    population: Path,
    report: Callable[[str], None],
) -> None:
    report("loading citizens into the blocks")
    _load(runtime, layout)
    # Without room for a copy the sandbox is as good, and the next one loads again.
    with suppress(RuntimeFailure):
        keeper.keep(layout.spec.name, missing, population)


def _load(runtime: Runtime, layout: Layout) -> None:
    done = runtime.run_once(seeding_spec(layout))
    if done.exit_code != 0:
        raise StartFailed("the blocks' databases could not be loaded", log_tail=done.log_tail)


def _without(wanted: Sequence[Loaded], there: Sequence[Loaded]) -> Sequence[Loaded]:
    known = {each.database for each in there}
    return [each for each in wanted if each.database not in known]


def _name_of(missing: Sequence[Loaded]) -> str:
    return hashlib.sha256("\n".join(each.key for each in missing).encode()).hexdigest()[:32]
