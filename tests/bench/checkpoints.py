"""How long it takes to keep the state of all blocks and to bring it back, with 100,000 citizens.

The peer is loading the databases again, which brings back the beginning and nothing that happened since.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from figures import Figure, Series
from installation import Installation, sandbox_up
from resetting import PEER, SIZE, load_again

from sandbox.lifecycle.checkpoints import restore_checkpoint, save_checkpoint

AIM_SECONDS = 1.0
BETWEEN_SECONDS = 3.0
"""What is replaced is dropped behind, and that takes a moment."""


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure on both runtimes."""
    return [
        figure for runtime in ("local", "docker") for figure in _measure(installation, runtime, runs, say)
    ]


def _measure(installation: Installation, runtime: str, runs: int, say: Callable[[str], None]) -> list[Figure]:
    tools = installation.tools(runtime)
    say(f"making {SIZE:,} citizens and loading them on {runtime}")
    wish = installation.prepare(tools, f"bench-keep-{runtime}", SIZE)
    name = wish.spec.name
    saved: list[float] = []
    restored: list[float] = []
    with sandbox_up(tools, wish) as running:
        for run in range(runs):
            for act, took in (
                (lambda: save_checkpoint(tools, name, "bench"), saved),
                (lambda: restore_checkpoint(tools, name, "bench"), restored),
            ):
                time.sleep(BETWEEN_SECONDS)
                began = time.perf_counter()
                act()
                took.append(time.perf_counter() - began)
            say(f"round {run + 1}: on {runtime} kept in {saved[-1]:.2f} s, back in {restored[-1]:.2f} s")
        theirs = [load_again(tools, wish, running, run) for run in range(runs)]
    return [
        Figure(
            name=f"checkpoint-{act}-{runtime}",
            unit="s",
            measured=Series(took),
            peer=PEER,
            peer_measured=Series(theirs),
            aim=AIM_SECONDS,
        )
        for act, took in (("save", saved), ("restore", restored))
    ]
