"""`sandbox attack`: does this Engine keep in what runs on it? Tried, not believed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_json, print_table
from sandbox.errors import UsageError
from sandbox.lifecycle.service import adopt
from sandbox.model.attack import AttackReport
from sandbox.prover import load_prover
from sandbox.settings import Settings

RUNTIME = "docker"
LEASE = timedelta(minutes=30)
"""A killed attack leaves its sandboxes; the next command after this time removes them."""
LEAST_CITIZENS = 100


def attack(
    name: Annotated[
        str | None,
        typer.Argument(help="A sandbox to attack; without one, two are made for it.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Attack the isolation of the docker runtime from inside, and say what held.

    Packets are counted where they would arrive. When all claims hold, products under evaluation
    may start on this Engine. Ends with 1 when one did not hold.

    Example: sandbox attack
    """
    # Loaded here: other commands need none of it.
    from sandbox.candidates.passes import keep_report
    from sandbox.candidates.selftest import BLOCKS, attack_our_own, attack_running
    from sandbox.preparing import SandboxWish, draw_name, prepare_trial

    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        tools = make_tools(settings, RUNTIME, shown.report)
        prover = load_prover(RUNTIME, settings)
        if prover is None:
            raise UsageError(f"the runtime {RUNTIME!r} has nothing to attack")
        if name is not None:
            report = attack_running(tools, prover, adopt(tools, name))
        else:
            asked = SandboxWish(name=draw_name("attacked"), size=LEAST_CITIZENS, lease=LEASE)
            prepared = prepare_trial(settings, tools, make_catalog(settings), asked, blocks=BLOCKS)
            report = attack_our_own(tools, prover, prepared.wish)
            keep_report(settings.home, report)
    if as_json:
        print_json({**report.model_dump(mode="json"), "passed": report.passed})
    else:
        _print(report)
    raise typer.Exit(0 if report.passed else 1)


def _print(report: AttackReport) -> None:
    marks = {True: "● held", False: "✗ not held"}
    print_table(
        ("", "area", "claim", "found"),
        [(marks[each.held], each.area, each.claim, each.found) for each in report.claims],
        empty="nothing was tried",
    )
    broken = sum(not each.held for each in report.claims)
    engine = f"Docker {report.engine_version} on Linux {report.kernel}"
    if report.passed:
        out().print(f"\n[green]● {len(report.claims)} claims held[/green]  {engine}, {report.seconds:.0f} s")
    else:
        out().print(f"\n[red]✗ {broken} of {len(report.claims)} claims did not hold[/red]  {engine}")
        out().print("no product under evaluation starts here")
