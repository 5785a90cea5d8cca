"""`sandbox log`: the message log of a live sandbox, computed again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools
from sandbox.cli.live import live
from sandbox.cli.options import Json, RuntimeName
from sandbox.cli.output import err, out, print_json
from sandbox.evidence.keys import open_key
from sandbox.evidence.message_log import LogReport, SignedHead, read_signed_head, verify_log
from sandbox.lifecycle.service import adopt
from sandbox.settings import Settings

app = typer.Typer(
    help="The message log of a sandbox's information mediator.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own: with one command alone, Typer would leave its name out."""


@app.command()
def verify(
    name: Annotated[str, typer.Argument(help="Name of the sandbox; `sandbox ls` lists them.")],
    evidence: Annotated[
        str | None,
        typer.Option(
            "--evidence",
            help="A run played in this sandbox, or its evidence's folder: the log's head is signed there.",
            show_default=False,
        ),
    ] = None,
    runtime: RuntimeName = None,
    as_json: Json = False,
) -> None:
    """Compute the chain of a sandbox's message log again, line by line.

    Without --evidence, a tail that was cut off and a chain that was computed afresh can't be told.
    Ends with 0 when all holds and 1 when anything was changed.

    Example: sandbox log verify demo --evidence 20260101-120000-abcd
    """
    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        tools = find_tools(settings, name, runtime, shown.report)
        running = adopt(tools, name)
        signed = None
        if evidence is not None:
            folder = _find_evidence(settings, evidence)
            signed = read_signed_head(folder, running.spec, open_key(settings.home))
        shown.report(f"reading the message log of {name}", 0, 1)
        with running.gate() as gate:
            report = verify_log(gate.log_lines(), signed)
    _tell(name, report, signed, as_json=as_json)
    raise typer.Exit(1 if report.problems else 0)


def _find_evidence(settings: Settings, named: str) -> Path:
    kept = settings.runs / named
    return kept if kept.is_dir() else Path(named)


def _tell(name: str, report: LogReport, signed: SignedHead | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "sandbox": name,
                "lines": report.number,
                "head": report.hash,
                "evidence": signed.run if signed else None,
                "problems": report.problems,
            }
        )
        return
    for problem in report.problems:
        err().print(problem, markup=False, soft_wrap=True)
    if report.problems:
        return
    out().print(f"[green]● holds[/green]  {report.number:,} lines, head {report.hash}", soft_wrap=True)
    if signed is None:
        out().print("a cut tail, or a chain computed afresh, shows only against evidence: --evidence RUN")
    else:
        out().print(f"line {signed.number:,} is the one that run {signed.run} was signed with")
