"""A scenario as a service blueprint: phases and steps down, who calls and which block answers across.

Values only; `blueprint_svg.py` draws them. A phase is a step of the story, its lines are the steps of the
workflow that it plays; what lies deeper is counted into them. `sandbox show` tells every step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.catalog.blocks import CONTROLS, Block
from sandbox.catalog.show import Row
from sandbox.model.scenario import Scenario

REFUSAL = re.compile(r"\$statusCode == (400|401|403|409|422)")
"""An answer that the scenario wants to be a refusal; 404 alone means that there is nothing."""
SANDBOX_NAME = "The sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Somebody who calls, a block that answers, or the sandbox itself, which picks, waits and counts."""

    key: str
    name: str
    kind: str
    """`actor`, `block` or `sandbox`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """How a line meets a lane: how many calls, and how many of them are to be refused."""

    calls: int
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step of the story (`depth` 0) or of the workflow that it plays (1)."""

    number: str
    depth: int
    sentence: str
    touches: Mapping[str, Touch]
    """By the lane's key; none for a step whose lines follow."""
    checks: int
    back_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What is drawn."""

    slug: str
    title: str
    summary: str
    lanes: tuple[Lane, ...]
    lines: tuple[Line, ...]


def blueprint_of(scenario: Scenario, rows: Sequence[Row], blocks: Iterable[Block]) -> Blueprint:
    """Fold the steps of a scenario, as `show_scenario` gives them, into phases and lines."""
    lines = tuple(_lines(rows))
    return Blueprint(
        slug=scenario.slug,
        title=scenario.story.title,
        summary=scenario.story.summary,
        lanes=tuple(_lanes(rows, lines, {block.slug: block.descriptor.name for block in blocks})),
        lines=lines,
    )


def _lines(rows: Sequence[Row]) -> Iterator[Line]:
    for place, row in enumerate(rows):
        if row.depth > 1:
            continue
        below = list(_below(rows[place + 1 :], row.depth))
        opens = row.depth == 0 and bool(below)
        yield Line(
            number=row.number,
            depth=row.depth,
            sentence=row.sentence,
            touches={} if opens else _touches([row, *below]),
            checks=0 if opens else sum(len(each.checks) for each in (row, *below)),
            back_to=row.back_to,
        )


def _below(rows: Iterable[Row], depth: int) -> Iterator[Row]:
    for row in rows:
        if row.depth <= depth:
            return
        yield row


def _touches(rows: Iterable[Row]) -> Mapping[str, Touch]:
    touches: dict[str, Touch] = {}
    for row in rows:
        if not row.block:
            continue
        refused = any(REFUSAL.fullmatch(check) for check in row.checks)
        # The sandbox is no party to the service: nobody calls it, and it refuses nothing.
        met = [row.block] if row.block == CONTROLS else [_caller(row), row.block]
        for key in met:
            before = touches.get(key, Touch(calls=0))
            touches[key] = Touch(calls=before.calls + 1, refusals=before.refusals + refused)
    return touches


def _caller(row: Row) -> str:
    return f"actor {row.actor}"


def _lanes(rows: Iterable[Row], lines: Iterable[Line], blocks: Mapping[str, str]) -> Iterator[Lane]:
    """Who calls, then who answers, each in the order of first appearance; the sandbox comes last."""
    used = {key for line in lines for key in line.touches}
    serving = [row for row in rows if row.block and row.block != CONTROLS]
    for actor in dict.fromkeys(row.actor for row in serving):
        yield Lane(key=f"actor {actor}", name=actor or "Nobody named", kind="actor")
    for block in dict.fromkeys(row.block for row in serving):
        yield Lane(key=block, name=blocks.get(block, block), kind="block")
    if CONTROLS in used:
        yield Lane(key=CONTROLS, name=SANDBOX_NAME, kind="sandbox")
