"""What a measurement leaves behind: repeated values, their median, and the peer's beside it.

A figure never stands for fewer runs than it says, and a missed aim is printed as missed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

Value = str | float | None


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one thing measured several times."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """What is quoted."""
        return median(self.values)

    def __str__(self) -> str:
        return f"{min(self.values):.2f} to {max(self.values):.2f} of {len(self.values)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the result.

    Attributes:
        name: Stable, for comparing two results.
        unit: `s`, `MB` (a million bytes), or something a second.
        aim: The most that the value should be; None when the ratio is aimed at, or nothing.
        ratio_aim: The most that value divided by the peer's should be.
        more_is_better: The aims are the least instead of the most.
    """

    name: str
    unit: str
    measured: Series
    peer: str | None = None
    peer_measured: Series | None = None
    aim: float | None = None
    ratio_aim: float | None = None
    more_is_better: bool = False
    details: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How much of the peer's time this takes."""
        return None if self.peer_measured is None else self.measured.median / self.peer_measured.median

    @property
    def verdict(self) -> str:
        """Say whether the aim was met; empty when there is none."""
        if self.ratio_aim is not None and self.ratio is not None:
            return _verdict(self.ratio, self.ratio_aim, "of the peer", self.more_is_better)
        if self.aim is None:
            return ""
        return _verdict(self.measured.median, self.aim, self.unit, self.more_is_better)

    def as_record(self) -> dict[str, Value]:
        """Give the six fields of `bench.json`."""
        return {
            "name": self.name,
            "value": round(self.measured.median, 3),
            "unit": self.unit,
            "peer": self.peer,
            "peer_value": None if self.peer_measured is None else round(self.peer_measured.median, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
        }


def write_figures(path: Path, figures: Sequence[Figure]) -> None:
    """Write `bench.json`."""
    path.write_text(json.dumps([figure.as_record() for figure in figures], indent=2) + "\n")


def print_figures(console: Console, figures: Sequence[Figure]) -> None:
    """Print medians with the smallest and largest value, and what the aims say."""
    table = Table("figure", "median", "range", "peer", "peer's median", "peer's range", "ratio", "aim")
    for figure in figures:
        theirs = figure.peer_measured
        table.add_row(
            figure.name,
            f"{figure.measured.median:.2f} {figure.unit}",
            str(figure.measured),
            figure.peer or "",
            "" if theirs is None else f"{theirs.median:.2f} {figure.unit}",
            "" if theirs is None else str(theirs),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.verdict,
        )
    console.print(table)
    for figure in figures:
        if figure.details:
            parts = ", ".join(f"{name} {value:.0f}" for name, value in figure.details.items())
            console.print(f"{figure.name}, in {figure.unit}: {parts}")


def _verdict(value: float, aim: float, unit: str, more_is_better: bool) -> str:
    met = value >= aim if more_is_better else value <= aim
    return f"{'met' if met else 'missed'}: {'>=' if more_is_better else '<='} {aim:g} {unit}"
