"""Where the tests of one process play: the sandboxes that they asked for, each started once, and the runs.

Several processes (pytest-xdist's workers) share the installation's caches and nothing else: every
sandbox has a name that was drawn. Clearing the ground removes all of it; what a killed process
leaves has a lease, and the next command removes it when that has run out.
"""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.candidates.start import start_seeded
from sandbox.errors import NotFound, RuntimeFailure, SandboxError
from sandbox.lifecycle.service import Running, Tools, reset, take_down
from sandbox.model.run import Event
from sandbox.preparing import Prepared, SandboxWish, look_up_scenario, prepare_trial
from sandbox.settings import Settings
from sandbox.testing.played import Played, tell
from sandbox.testing.standing import Sandbox
from sandbox.testing.wishes import Wanted
from sandbox.trial import RunWish, run_trial

LEASE = timedelta(hours=4)
"""Longer than a suite of tests runs."""


class Ground:
    """What one process of tests has running. Not for several threads at once."""

    def __init__(self, evidence: Path) -> None:
        self._evidence = evidence
        self._settings = Settings()
        self._catalog = make_catalog(self._settings)
        self._tools: dict[str | None, Tools] = {}
        self._standing: dict[str, tuple[Tools, Running]] = {}
        self._played: dict[str, Played] = {}

    def stand(self, wish: Wanted) -> Sandbox:
        """Give the sandbox that is wished for: a new one, or the same put back to how it was seeded."""
        found = self._standing.get(wish.key)
        if found is not None:
            tools, running = found
            try:
                reset(tools, running.spec.name)
                return Sandbox(running)
            except SandboxError:  # a test broke it, or removed it: the next one gets another
                self._remove(wish.key)
        tools = self._tools_of(wish.runtime)
        running = start_seeded(tools, self._prepare(tools, wish).wish, keep=False)
        self._standing[wish.key] = (tools, running)
        return Sandbox(running)

    def play(self, wish: Wanted) -> Played:
        """Play a scenario in a sandbox of its own, once for all who wish the same."""
        if wish.key not in self._played:
            tools = self._tools_of(wish.runtime)
            heard: list[Event] = []
            how = RunWish(inputs=wish.inputs, out=self._evidence, command=command_of(wish))
            result = run_trial(
                self._settings, tools, self._prepare(tools, wish), how, listeners=(heard.append,)
            )
            assert wish.scenario is not None, "a wish to play names a scenario"
            self._played[wish.key] = tell(wish.scenario, result.finished, heard, result.page.parent)
        return self._played[wish.key]

    def clear(self) -> None:
        """Remove every sandbox; one that can't be removed keeps no other from going. Raises what it was."""
        refused: SandboxError | None = None
        for key in list(self._standing):
            try:
                self._remove(key)
            except SandboxError as error:
                refused = error
        if refused is not None:
            raise refused

    def _prepare(self, tools: Tools, wish: Wanted) -> Prepared:
        return prepare_trial(
            self._settings,
            tools,
            self._catalog,
            SandboxWish(
                name=f"pytest-{secrets.token_hex(5)}",
                pack=wish.pack,
                size=wish.size,
                seed=wish.seed,
                dirt=wish.dirt,
                lease=LEASE,
            ),
            scenario=look_up_scenario(self._catalog, wish.scenario) if wish.scenario else None,
            blocks=wish.blocks,
        )

    def _tools_of(self, runtime: str | None) -> Tools:
        if runtime not in self._tools:
            self._tools[runtime] = make_tools(self._settings, runtime)
        return self._tools[runtime]

    def _remove(self, key: str) -> None:
        tools, running = self._standing.pop(key)
        with suppress(NotFound):
            take_down(tools, running.spec.name)


def command_of(wish: Wanted) -> str:
    """Give the command that does the same as the fixture `scenario`."""
    words = ["sandbox", "run", wish.scenario or "", "--pack", wish.pack, "--size", str(wish.size)]
    words += ["--seed", str(wish.seed), *(("--dirt", wish.dirt) if wish.dirt != "none" else ())]
    words += ["--runtime", wish.runtime] if wish.runtime else []
    for name, value in wish.inputs.items():
        words += ["--input", f"{name}={json.dumps(value)}"]
    return shlex.join(words)


@contextmanager
def in_words() -> Iterator[None]:
    """Let a test end with what went wrong in words; nobody looks for it in a traceback of ours."""
    try:
        yield
    except SandboxError as error:
        tail = error.log_tail if isinstance(error, RuntimeFailure) else ""
        pytest.fail("\n".join(filter(None, [str(error), tail, error.hint])), pytrace=False)
