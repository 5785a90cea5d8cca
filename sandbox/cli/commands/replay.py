"""`sandbox replay`: a run again, from its evidence alone, compared step by step."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from sandbox.bootstrap import make_catalog, make_tools, open_languages
from sandbox.cli.live import live
from sandbox.cli.options import Json, Languages, RuntimeName, Swaps, Verbose
from sandbox.cli.output import err, out, print_alone, print_json, say_swaps
from sandbox.evidence.wording import say_value
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.evidence.trace import Difference
    from sandbox.replay import Replay

MOST_STEPS = 8
MOST_OF_A_STEP = 3


def replay(
    bundle: Annotated[
        Path, typer.Argument(help="Folder of a run's evidence, or a zip of it.", show_default=False)
    ],
    fingerprint: Annotated[
        str | None,
        typer.Option(
            "--fingerprint",
            help="Fingerprint the key must have, as you got it elsewhere.",
            show_default=False,
        ),
    ] = None,
    current: Annotated[
        bool,
        typer.Option("--current", help="Play the scenario and policy that are here instead of the bundle's."),
    ] = False,
    runtime: RuntimeName = None,
    swaps: Swaps = None,
    languages: Languages = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Rebuild a run's sandbox, play its scenario again as it lies in the bundle, and compare the traces.

    Ids, times and addresses may be others as long as they are others everywhere. A bundle that is not as
    it was signed is refused before anything starts. Ends with 0 when both runs went alike and 1 when not.

    Example: sandbox replay run-14.zip
    """
    from sandbox import replay as course
    from sandbox.evidence.unpacking import open_bundle

    settings = Settings()
    spoken = open_languages(settings, languages)
    with tempfile.TemporaryDirectory(prefix="sandbox-replay-") as name:
        scratch = Path(name).resolve()
        with live(err(), quiet=as_json, verbose=verbose) as shown:
            shown.report("checking the bundle", 0, 1)
            opened = open_bundle(bundle, scratch / "bundle", fingerprint=fingerprint)
            recording = course.read_recording(opened)
            tools = make_tools(settings, runtime or recording.spec.runtime, shown.report)
            catalog = (
                make_catalog(settings)
                if current
                else course.lay_out_content(recording, settings.content, scratch)
            )
            prepared, how, notes = course.prepare_replay(
                settings, tools, catalog, recording, swaps=swaps or (), current=current
            )
            say_swaps(prepared.wish.spec.swaps, quiet=as_json)
            how = replace(how, languages=spoken)
            done = course.replay(settings, tools, recording, prepared, how, notes, listeners=(shown.hear,))
    if as_json:
        print_json(_as_value(done))
    else:
        _print(done, known=fingerprint is not None)
    raise typer.Exit(1 if done.differences else 0)


def _as_value(done: Replay) -> dict[str, Any]:
    return {
        "run": done.recording.run,
        "signedBy": done.recording.opened.fingerprint,
        "equal": not done.differences,
        "steps": done.steps,
        "trace": done.digest,
        "differences": [asdict(each) for each in done.differences],
        "notes": done.notes,
        "replay": done.result.finished.run,
        "evidence": str(done.result.page),
    }


def _print(done: Replay, *, known: bool) -> None:
    console = out()
    if not known:
        signer = done.recording.opened.fingerprint
        console.print(f"signed by key {signer}; --fingerprint holds it against the one you know")
    for note in done.notes:
        console.print(f"[yellow]▲[/yellow] {escape(note)}")
    if not done.differences:
        told = f"{done.steps:,} steps of run {done.recording.run} went as they did there"
        console.print(f"[green]● the same[/green]  {told} (trace {done.digest[:16]}…)")
    else:
        console.print(
            f"[red]✗ another way[/red]  {len(done.differences):,} differences to run {done.recording.run}"
        )
    _print_differences(done.differences)
    print_alone(str(done.result.page))


def _print_differences(differences: Sequence[Difference]) -> None:
    """Show the first steps that went another way, and of each the first things."""
    console = out()
    steps = [
        (number, list(group)) for number, group in itertools.groupby(differences, lambda each: each.number)
    ]
    for number, group in steps[:MOST_STEPS]:
        console.print(f"  step {number} “{escape(group[0].sentence.rstrip('.'))}”")
        for each in group[:MOST_OF_A_STEP]:
            then = "nothing" if each.then is None else say_value(each.then)
            now = "nothing" if each.now is None else say_value(each.now)
            console.print(f"    {escape(each.what)}: then {escape(then)}, now {escape(now)}")
        if len(group) > MOST_OF_A_STEP:
            console.print(f"    and {len(group) - MOST_OF_A_STEP:,} more")
    if len(steps) > MOST_STEPS:
        console.print(f"  and {len(steps) - MOST_STEPS:,} more steps; --json lists all")
