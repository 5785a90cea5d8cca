"""`sandbox data`: fictitious citizens without a sandbox around them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.commands.data_clean import clean
from sandbox.cli.live import live
from sandbox.cli.options import Json, Pack, Seed, Size
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.model.population import ask_for
from sandbox.settings import Settings

app = typer.Typer(
    help="Country packs and fictitious populations.", no_args_is_help=True, rich_markup_mode=None
)
app.command()(clean)


@app.command()
def packs(as_json: Json = False) -> None:
    """List the country packs."""
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.population import list_packs

    found = list_packs(Settings().content)
    if as_json:
        print_json([{"pack": pack.code, "country": pack.profile.country} for pack in found])
        return
    print_table(
        ("pack", "country"), [(pack.code, pack.profile.country) for pack in found], empty="there is no pack"
    )


@app.command(name="generate")
def generate_(
    out_folder: Annotated[
        Path, typer.Option("--out", help="New folder for the Parquet files.", file_okay=False)
    ],
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Write a population as Parquet files with a manifest that says how far nobody in it is real.

    Example: sandbox data generate --pack rw --size 100000 --out people
    """
    from sandbox.population import generate, load_pack

    ref = ask_for(pack=pack, size=size, seed=seed)
    with live(err(), quiet=as_json) as shown:
        manifest = generate(
            load_pack(Settings().content, pack),
            ref,
            out_folder,
            progress=lambda share: shown.report("making fictitious citizens", int(share * size), size),
        )
    if as_json:
        print_json(manifest)
        return
    out().print(manifest.statement, markup=False)
    out().print(f"digest {manifest.digest}")
    print_alone(str(out_folder))
