"""Named faults, injected on purpose. They live in this process and end with it or with a reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Name = Literal["delay", "error", "drop", "outage"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong, where, and how often.

    Attributes:
        name: `delay` waits and forwards; `error` answers 500 instead of the block; `drop` forwards and
            loses the answer, so that the work is done and nobody hears of it; `outage` answers as if the
            block were down.
        operation: An operationId; empty for all of the block's.
        left: How many calls it still meets; None for all.
    """

    id: str
    name: Name
    block: str
    operation: str = ""
    left: int | None = None
    milliseconds: int = 1000


class Faults:
    """Those that are planted now, in the order of planting."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._planted: list[Fault] = []

    def plant(self, name: Name, block: str, operation: str, times: int | None, milliseconds: int) -> str:
        """Plant a fault and give its id."""
        fault = Fault(
            id=self._new_id(),
            name=name,
            block=block,
            operation=operation,
            left=times,
            milliseconds=milliseconds,
        )
        self._planted.append(fault)
        return fault.id

    def clear(self) -> None:
        """Remove all."""
        self._planted.clear()

    def meet(self, block: str, operation: str) -> Fault | None:
        """Give the fault that a call meets, and count it."""
        for fault in self._planted:
            if fault.block == block and fault.operation in ("", operation):
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self._planted.remove(fault)
                return fault
        return None
