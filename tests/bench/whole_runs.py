"""How long a whole `sandbox run` of each scenario takes, and the shares that start, seed, play and write it.

Scenarios are found by scanning. The stages are those that the course of a run reports itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from figures import Figure, Series
from installation import Installation

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.model.run import Event
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.trial import RunWish, run_trial

SIZE = 1000
SHARES = {
    "making fictitious citizens": "seed",
    "loading citizens into the blocks": "seed",
    "cloning loaded databases": "seed",
    "writing evidence": "evidence",
    "taking the sandbox down": "down",
}
"""Stages by their share; any other is part of the start."""


@dataclass(slots=True)
class Stages:
    """Adds up the seconds of each share of one run."""

    seconds: Counter[str] = field(default_factory=Counter)
    _share: str = "start"
    _since: float = field(default_factory=time.perf_counter)

    def report(self, stage: str, done: int, total: int) -> None:
        """Hear a stage."""
        del done, total
        self._turn(SHARES.get(stage, "start"))

    def hear(self, event: Event) -> None:
        """Hear that the story begins."""
        if event.kind == "run-started":
            self._turn("steps")

    def end(self) -> None:
        """End the last stage."""
        self._turn("start")

    def _turn(self, share: str) -> None:
        now = time.perf_counter()
        self.seconds[self._share] += now - self._since
        self._share, self._since = share, now


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure every scenario on `local`."""
    slugs = make_catalog(installation.settings).scenario_slugs()
    return [_measure(installation, slug, runs, say) for slug in slugs]


def _measure(installation: Installation, slug: str, runs: int, say: Callable[[str], None]) -> Figure:
    stages = [_run(installation, slug) for _ in range(runs)]
    whole = [sum(each.seconds.values()) for each in stages]
    say(f"{slug}: {min(whole):.1f} to {max(whole):.1f} s")
    sums: Counter[str] = Counter()
    for each in stages:
        sums.update(each.seconds)
    return Figure(
        name=f"run-{slug}",
        unit="s",
        measured=Series(whole),
        details={f"{share} %": 100 * seconds / sum(whole) for share, seconds in sorted(sums.items())},
    )


def _run(installation: Installation, slug: str) -> Stages:
    stages = Stages()
    settings = installation.settings
    tools = make_tools(settings, "local", stages.report)
    catalog = make_catalog(settings)
    prepared = prepare_trial(
        settings, tools, catalog, SandboxWish(size=SIZE), scenario=look_up_scenario(catalog, slug)
    )
    run_trial(settings, tools, prepared, RunWish(), listeners=(stages.hear,))
    stages.end()
    return stages
