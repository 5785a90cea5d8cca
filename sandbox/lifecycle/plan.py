"""What must happen: a pure function of what is wished for and what is observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.runtime import Instance, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the runtime shows of one sandbox. `prepared` is false when nothing of it is there."""

    prepared: bool
    instances: Sequence[Instance] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Actions in the order of execution: discard, prepare, seed, stop, start."""

    discard: bool = False
    prepare: bool = False
    seed: bool = False
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the world is as wished."""
        return self == Plan()


def plan_changes(wanted: Sequence[str] | None, observed: Observed) -> Plan:
    """Compare the wanted instances (None: the sandbox is not wanted at all) with the observed ones.

    A sandbox that was never prepared is prepared, seeded and started whole; in a prepared one,
    what is missing or has exited is started again and what is not wanted is stopped.
    """
    if wanted is None:
        return Plan(discard=observed.prepared or bool(observed.instances))
    if not observed.prepared:
        return Plan(prepare=True, seed=True, start=tuple(sorted(wanted)))
    running = {each.name for each in observed.instances if each.phase is Phase.RUNNING}
    exited = {each.name for each in observed.instances if each.phase is Phase.EXITED}
    return Plan(
        stop=tuple(sorted(exited | (running - set(wanted)))),
        start=tuple(sorted(set(wanted) - running)),
    )
