"""How long a reset takes with 100,000 citizens, beside loading the databases again.

The peer runs the same loaders into fresh databases and makes no clones; dropping the old
ones, which it would have to do as well, is not counted against it. It comes after the resets,
because what it loads is written out by whatever the server does next.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from figures import Figure, Series
from installation import Installation, sandbox_up

from sandbox.lifecycle.instances import Layout, seeding_spec
from sandbox.lifecycle.service import Running, Tools, Wish, reset
from sandbox.runtime import InstanceSpec
from sandbox.seeding.plan import ENVIRONMENT_NAME, SeedingPlan

SIZE = 100_000
AIM_SECONDS = 0.5
PEER = "loading the databases again"
BETWEEN_RESETS_SECONDS = 3.0
"""Nobody resets again at once: the next spare is cloned behind, and that takes a moment."""


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure on both runtimes."""
    return [_measure(installation, runtime, runs, say) for runtime in ("local", "docker")]


def _measure(installation: Installation, runtime: str, runs: int, say: Callable[[str], None]) -> Figure:
    tools = installation.tools(runtime)
    say(f"making {SIZE:,} citizens and loading them on {runtime}")
    wish = installation.prepare(tools, f"bench-reset-{runtime}", SIZE)
    ours, theirs = [], []
    with sandbox_up(tools, wish) as running:
        for run in range(runs):
            time.sleep(BETWEEN_RESETS_SECONDS)
            began = time.perf_counter()
            reset(tools, wish.spec.name)
            ours.append(time.perf_counter() - began)
            say(f"round {run + 1}: reset on {runtime} {ours[-1]:.2f} s")
        for run in range(runs):
            theirs.append(load_again(tools, wish, running, run))
            say(f"round {run + 1}: {PEER} on {runtime} {theirs[-1]:.2f} s")
    return Figure(
        name=f"reset-{runtime}",
        unit="s",
        measured=Series(ours),
        peer=PEER,
        peer_measured=Series(theirs),
        aim=AIM_SECONDS,
    )


def load_again(tools: Tools, wish: Wish, running: Running, run: int) -> float:
    layout = Layout(spec=running.spec, site=running.site, secrets=running.secrets, blocks=wish.blocks)
    program = _into_fresh_databases(seeding_spec(layout), suffix=f"_again{run}")
    began = time.perf_counter()
    done = tools.runtime.run_once(program)
    seconds = time.perf_counter() - began
    if done.exit_code != 0:
        raise RuntimeError(f"the databases could not be loaded again: {done.log_tail}")
    return seconds


def _into_fresh_databases(program: InstanceSpec, suffix: str) -> InstanceSpec:
    plan = SeedingPlan.model_validate_json(program.environment[ENVIRONMENT_NAME])
    # What outlives a reset gets no template and no spare; here nothing shall get one.
    databases = tuple(
        wish.model_copy(update={"database": wish.database + suffix, "keeps_through_reset": True})
        for wish in plan.databases
    )
    again = plan.model_copy(update={"databases": databases})
    return dataclasses.replace(program, environment={ENVIRONMENT_NAME: again.model_dump_json()})
