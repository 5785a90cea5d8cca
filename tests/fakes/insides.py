"""The inside of a sandbox for tests of the control plane: controls that remember, and a message log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.controlplane import inside
from sandbox.model.run import Exchange
from tests.fakes.stores import NOON

KEPT = [{"name": "before-lunch", "today": "2026-01-02", "savedAt": "2026-03-02T12:00:00Z"}]


def exchange(number: int, **more: Any) -> Exchange:
    """Give a line of a message log."""
    line: dict[str, Any] = {
        "id": f"x{number}",
        "number": number,
        "at": NOON + timedelta(minutes=number),
        "today": "2026-01-05",
        "kind": "call",
        "client": "ministry",
        "service": "registration",
        "block": "registration",
        "method": "GET",
        "path": "/persons",
        "summary": "<b>reads</b> a person",
        "status": 200,
        "milliseconds": 1.0,
    }
    return Exchange.model_validate({**line, **more})


def planted(fault: str, **more: Any) -> dict[str, Any]:
    """Give a fault as the controls list it: `times` is there only when it ends by itself."""
    meant = {"block": "payments", "operation": "", "client": "", "milliseconds": 0}
    return {"faultId": f"fault-{fault}", "fault": fault, **meant, **more}


@dataclass
class Told:
    """Stands for a sandbox's gate: remembers what the controls were told."""

    changes: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    log: list[Exchange] = field(default_factory=list)

    @contextmanager
    def gate(self, timeout: float = 60.0) -> Iterator[Told]:
        """Open it."""
        del timeout
        yield self

    def each_exchange(self, *, filters: dict[str, str]) -> Iterator[Exchange]:
        """Read its log."""
        return (each for each in self.log if filters.get("individual", each.individual) == each.individual)

    def call(self, service: str, method: str, path: str, *, client: str, json: Any) -> SimpleNamespace:
        """Answer as the controls do, and remember what changes."""
        del service, client
        if method != "GET":
            self.changes.append((method, path, json))
        if (method, path) == ("POST", "/faults"):
            self.faults.append(planted(**json))
        told = {"today": (json or {}).get("to"), "faults": self.faults, "checkpoints": KEPT}
        return SimpleNamespace(status_code=200, content=b"{}", json=lambda: told)

    @property
    def spec(self) -> SimpleNamespace:
        """What it was made of."""
        return SimpleNamespace(name="it", blocks=("payments",), clock_start=date(2026, 1, 1), swaps=())


def stand_in(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Have every sandbox be this one."""
    told = Told()
    monkeypatch.setattr(inside, "find_tools", lambda *_: None)
    monkeypatch.setattr(inside, "adopt", lambda *_: told)
    return told
