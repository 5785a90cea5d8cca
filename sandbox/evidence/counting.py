"""Counts what criteria ask of a message log, while its lines pass by one after another.

Every figure names the exchanges that it was counted from; of a very long log only the first ones.
Percentiles are nearest rank over all calls that reached a block, so each is a duration that was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.model.run import Exchange

PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and the exchanges that it was counted from."""

    value: Any
    exchanges: tuple[str, ...] = ()


class Counting:
    """Hears of exchanges, one after another."""

    def __init__(self, most: int | None = None) -> None:
        """Name at most so many exchanges for each figure; all when None."""
        self._most = most
        self._counts = dict.fromkeys(("count", "refused", "server_errors"), 0)
        self._ids: dict[str, list[str]] = {name: [] for name in (*self._counts, "people")}
        self._people: set[str] = set()
        self._calls: list[tuple[float, str]] = []
        self._any = False

    def pass_by(self, exchange: Exchange) -> None:
        """Count one; the sandbox's own controls are no part of the service."""
        self._any = True
        if exchange.kind == "control":
            return
        self._count("count", exchange)
        if exchange.refused:
            self._count("refused", exchange)
        elif exchange.kind in ("call", "public"):
            self._calls.append((exchange.milliseconds, exchange.id))
        if exchange.status >= 500:
            self._count("server_errors", exchange)
        if exchange.individual:
            self._people.add(exchange.individual)
            self._name("people", exchange)

    def _count(self, what: str, exchange: Exchange) -> None:
        self._counts[what] += 1
        self._name(what, exchange)

    def _name(self, what: str, exchange: Exchange) -> None:
        if self._most is None or len(self._ids[what]) < self._most:
            self._ids[what].append(exchange.id)

    def measures(self) -> Mapping[str, Measured]:
        """Sum up; nothing when there was no line at all."""
        if not self._any:
            return {}
        counted = {
            f"exchanges.{what}": Measured(times, tuple(self._ids[what]))
            for what, times in self._counts.items()
        }
        return {
            **counted,
            "people.seen": Measured(len(self._people), tuple(self._ids["people"])),
            **self._latencies(),
        }

    def _latencies(self) -> dict[str, Measured]:
        calls = sorted(self._calls, key=lambda call: call[0])
        if not calls:
            return {}
        at = {
            name: calls[max(0, math.ceil(len(calls) * percent / 100) - 1)]
            for name, percent in PERCENTILES.items()
        }
        return {f"latency.{name}": Measured(value, (id_,)) for name, (value, id_) in at.items()}


def count_exchanges(exchanges: Iterable[Exchange]) -> Mapping[str, Measured]:
    """Count a log that is at hand."""
    counting = Counting()
    for exchange in exchanges:
        counting.pass_by(exchange)
    return counting.measures()
