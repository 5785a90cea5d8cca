"""`sandbox verify`: is this evidence as it was signed, and does the register of runs hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_json
from sandbox.errors import NotFound
from sandbox.evidence.keys import open_key
from sandbox.evidence.register import verify_register
from sandbox.evidence.seal import verify_bundle
from sandbox.settings import Settings


def verify(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of a run's evidence; the register of runs when not given.", show_default=False
        ),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            "--fingerprint",
            help="Fingerprint the key must have, as you got it elsewhere.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the signature and every file of a run's evidence, or the chain of the register of runs.

    Ends with 0 when all holds and 1 when anything was changed.
    """
    settings = Settings()
    if folder is None:
        what, problems = (
            "register of runs",
            list(verify_register(settings.runs, open_key(settings.home)).problems),
        )
    elif not folder.is_dir():
        raise NotFound(f"there is no evidence in {folder}", hint="name the folder that index.html lies in")
    else:
        what, problems = str(folder), verify_bundle(folder, fingerprint=fingerprint)
    if as_json:
        print_json({"checked": what, "problems": problems})
    elif problems:
        for problem in problems:
            err().print(problem, markup=False, soft_wrap=True)
    else:
        out().print(f"[green]● holds[/green]  {what}")
    raise typer.Exit(1 if problems else 0)
