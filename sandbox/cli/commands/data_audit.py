"""`sandbox data audit`: proves by counting that nobody in a population is real, as far as that goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.options import Json, Pack, Seed, Size
from sandbox.cli.output import err, out, print_json, print_table
from sandbox.model.population import ask_for
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.population.audit.report import AuditReport

EXIT_CHECK_FAILED = 1


def audit(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of a population.", show_default=False, file_okay=False)
    ] = None,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Count what a population's manifest claims: no valid phone, no known bank, no id of a living person.

    Without a folder the population of --pack, --size and --seed is made and audited.
    Ends with exit code 1 when a check fails.

    Example: sandbox data audit people
    """
    # Loaded here: pyarrow and the validators take longer to load than most commands take to answer.
    from sandbox.population import ensure, load_pack
    from sandbox.population.audit.audit import audit as audit_population

    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        if folder is None:
            ref = ask_for(pack=pack, size=size, seed=seed)
            folder, _ = ensure(
                load_pack(settings.content, pack),
                ref,
                settings.home / "populations",
                progress=lambda share: shown.report("making fictitious citizens", int(share * size), size),
            )
        report = audit_population(
            folder,
            lambda code: load_pack(settings.content, code),
            progress=lambda share: shown.report("counting", int(share * 100), 100),
        )
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not report.holds:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _print(report: AuditReport) -> None:
    print_table(
        ("", "check", "counted", "found", "how"),
        [
            (
                "ok" if check.holds else "FAILED",
                check.name,
                f"{check.counted:,}",
                f"{check.found:,}",
                check.how,
            )
            for check in report.checks
        ],
        empty="nothing was checked",
    )
    console = out()
    console.print()
    console.print(report.statement, markup=False)
    console.print(report.notice, markup=False)
    failed = sum(not check.holds for check in report.checks)
    console.print(f"{failed} of {len(report.checks)} checks failed" if failed else "every check holds")
