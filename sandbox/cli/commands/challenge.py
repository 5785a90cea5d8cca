"""`sandbox challenge`: a scenario under every fault that applies, and whether anything was lost."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from sandbox.bootstrap import make_catalog, make_tools, open_languages
from sandbox.breaker import load_breaker
from sandbox.cli.live import live
from sandbox.cli.options import Json, Language, Name, Out, Pack, RuntimeName, Seed, Size, read_inputs
from sandbox.cli.output import (
    EXIT_INTERRUPTED,
    MARKS,
    err,
    out,
    print_alone,
    print_json,
    print_table,
)
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.model.challenge import ChallengeReport, FaultRow, Trial

EXIT_LOST = 1
EXIT_NOT_TOLD = 5


def challenge(
    scenario: Annotated[str, typer.Argument(help="Which scenario; `sandbox show` lists them.")],
    faults: Annotated[
        list[str] | None,
        typer.Option("--fault", help="Only this fault; repeatable. All that apply when not given."),
    ] = None,
    blocks: Annotated[
        list[str] | None, typer.Option("--block", help="Strike only at this block; repeatable.")
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(
            "--points",
            help="How many points of each fault, at most; one at every block when not given.",
            show_default=False,
            min=1,
        ),
    ] = None,
    draw: Annotated[int, typer.Option("--draw", help="What the points are drawn from.", min=0)] = 1,
    runtime: RuntimeName = None,
    pack: Pack = "zz",
    size: Size = 300,
    seed: Seed = 1,
    name: Name = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="An input of the scenario, name=value; repeatable.")
    ] = None,
    out_folder: Out = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Play a scenario under each named fault, with instances killed and restarted, and look for losses.

    Each fault strikes once per play, at a point drawn after the story's reset; the caller asks again as a
    well-behaved client does. Ends with 0 when nothing was lost, 1 when something was.

    Example: sandbox challenge cash-transfer --fault drop --fault instance-killed
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.challenge.course import run_challenge
    from sandbox.challenge.plan import choose_faults
    from sandbox.challenge.wish import ChallengeWish
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
    from sandbox.trial import RUN_LEASE

    settings = Settings()
    chosen = choose_faults(faults or ())
    (spoken,) = open_languages(settings, [language] if language else None)
    with live(err(), quiet=as_json) as shown:
        tools = make_tools(settings, runtime, shown.report)
        catalog = make_catalog(settings)
        prepared = prepare_trial(
            settings,
            tools,
            catalog,
            SandboxWish(name=name, pack=pack, size=size, seed=seed, lease=RUN_LEASE),
            scenario=look_up_scenario(catalog, scenario),
        )
        console = shown.console

        def watch(trial: Trial) -> None:
            if not as_json:
                console.print(_line(trial), soft_wrap=True)

        if not as_json:
            console.print(f"points are drawn from {draw}; --draw chooses others")
        done = run_challenge(
            settings,
            tools,
            prepared,
            ChallengeWish(
                faults=chosen,
                blocks=blocks or (),
                draw=draw,
                most=points,
                inputs=read_inputs(inputs or []),
                out=out_folder,
                command=shlex.join(["sandbox", *sys.argv[1:]]),
                language=spoken,
            ),
            load_breaker(tools.runtime.info().name, settings),
            watch,
        )
    if as_json:
        print_json({**done.report.model_dump(mode="json"), "evidence": str(done.page)})
    else:
        _print(done.report)
        print_alone(str(done.page))
    raise typer.Exit(_exit_code(done.report))


def _exit_code(report: ChallengeReport) -> int:
    if report.interrupted:
        return EXIT_INTERRUPTED
    if report.count("lost"):
        return EXIT_LOST
    return 0 if report.trials else EXIT_NOT_TOLD


def _line(trial: Trial) -> str:
    from sandbox.challenge.report import OUTCOMES, say_result

    mark, colour = MARKS[OUTCOMES[trial.result]]
    where = " ".join(part for part in (trial.point.block, trial.point.operation) if part)
    told = (
        f"{trial.point.fault} {f'at {where} ' if where else ''}before step {trial.point.step}: {trial.said}"
    )
    return f"[{colour}]{mark} {say_result(trial.result)}[/{colour}]  {escape(told)}"


def _print(report: ChallengeReport) -> None:
    from sandbox.challenge.report import say_finding

    console = out()
    console.print(f"\n{say_finding(report)}\n", markup=False)
    print_table(
        ("fault", "result", "passed", "recovered", "failed", "lost", "not met"),
        [_row(row) for row in report.rows],
        empty="no fault was played",
        numbers=range(2, 7),
    )
    for row in report.rows:
        if row.why:
            console.print(f"{row.fault.name}: {row.why}", markup=False)
    for trial in report.trials:
        for difference in trial.differences:
            console.print(f"{trial.point.fault} at {trial.point.block}: {difference}", markup=False)
    if report.interrupted:
        console.print("it was interrupted; what was found until then is written")


def _row(row: FaultRow) -> tuple[str, ...]:
    from sandbox.challenge.report import OUTCOMES, say_result

    mark, _ = MARKS[OUTCOMES[row.result]]
    counts = [row.count(each) for each in ("passed", "recovered", "failed", "lost", "unmet")]
    return (row.fault.name, f"{mark} {say_result(row.result)}", *(str(each or "") for each in counts))
