"""What somebody does inside a running sandbox, through its own controls: its clock, its faults, its log.

Reading disturbs nobody. What changes the sandbox is refused while a scenario is played in it, is done by one
at a time, and leaves a line in the audit log. Each deed can be sent twice and is done once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sandbox.bootstrap import find_tools
from sandbox.controlplane.access import Caller
from sandbox.controlplane.orders import find_own, note, require_unplayed
from sandbox.controlplane.plane import Plane
from sandbox.errors import StateConflict
from sandbox.lifecycle.checkpoints import call_controls
from sandbox.lifecycle.locks import hold_sandbox
from sandbox.lifecycle.service import Running, adopt
from sandbox.model.block import Frozen
from sandbox.model.run import Exchange
from sandbox.store import wishes
from sandbox.store.schema import SandboxRow

MOST_SHOWN = 200
"""Newest exchanges on a page about everybody; about one person all are shown."""
_WHERE = ("fault", "block", "operation")
_HOW = ("times", "milliseconds")


class ClockAsked(Frozen):
    """The day to go to. A day and not a number of days: asked twice, it is the same day."""

    to: date


class FaultAsked(Frozen):
    """A fault to plant: by name, on a block or on one of its operations, a number of times or always."""

    fault: Annotated[str, StringConstraints(max_length=40)]
    block: Annotated[str, StringConstraints(max_length=60)]
    operation: Annotated[str, StringConstraints(max_length=100)] | None = None
    times: int | None = Field(default=None, ge=1, le=1_000_000)
    milliseconds: int | None = Field(default=None, ge=0, le=60_000)


def find_running(plane: Plane, caller: Caller, name: str) -> SandboxRow:
    """Find a sandbox that runs. Raises NotFound, StateConflict."""
    with plane.store.session() as session:
        row = wishes.find_sandbox(session, name, caller.sees)
    if row.state != "running":
        raise StateConflict(f"sandbox {name!r} is {row.state}", hint="this needs one that is running")
    return row


def enter(plane: Plane, row: SandboxRow) -> Running:
    """Take up a sandbox that runs. Raises NotFound."""
    return adopt(find_tools(plane.settings, row.name, None), row.name)


def advance_clock(plane: Plane, caller: Caller, name: str, asked: ClockAsked) -> str:
    """Let time pass up to a day; returns the sandbox's date. Raises UsageError for a day that is past."""
    answer = _change(plane, caller, name, "advance-clock", "POST", "/clock", {"to": asked.to.isoformat()})
    return str(answer["today"])


def list_faults(running: Running) -> list[dict[str, Any]]:
    """List the faults that are planted now."""
    found: list[dict[str, Any]] = call_controls(running, "GET", "/faults")["faults"]
    return found


def plant_fault(plane: Plane, caller: Caller, name: str, asked: FaultAsked) -> None:
    """Plant a fault, unless it is there already.

    Raises UsageError for what is no fault or no route, StateConflict when it is there in another way.
    """
    wanted = asked.model_dump(exclude_none=True)

    def same(each: Mapping[str, Any], keys: Sequence[str]) -> bool:
        return all((each.get(key) or None) == wanted.get(key) for key in keys)

    there = [
        each
        for each in list_faults(enter(plane, find_running(plane, caller, name)))
        if same(each, _WHERE) and not each.get("client")
    ]
    if any(same(each, _HOW) for each in there):
        return
    if there:
        left = there[0].get("times")
        raise StateConflict(
            f"fault {asked.fault!r} is planted there already, {left if left else 'for any number of'} times",
            hint="remove the faults first, then plant it as you want it",
        )
    _change(plane, caller, name, "plant-fault", "POST", "/faults", wanted)


def clear_faults(plane: Plane, caller: Caller, name: str) -> None:
    """Remove every fault."""
    _change(plane, caller, name, "clear-faults", "DELETE", "/faults")


def read_exchanges(running: Running, individual: str = "") -> list[Exchange]:
    """Read the newest exchanges, or all those about one person, the newest first."""
    filters = {"individual": individual} if individual else {}
    with running.gate() as gate:
        found = deque(gate.each_exchange(filters=filters), maxlen=None if individual else MOST_SHOWN)
    return list(reversed(found))


def _change(
    plane: Plane,
    caller: Caller,
    name: str,
    action: str,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    row = find_running(plane, caller, name)
    with plane.store.session() as session:
        find_own(session, caller, name)
        require_unplayed(session, row.name)
        note(session, plane, caller, action, row.name)
    running = enter(plane, row)
    with hold_sandbox(plane.settings.home, row.name):
        return call_controls(running, method, path, body)
