"""`sandbox compare`: a scenario with the reference and with a product in its place, side by side."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.bootstrap import make_catalog, make_tools, open_languages
from sandbox.cli.live import live
from sandbox.cli.options import Json, Language, Out, Pack, Seed, Size, Swaps, Verbose
from sandbox.cli.output import MARKS, err, out, print_alone, print_json, print_table, say_swaps
from sandbox.errors import UsageError
from sandbox.foreign import load_foreign
from sandbox.lifecycle.service import Running, Tools
from sandbox.model.run import Event, Exchange, Listener, RunStarted
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.candidates.comparison import Comparison, OperationTook, Side
    from sandbox.model.language import Language as Spoken
    from sandbox.preparing import Prepared

RUNTIME = "docker"
PLACE = "comparisons"


def compare(
    scenario: Annotated[str, typer.Argument(help="Which scenario; `sandbox show` lists them.")],
    swaps: Swaps = None,
    runtime: Annotated[
        str, typer.Option("--runtime", help="Where blocks run: docker, or local for a product elsewhere.")
    ] = RUNTIME,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    out_folder: Out = None,
    language: Language = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Play a scenario twice on the same citizens, with the reference block and with a product.

    Ends as the product's run does: 0 passed, 1 failed, 5 when it could not be told.

    Example: sandbox compare cash-transfer --swap payments=./my-payments
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.candidates.comparison import Comparison
    from sandbox.candidates.comparison_page import write_comparison
    from sandbox.evidence.speech import Speech
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
    from sandbox.trial import RUN_LEASE, exit_code_of

    if not swaps:
        raise UsageError("say what to compare", hint="--swap payments=FOLDER, an image by digest, or a URL")
    settings = Settings()
    spoken = open_languages(settings, [language] if language else None)
    with live(err(), quiet=as_json, verbose=verbose) as shown:
        tools = make_tools(settings, runtime, shown.report)
        catalog = make_catalog(settings)
        compiled = look_up_scenario(catalog, scenario)

        def prepare(chosen: Sequence[str]) -> Prepared:
            asked = SandboxWish(pack=pack, size=size, seed=seed, lease=RUN_LEASE)
            return prepare_trial(settings, tools, catalog, asked, scenario=compiled, swaps=chosen)

        # The product first: what is wrong with it is said before an hour is spent on the reference.
        product, reference = prepare(swaps), prepare(())
        taking_part = product.wish.spec.swaps
        say_swaps(taking_part, quiet=as_json)
        before, after = (
            _play(settings, tools, prepared, [swap.block for swap in taking_part], shown.hear, stage, spoken)
            for prepared, stage in ((reference, "the reference"), (product, "the product"))
        )
        comparison = Comparison(
            scenario=scenario,
            title=compiled.scenario.story.title,
            population=product.wish.spec.population,
            swaps=taking_part,
            before=before,
            after=after,
        )
        page = write_comparison(
            (out_folder or settings.home / PLACE) / after.run, comparison, Speech(*spoken)
        )
    if as_json:
        print_json({**comparison.model_dump(mode="json"), "outcome": comparison.outcome, "page": str(page)})
    else:
        _print(comparison, page)
    raise typer.Exit(exit_code_of(comparison.outcome))


def _play(
    settings: Settings,
    tools: Tools,
    prepared: Prepared,
    blocks: Sequence[str],
    hear: Listener,
    stage: str,
    languages: tuple[Spoken, ...],
) -> Side:
    """Play one of the two runs, and measure it while everything still runs."""
    from sandbox.candidates.comparison import take_side
    from sandbox.trial import RunWish, run_trial

    foreign = load_foreign(tools.runtime.info().name, settings)
    exchanges: list[Exchange] = []
    memory: dict[str, int] = {}
    started: list[RunStarted] = []

    def look(running: Running) -> None:
        memory.update(foreign.memory(running.spec.name) if foreign else {})
        with running.gate() as gate:
            exchanges.extend(gate.exchanges())

    def note(event: Event) -> None:
        if isinstance(event, RunStarted):
            started.append(event)

    tools.report(f"playing with {stage}", 0, 1)
    how = RunWish(command=shlex.join(["sandbox", *sys.argv[1:]]), look=look, languages=languages)
    result = run_trial(settings, tools, prepared, how, listeners=(hear, note))
    return take_side(
        run=result.finished.run,
        verdict=result.finished.verdict,
        seconds=(result.finished.finished - started[0].started).total_seconds(),
        evidence=str(result.page),
        blocks=blocks,
        exchanges=exchanges,
        wiring=prepared.wish.wiring,
        memory=memory,
    )


def _print(comparison: Comparison, page: Path) -> None:
    mark, colour = MARKS[comparison.outcome]
    sentence = comparison.sentence.replace("[", r"\[")
    out().print(f"\n[{colour}]{mark} {comparison.outcome.value}[/{colour}]  {sentence}\n")

    def shown(side: OperationTook | None, told: Callable[[OperationTook], str]) -> str:
        return told(side) if side else "never called"

    print_table(
        ("block", "operation", "median", "with product", "95 %", "with product"),
        [
            (
                row.block,
                row.operation,
                shown(row.before, lambda took: f"{took.median:,.1f} ms"),
                shown(row.after, lambda took: f"{took.median:,.1f} ms"),
                shown(row.before, lambda took: f"{took.p95:,.1f} ms"),
                shown(row.after, lambda took: f"{took.p95:,.1f} ms"),
            )
            for row in comparison.rows
        ],
        empty="neither run called what is compared",
        numbers=(2, 3, 4, 5),
    )
    for name, side in (("reference", comparison.before), ("product", comparison.after)):
        said = ", ".join(f"{instance} {size:,} MiB" for instance, size in side.memory_mib.items())
        out().print(f"memory of the {name}: {said or 'not measured'}")
    print_alone(str(page))
