"""`sandbox play`: a scenario in a sandbox that Compose started, with evidence as after any run."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.bootstrap import make_catalog, make_tools, open_languages
from sandbox.cli.commands.export import RUNTIME, open_composer
from sandbox.cli.live import live
from sandbox.cli.options import Json, Languages, Out, Verbose, read_inputs
from sandbox.cli.output import MARKS, err, out, print_alone, print_json
from sandbox.errors import StateConflict
from sandbox.settings import Settings


def play(
    folder: Annotated[Path, typer.Argument(help="A folder of `sandbox export compose` that was started.")],
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="An input of the scenario, name=value; repeatable.")
    ] = None,
    languages: Languages = None,
    out_folder: Out = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Play the scenario of an exported sandbox through its published door; it stays up.

    Ends as `sandbox run` does. What the blocks logged is docker-compose's to show.

    Example: sandbox play cash-transfer-compose
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.composing.folder import adopt_folder
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
    from sandbox.trial import RunWish, exit_code_of, run_trial

    settings = Settings()
    spoken = open_languages(settings, languages)
    running = adopt_folder(open_composer(settings), folder)
    spec, ref = running.spec, running.spec.population
    assert spec.scenario is not None, "what is exported is a scenario's"
    with live(err(), quiet=as_json, verbose=verbose) as shown:
        tools = make_tools(settings, RUNTIME, shown.report)
        with running.gate() as gate:
            gate.readiness()  # nobody there: said before citizens are made
        catalog = make_catalog(settings)
        prepared = prepare_trial(
            settings,
            tools,
            catalog,
            SandboxWish(name=spec.name, pack=ref.pack, size=ref.size, seed=ref.seed, dirt=ref.dirt),
            scenario=look_up_scenario(catalog, spec.scenario),
        )
        if prepared.wish.spec.population_digest != spec.population_digest:
            raise StateConflict(
                f"{folder} holds other citizens than this version makes of the same pack, size and seed",
                hint="export it again with this version",
            )
        how = RunWish(
            inputs=read_inputs(inputs or []),
            out=out_folder,
            command=shlex.join(["sandbox", *sys.argv[1:]]),
            at=running,
            languages=spoken,
        )
        result = run_trial(settings, tools, prepared, how, listeners=(shown.hear,))
    verdict = result.finished.verdict
    if as_json:
        print_json(
            {
                "run": result.finished.run,
                "outcome": verdict.outcome.value,
                "verdict": verdict,
                "outputs": result.finished.outputs,
                "evidence": str(result.page),
            }
        )
    else:
        mark, colour = MARKS[verdict.outcome]
        sentence = verdict.sentence.replace("[", r"\[")
        out().print(f"\n[{colour}]{mark} {verdict.outcome.value}[/{colour}]  {sentence}")
        print_alone(str(result.page))
    raise typer.Exit(exit_code_of(verdict.outcome))
