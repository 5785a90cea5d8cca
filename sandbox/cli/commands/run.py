"""`sandbox run`: the whole course of a trial in one command."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from sandbox.bootstrap import make_catalog, make_tools, open_languages
from sandbox.cli.crowd import print_crowd
from sandbox.cli.live import live
from sandbox.cli.options import (
    Dirt,
    Inputs,
    Json,
    Languages,
    Lease,
    Name,
    Out,
    Pack,
    RuntimeName,
    Scenario,
    Seed,
    Size,
    Swaps,
    Verbose,
    read_inputs,
    read_lease,
    read_rate,
)
from sandbox.cli.output import EXIT_INTERRUPTED, err, out, print_alone, print_json, say_swaps
from sandbox.cli.verdicts import print_verdict
from sandbox.evidence.wording import say_comparison, say_number
from sandbox.model.crowd import ask_for_journeys
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.evidence.material import Pilot
    from sandbox.trial import TrialResult


def run(
    scenario: Scenario,
    runtime: RuntimeName = None,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    dirt: Dirt = "none",
    name: Name = None,
    ttl: Lease = None,
    inputs: Inputs = None,
    pilot: Annotated[
        Path | None,
        typer.Option(
            "--pilot",
            help="Criteria to hold the run against, set before it: question, owner, thresholds, stop rules.",
            show_default=False,
        ),
    ] = None,
    journeys: Annotated[
        int | None,
        typer.Option(
            "--journeys",
            help="Play the journey of this many citizens instead of the story.",
            show_default=False,
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", help="How many journeys at a time, at most.", show_default="10"),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate",
            help="How many are to begin each second, such as 20/s; durations count from then.",
            show_default=False,
        ),
    ] = None,
    swaps: Swaps = None,
    languages: Languages = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox up after the run.")] = False,
    out_folder: Out = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Start blocks, seed them with fictitious citizens, play a scenario, write evidence.

    Ends with 0 when the scenario passed and met the criteria of --pilot, 1 when not, 5 when it could not
    be told.

    Example: sandbox run cash-transfer --pack rw --size 1000

    Many journeys: sandbox run cash-transfer --size 20000 --journeys 1000 --concurrency 20 --rate 20/s
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.catalog.pilots import read_pilot
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
    from sandbox.trial import RUN_LEASE, RunWish, exit_code_of, run_trial

    settings = Settings()
    spoken = open_languages(settings, languages)
    crowd = ask_for_journeys(journeys, concurrency, read_rate(rate), people=size)
    with live(err(), quiet=as_json, verbose=verbose) as shown:
        tools = make_tools(settings, runtime, shown.report)
        catalog = make_catalog(settings)
        compiled = look_up_scenario(catalog, scenario)
        criteria = (
            read_pilot(pilot, catalog.root, compiled.scenario, of_journeys=crowd is not None)
            if pilot
            else None
        )
        prepared = prepare_trial(
            settings,
            tools,
            catalog,
            SandboxWish(
                name=name, pack=pack, size=size, seed=seed, dirt=dirt, lease=read_lease(ttl) or RUN_LEASE
            ),
            scenario=compiled,
            swaps=swaps or (),
        )
        say_swaps(prepared.wish.spec.swaps, quiet=as_json)
        how = RunWish(
            inputs=read_inputs(inputs or []),
            out=out_folder,
            keep=keep,
            command=shlex.join(["sandbox", *sys.argv[1:]]),
            pilot=criteria,
            crowd=crowd,
            watch=shown.watch,
            languages=spoken,
        )
        result = run_trial(settings, tools, prepared, how, listeners=(shown.hear,))
    if as_json:
        print_json(_as_value(result))
    else:
        print_verdict(result.finished.verdict)
        if result.pilot:
            _print_criteria(result.pilot)
        if result.crowd is not None:
            print_crowd(out(), result.crowd)
        if keep:
            out().print(
                f"the sandbox is up: {prepared.wish.spec.name}  (sandbox down {prepared.wish.spec.name})"
            )
        print_alone(str(result.page))
    if result.crowd is not None and result.crowd.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    raise typer.Exit(exit_code_of(result.finished.verdict.outcome, result.pilot))


def _as_value(result: TrialResult) -> dict[str, object]:
    return {
        "run": result.finished.run,
        "outcome": result.finished.verdict.outcome.value,
        "verdict": result.finished.verdict,
        "outputs": result.finished.outputs,
        "evidence": str(result.page),
        "standing": result.standing.sentence,
        "pilot": asdict(result.pilot) if result.pilot else None,
        **({"journeys": result.crowd} if result.crowd else {}),
    }


def _print_criteria(pilot: Pilot) -> None:
    """Say what was wanted before the run and what it found."""
    console = out()
    console.print(f"\n{escape(pilot.question)}")
    for each in pilot.criteria:
        said = "[green]● met[/green]" if each.met else "[red]✗ not met[/red]"
        found = say_number(each.found, each.unit)
        told = f"{each.label}: found {found}, wanted {say_comparison(each.wanted, each.unit)}"
        console.print(f"  {said}  {escape(told)}")
    for rule in pilot.stop_rules:
        if rule.reached:
            told = f"{rule.label}: found {say_number(rule.found, rule.unit)}. {rule.then}"
            console.print(f"  [red]✗ rule for stopping reached[/red]  {escape(told)}")
