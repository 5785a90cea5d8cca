"""Checkpoints as a command asks for them: the controls of the sandbox do the work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.errors import NotFound, RequestRefused, StateConflict, UsageError
from sandbox.lifecycle.locks import hold_sandbox
from sandbox.lifecycle.service import Running, Tools, adopt
from sandbox.model.wiring import CONTROLS_SERVICE, EXPLORER

LONGEST_SECONDS = 180.0
"""Copies of large databases on a slow disk take their time."""


def save_checkpoint(tools: Tools, name: str, checkpoint: str) -> dict[str, Any]:
    """Keep the state of all blocks under a name. Raises RequestRefused, UsageError."""
    return _ask(tools, name, "POST", "/checkpoints", {"name": checkpoint})


def restore_checkpoint(tools: Tools, name: str, checkpoint: str) -> str:
    """Bring it back; returns the sandbox's date. Raises NotFound, RequestRefused."""
    return str(_ask(tools, name, "POST", f"/checkpoints/{checkpoint}/restore")["today"])


def remove_checkpoint(tools: Tools, name: str, checkpoint: str) -> None:
    """Forget it. Raises NotFound, RequestRefused."""
    _ask(tools, name, "DELETE", f"/checkpoints/{checkpoint}")


def list_checkpoints(tools: Tools, name: str) -> list[dict[str, Any]]:
    """List what is kept, the oldest first."""
    return list_checkpoints_of(adopt(tools, name))


def list_checkpoints_of(running: Running) -> list[dict[str, Any]]:
    """List what is kept of a sandbox that was taken up."""
    found: list[dict[str, Any]] = call_controls(running, "GET", "/checkpoints")["checkpoints"]
    return found


def _ask(
    tools: Tools, name: str, method: str, path: str, body: dict[str, str] | None = None
) -> dict[str, Any]:
    running = adopt(tools, name)
    if running.spec.swaps:
        raise StateConflict(
            f"sandbox {name!r} runs {running.spec.swaps[0].name}, whose state nobody but itself can keep",
            hint="checkpoints are of sandboxes with reference blocks only",
        )
    with hold_sandbox(tools.home, name):
        return call_controls(running, method, path, body)


def call_controls(
    running: Running, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the sandbox's own controls by hand. Raises NotFound, UsageError, RequestRefused."""
    with running.gate(LONGEST_SECONDS) as gate:
        answer = gate.call(CONTROLS_SERVICE, method, path, client=EXPLORER, json=body)
    if answer.status_code >= 400:
        error = {404: NotFound, 422: UsageError}.get(answer.status_code, RequestRefused)
        raise error(f"sandbox {running.spec.name!r}: {_detail(answer.text)}")
    told: dict[str, Any] = answer.json() if answer.content else {}
    return told


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text[:300]
