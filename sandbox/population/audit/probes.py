"""What a probe is: it looks at every batch of every table once and says at the end what it counted.

Memory stays flat: a probe keeps counts and a bounded sample, never a column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from sandbox.population.audit.report import Check

FULLY_CHECKED = 100_000
"""Up to so many values are given one by one to the validator itself, not only to its patterns."""


class Probe(Protocol):
    """Looks at batches, then gives its checks."""

    def look(self, table: str, batch: pa.RecordBatch) -> None:
        """Look at one batch of one table."""
        ...

    def verdicts(self) -> Sequence[Check]:
        """Say what was found."""
        ...


@dataclass(slots=True)
class OneByOne:
    """Gives the first FULLY_CHECKED values to a validator one by one."""

    is_real: Callable[[str], bool]
    checked: int = 0
    real: int = 0

    def look(self, values: pa.StringArray) -> None:
        """Take the next values."""
        taken = values.slice(0, FULLY_CHECKED - self.checked)
        self.checked += len(taken)
        self.real += sum(map(self.is_real, taken.to_pylist()))

    def say(self, total: int) -> str:
        """Say how many of all values were taken."""
        return "all" if self.checked == total else f"the first {self.checked:,}"
