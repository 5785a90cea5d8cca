"""The course of an attack: sandboxes made for it or one that is there, then a report."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress

from sandbox.candidates.attack import attack
from sandbox.candidates.passes import write_report
from sandbox.candidates.target import CANDIDATE, Target
from sandbox.errors import NotFound
from sandbox.lifecycle.instances import MEDIATOR
from sandbox.lifecycle.secrets import Secrets
from sandbox.lifecycle.service import Running, Tools, Wish, bring_up, take_down
from sandbox.model.attack import AttackReport
from sandbox.prover import Prover
from sandbox.runtime import SiteRequest

BLOCKS = ("messaging", "payee-institutions")
"""What the attacked sandbox runs, beside what these require: two databases to try against each other."""


def attack_our_own(tools: Tools, prover: Prover, wish: Wish) -> AttackReport:
    """Bring up the wished sandbox, lay out another beside it, attack, and take both down again."""
    with ExitStack() as stack:
        running = bring_up(tools, wish)
        stack.callback(_take_down, tools, wish.spec.name)
        beside = f"{wish.spec.name}-b"
        stack.callback(_take_down, tools, beside)
        tools.report("laying out a sandbox beside it", 0, 1)
        tools.runtime.prepare(
            SiteRequest(
                spec=wish.spec.model_copy(update={"name": beside}),
                instances=(MEDIATOR,),
                public=MEDIATOR,
                data=wish.population,
                secret=Secrets.fresh().root,
            )
        )
        return attack_running(tools, prover, running, beside=beside)


def attack_running(
    tools: Tools, prover: Prover, running: Running, *, beside: str | None = None
) -> AttackReport:
    """Attack a sandbox that runs, and leave it running."""
    began, at = time.monotonic(), tools.now()
    target = Target(runtime=tools.runtime, prover=prover, running=running, beside=beside)
    try:
        claims = attack(target, report=tools.report)
    finally:
        tools.runtime.stop(running.spec.name, CANDIDATE, grace_seconds=0)  # the network that stood for one
    return write_report(prover.engine(), claims, at, time.monotonic() - began)


def _take_down(tools: Tools, name: str) -> None:
    tools.report("taking the attacked sandboxes down", 0, 1)
    with suppress(NotFound):
        take_down(tools, name)
