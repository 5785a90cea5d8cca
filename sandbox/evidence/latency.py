"""How long operations took, counted from the mediator's log: the figures, the finding, the plot.

Calls that the mediator refused, callbacks and the sandbox's own controls are left out: they say
nothing about a block. Percentiles are nearest-rank, so each is a duration that was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.evidence.plots import choose_axis, draw_caption, draw_frame, draw_tick
from sandbox.evidence.speech import ENGLISH, Speech
from sandbox.evidence.wording import Names, cut, show_invisible
from sandbox.model.run import Exchange

MOST_BARS = 14
_LONGEST_LABEL = 42
_CHARACTER = 7.2
"""Estimated width of a 13 px character."""
_BARS = 520
_VALUES = 150
_ROW = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """One operation of one block; durations in milliseconds."""

    operation: str
    block: str
    calls: int
    median: float
    p95: float
    slowest: float
    slowest_number: int
    """Number of the exchange that took longest."""


def measure(exchanges: Iterable[Exchange], names: Names) -> tuple[Latency, ...]:
    """Measure every operation, slowest first."""
    meter = Meter()
    for exchange in exchanges:
        meter.pass_by(exchange)
    return meter.latencies(names)


class Meter:
    """Measures exchanges that come one after another; keeps a duration and a number of each."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self._calls: dict[tuple[str, str], list[tuple[float, int]]] = {}

    def pass_by(self, exchange: Exchange) -> None:
        """Measure one."""
        if exchange.kind in {"call", "public"} and not exchange.refused:
            label = exchange.summary or exchange.operation_id or f"{exchange.method} {exchange.path}"
            calls = self._calls.setdefault((exchange.block, label), [])
            calls.append((exchange.milliseconds, exchange.number))

    def latencies(self, names: Names) -> tuple[Latency, ...]:
        """Sum up, slowest first."""
        found = [
            _summarise(label, names.block(block), group) for (block, label), group in self._calls.items()
        ]
        return tuple(sorted(found, key=lambda latency: (-latency.p95, latency.operation, latency.block)))


def _summarise(operation: str, block: str, group: Sequence[tuple[float, int]]) -> Latency:
    ordered = sorted(group, key=lambda call: call[0])
    durations = [milliseconds for milliseconds, _ in ordered]
    return Latency(
        operation=operation,
        block=block,
        calls=len(group),
        median=_percentile(durations, 50),
        p95=_percentile(durations, 95),
        slowest=durations[-1],
        slowest_number=ordered[-1][1],
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def say_finding(latencies: Sequence[Latency], speech: Speech = ENGLISH) -> str:
    """The plot's title: what it shows, in one sentence."""
    if not latencies:
        return speech.gettext("No call reached a block, so there is nothing to measure")
    top = latencies[0]
    values = {"operation": top.operation, "duration": speech.duration(top.p95)}
    if top.calls >= 20:
        return speech.gettext(
            "“%(operation)s” is the slowest: 19 of 20 calls took at most %(duration)s", **values
        )
    if top.calls > 1:
        return speech.gettext(
            "“%(operation)s” is the slowest: every call took at most %(duration)s", **values
        )
    return speech.gettext("“%(operation)s” is the slowest: its one call took at most %(duration)s", **values)


def draw_latencies(latencies: Sequence[Latency], speech: Speech = ENGLISH) -> Markup:
    """Draw median (bar) and 95th percentile (whisker) of the slowest operations."""
    shown = latencies[:MOST_BARS]
    if not shown:
        return Markup("")
    end, step = choose_axis(shown[0].p95)
    left = round(max(min(len(one.operation), _LONGEST_LABEL) for one in shown) * _CHARACTER) + 20
    height = 30 + len(shown) * _ROW + 44
    bottom = 24 + len(shown) * _ROW
    ticks = [step * place for place in range(round(end / step) + 1)]
    parts = [draw_tick(left + tick / end * _BARS, bottom, speech.measure(tick)) for tick in ticks]
    parts += [_draw_bar(latency, left, 32 + place * _ROW, end, speech) for place, latency in enumerate(shown)]
    axis = speech.gettext("milliseconds: bar = median, line = 95th percentile")
    parts.append(draw_caption(left + _BARS / 2, bottom + 36, axis))
    label = speech.gettext("Duration of calls by operation; the table below says the same")
    return draw_frame(left + _BARS + _VALUES, height, parts, label)


def _draw_bar(latency: Latency, left: int, y: float, end: float, speech: Speech) -> Markup:
    median = round(left + latency.median / end * _BARS, 1)
    p95 = round(left + latency.p95 / end * _BARS, 1)
    return Markup(
        '<text class="lab" translate="no" x="{label}" y="{base}">{name}</text>'
        '<rect class="p50" x="{left}" y="{top}" width="{wide}" height="12"/>'
        '<path class="p95" d="M{median} {y} H{p95} m0 -5 v10"/>'
        '<text class="val" x="{after}" y="{base}">{value}</text>'
    ).format(
        label=left - 10,
        base=y + 4,
        name=cut(show_invisible(latency.operation), _LONGEST_LABEL),
        left=left,
        top=y - 6,
        wide=round(max(1.0, median - left), 1),
        median=median,
        y=y,
        p95=p95,
        after=p95 + 10,
        value=f"{speech.duration(latency.median)} / {speech.duration(latency.p95)}",
    )
