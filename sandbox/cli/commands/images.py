"""`sandbox images`: the one image that all reference blocks run from on Docker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_json
from sandbox.errors import UsageError
from sandbox.runtime import ImageRef, load_images
from sandbox.settings import Settings

app = typer.Typer(help="The image of the reference blocks.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def build(
    base: Annotated[
        str | None, typer.Option("--base", help="Base image with Python, best by digest.", show_default=False)
    ] = None,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Make the base from Debian packages; needs no image registry.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build the image unless exactly it is here already; its tag is the hash of what went in."""
    if base and bootstrap:
        raise UsageError("--base and --bootstrap exclude each other")
    with live(err(), quiet=as_json) as shown:
        image = load_images().build(
            Settings(), base=base, bootstrap=bootstrap, progress=lambda stage: shown.report(stage, 0, 1)
        )
    _tell(image, "built", as_json)


@app.command()
def save(
    file: Annotated[Path, typer.Argument(help="Archive to write.", dir_okay=False)], as_json: Json = False
) -> None:
    """Write the image to one file, for a venue without internet."""
    with live(err(), quiet=as_json) as shown:
        shown.report(f"writing {file}", 0, 1)
        image = load_images().save(Settings(), file)
    _tell(image, f"saved to {file}", as_json)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="Archive that `images save` wrote.", dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Bring the image of an archive onto this machine's Engine."""
    with live(err(), quiet=as_json) as shown:
        shown.report(f"reading {file}", 0, 1)
        image = load_images().load(file)
    _tell(image, "loaded", as_json)


def _tell(image: ImageRef, what: str, as_json: bool) -> None:
    if as_json:
        print_json({"tag": image.tag, "id": image.id})
    else:
        out().print(f"[green]● {what}[/green]  {image.tag}", soft_wrap=True)
