"""`sandbox data`: fictitious citizens without a sandbox around them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.commands import (
    data_audit,
    data_clean,
    data_export,
    data_import,
    data_matches,
    data_person,
    data_query,
    data_show,
)
from sandbox.cli.live import live
from sandbox.cli.options import Dirt, Json, Pack, Seed, Size
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.errors import UsageError
from sandbox.model.dirt import DirtManifest
from sandbox.model.population import Manifest, ask_for
from sandbox.settings import Settings

Out = Annotated[Path, typer.Option("--out", help="New folder for the Parquet files.", file_okay=False)]

app = typer.Typer(
    help="Country packs and fictitious populations.", no_args_is_help=True, rich_markup_mode=None
)
app.command()(data_audit.audit)
app.command("import")(data_import.import_)
app.command()(data_show.show)
app.command()(data_person.person)
app.command()(data_query.query)
app.command()(data_export.export)
app.command()(data_matches.matches)
app.command()(data_clean.clean)


@app.command()
def packs(as_json: Json = False) -> None:
    """List the country packs: languages, naming rule, how many persons they can tell apart, weakest proof."""
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.population import list_packs
    from sandbox.population.proof.classes import class_fields, find_weakest

    found = list_packs(Settings().content)
    if as_json:
        print_json(
            [
                {
                    "pack": pack.code,
                    "country": pack.profile.country,
                    "languages": pack.profile.languages,
                    "script": pack.profile.names.script,
                    "naming_rule": pack.profile.names.rule,
                    "levels": pack.profile.places.levels,
                    "administrative_units": len(pack.units),
                    "capacity": pack.capacity,
                    "weakest": find_weakest(class_fields(pack.profile)),
                }
                for pack in found
            ]
        )
        return
    print_table(
        ("pack", "country", "languages", "script", "names", "units", "up to", "weakest proof"),
        [
            (
                pack.code,
                pack.profile.country,
                ", ".join(pack.profile.languages),
                pack.profile.names.script,
                pack.profile.names.rule,
                str(len(pack.units)),
                f"{pack.capacity:,}",
                find_weakest(class_fields(pack.profile)),
            )
            for pack in found
        ],
        empty="there is no pack",
    )


@app.command(name="generate")
def generate_(
    out_folder: Out,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    dirt: Dirt = "none",
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
    from sandbox.population import generate_shard, load_pack
    from sandbox.population.dirt import generate_dirty, read_recipe

    ref = ask_for(pack=pack, size=size, seed=seed, dirt=dirt)
    if shards is not None and dirt != "none":
        raise UsageError(
            "a shard has no registers", hint=f"write clean shards, then `sandbox data merge --dirt {dirt}`"
        )
    content = Settings().content
    found = load_pack(content, pack)
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
            manifest, planted = generate_dirty(
                found, read_recipe(content), ref, out_folder, progress=report, processes=processes
            )
    if manifest is not None:
        _show(manifest, out_folder, as_json=as_json, planted=planted)
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
    dirt: Dirt = "none",
    as_json: Json = False,
) -> None:
    """Put the shards of a population together: the same files as one `generate` writes, registers included.

    Example: sandbox data merge shard-1 shard-2 --out people
    """
    from sandbox.population import load_pack, read_shard
    from sandbox.population.dirt import merge_dirty, read_recipe

    content, first = Settings().content, read_shard(folders[0])
    ref = ask_for(pack=first.pack, size=first.size, seed=first.seed, dirt=dirt)
    with live(err(), quiet=as_json) as shown:
        manifest, planted = merge_dirty(
            load_pack(content, ref.pack),
            read_recipe(content),
            folders,
            out_folder,
            dirt=ref.dirt,
            progress=lambda share: shown.report("merging shards", int(share * 100), 100),
        )
    _show(manifest, out_folder, as_json=as_json, planted=planted)


def _read_shards(text: str) -> tuple[int, int]:
    number, slash, count = text.partition("/")
    if not (slash and number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise UsageError(f"--shards {text!r} can't be read", hint="say which of how many, as in 2/8")
    return int(number), int(count)


def _show(manifest: Manifest, folder: Path, *, as_json: bool, planted: DirtManifest | None = None) -> None:
    if as_json:
        print_json(manifest)
        return
    out().print(manifest.statement, markup=False)
    out().print(f"digest {manifest.digest}")
    if planted is not None:
        faults = sum(fault.planted for register in planted.registers for fault in register.faults)
        out().print(
            f"{faults:,} faults in {len(planted.registers)} registers ({planted.level});"
            " the truth about each is in the folder truth"
        )
    print_alone(str(folder))
