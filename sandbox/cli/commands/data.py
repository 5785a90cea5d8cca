"""`sandbox data`: fictitious citizens without a sandbox around them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.commands.data_clean import clean
from sandbox.cli.live import live
from sandbox.cli.options import Json, Pack, Seed, Size
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.errors import UsageError
from sandbox.model.population import Manifest, ask_for
from sandbox.settings import Settings

Out = Annotated[Path, typer.Option("--out", help="New folder for the Parquet files.", file_okay=False)]

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
    out_folder: Out,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    shards: Annotated[
        str | None, typer.Option(help="Write one shard only: 2/8 is the second of eight.", metavar="I/N")
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="How many processes draw at once.", min=1, max=64, show_default="by size"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a population as Parquet files with a manifest that says how far nobody in it is real.

    With --shards, machines that share nothing each write a part of it; see `sandbox data merge`.

    Example: sandbox data generate --pack rw --size 100000 --out people
    """
    from sandbox.population import generate, generate_shard, load_pack

    ref = ask_for(pack=pack, size=size, seed=seed)
    found = load_pack(Settings().content, pack)
    with live(err(), quiet=as_json) as shown:

        def report(share: float) -> None:
            shown.report("making fictitious citizens", int(share * size), size)

        if shards is not None:
            number, count = _read_shards(shards)
            described = generate_shard(
                found, ref, out_folder, number=number, count=count, progress=report, processes=processes
            )
            manifest = None
        else:
            manifest = generate(found, ref, out_folder, progress=report, processes=processes)
    if manifest is not None:
        _show(manifest, out_folder, as_json=as_json)
    elif as_json:
        print_json(described)
    else:
        out().print(f"shard {described.number} of {described.count}, of {ref.size} citizens in all")
        print_alone(str(out_folder))


@app.command(name="merge")
def merge_(
    folders: Annotated[
        list[Path], typer.Argument(help="Every shard's folder, in any order.", file_okay=False)
    ],
    out_folder: Out,
    as_json: Json = False,
) -> None:
    """Put the shards of a population together: the same files as one `generate` writes.

    Example: sandbox data merge shard-1 shard-2 --out people
    """
    from sandbox.population import load_pack, merge, read_shard

    pack = load_pack(Settings().content, read_shard(folders[0]).pack)
    with live(err(), quiet=as_json) as shown:
        manifest = merge(
            pack,
            folders,
            out_folder,
            progress=lambda share: shown.report("merging shards", int(share * 100), 100),
        )
    _show(manifest, out_folder, as_json=as_json)


def _read_shards(text: str) -> tuple[int, int]:
    number, slash, count = text.partition("/")
    if not (slash and number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise UsageError(f"--shards {text!r} can't be read", hint="say which of how many, as in 2/8")
    return int(number), int(count)


def _show(manifest: Manifest, folder: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(manifest)
        return
    out().print(manifest.statement, markup=False)
    out().print(f"digest {manifest.digest}")
    print_alone(str(folder))
