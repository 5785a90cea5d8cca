"""Which fault applies where, and at which point it strikes: drawn from what an unfaulted play did. No I/O."""

from __future__ import annotations

import difflib
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.errors import NotFound, UsageError
from sandbox.lifecycle.instances import MEDIATOR
from sandbox.model.challenge import CHALLENGES, ChallengeFault, Point
from sandbox.model.run import Event, Exchange, StepFinished
from sandbox.model.wiring import CONTROLS_SERVICE

RESET = "reset"
"""The control by which a story begins anew; it clears faults, so they strike after it."""
Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An unfaulted play, as far as faults find their place in it.

    Attributes:
        exchanges: What crossed the mediator after the story's reset, in order.
        steps: Number and sentence of the step that made an exchange, by the exchange's id.
    """

    exchanges: Sequence[Exchange]
    steps: Mapping[str, tuple[int, str]]
    begins_with_a_reset: bool = False


def see(exchanges: Sequence[Exchange], events: Sequence[Event]) -> Seen:
    """Take an unfaulted play apart."""
    steps: dict[str, tuple[int, str]] = {}
    for event in events:
        # A step that calls a workflow lists its children's exchanges too.
        if isinstance(event, StepFinished) and event.result.call is not None:
            for exchange in event.result.exchanges:
                steps[exchange] = (event.result.number, event.result.sentence)
    behind = after_reset(exchanges)
    return Seen(exchanges=tuple(behind), steps=steps, begins_with_a_reset=len(behind) < len(exchanges))


def after_reset(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Give what came after the last reset; everything when there was none."""
    resets = [place for place, each in enumerate(exchanges) if is_reset(each)]
    return exchanges[resets[-1] + 1 :] if resets else exchanges


def is_reset(exchange: Exchange) -> bool:
    """Whether this is the story's own reset, or that of whoever plays it."""
    return exchange.service == CONTROLS_SERVICE and exchange.operation_id == RESET


def choose_faults(names: Sequence[str]) -> tuple[ChallengeFault, ...]:
    """Give the faults by name, all when none is named. Raises UsageError with the nearest name."""
    if not names:
        return tuple(CHALLENGES.values())
    for name in names:
        if name not in CHALLENGES:
            near = difflib.get_close_matches(name, CHALLENGES, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"no fault is called {name!r}{meant}", hint=f"there are: {', '.join(CHALLENGES)}"
            )
    return tuple(fault for fault in CHALLENGES.values() if fault.name in names)


def choose_blocks(names: Sequence[str], there: Sequence[str]) -> frozenset[str]:
    """Give the blocks that faults may strike, all when none is named. Raises NotFound."""
    for name in names:
        if name not in there:
            raise NotFound(
                f"the scenario has no block {name!r}", hint=f"its blocks are: {', '.join(sorted(there))}"
            )
    return frozenset(names or there)


def draw_points(
    seen: Seen, fault: ChallengeFault, blocks: frozenset[str], *, draw: int, most: int | None = None
) -> tuple[tuple[Point, ...], str]:
    """Draw where a fault strikes: once for every block that can meet it, `most` times at most.

    Returns the points, or none and why.
    """
    groups = _group(seen, fault, blocks)
    if not groups:
        return (), _why_not(fault)
    chance = random.Random(f"{draw}/{fault.name}")  # noqa: S311  repeatable, and no secret
    names = sorted(groups)
    if most is not None and most < len(names):
        names = sorted(chance.sample(names, most))
    return tuple(_point(seen, fault, chance.choice(groups[name])) for name in names), ""


def sender(application: str) -> str:
    """Name the block that an application is."""
    return application.rpartition("/")[2]


def _group(seen: Seen, fault: ChallengeFault, blocks: frozenset[str]) -> dict[Stratum, list[Exchange]]:
    """Sort the exchanges that can meet the fault by what is struck."""
    stratum = _STRATA[fault.on]
    groups: dict[Stratum, list[Exchange]] = defaultdict(list)
    for each in seen.exchanges:
        name = stratum(each)
        if name is not None and (not name or name[0] in blocks):
            groups[name].append(each)
    return groups


def _of_a_call(each: Exchange) -> Stratum | None:
    forwarded = each.kind == "call" and not each.refused
    return (each.block,) if forwarded and each.block not in ("", MEDIATOR) else None


def _of_a_callback(each: Exchange) -> Stratum | None:
    return (sender(each.client), each.operation_id) if each.kind == "callback" else None


def _of_anything(each: Exchange) -> Stratum | None:
    return () if each.kind == "call" and not each.refused else None


_STRATA: Mapping[str, Callable[[Exchange], Stratum | None]] = {
    "call": _of_a_call,
    "callback": _of_a_callback,
    "instance": _of_a_call,
    "mediator": _of_anything,
    "database": _of_anything,
}


def _why_not(fault: ChallengeFault) -> str:
    if fault.on == "callback":
        return "no message of a block crosses the mediator in this scenario"
    return "no call in this scenario can meet it"


def _point(seen: Seen, fault: ChallengeFault, exchange: Exchange) -> Point:
    step, sentence = _place(seen, exchange)
    if fault.on == "callback":
        where = {"block": sender(exchange.client), "operation": exchange.operation_id}
    elif fault.on == "call":
        where = {"block": exchange.block, "operation": exchange.operation_id, "client": exchange.client}
    elif fault.on == "instance":
        where = {"block": exchange.block}
    else:
        where = {}
    return Point(fault=fault.name, step=step, sentence=sentence, **where)


def _place(seen: Seen, exchange: Exchange) -> tuple[int, str]:
    """Find the step before which the fault is planted: the exchange's own, or the last one that began before.

    What blocks do among themselves may belong to a step before or to work behind; planted this early, it
    is met either way.
    """
    if exchange.id in seen.steps:
        return seen.steps[exchange.id]
    made = [each for each in seen.exchanges if each.id in seen.steps]
    before = [each for each in made if each.number < exchange.number]
    nearest = before[-1] if before else made[0]
    return seen.steps[nearest.id]
