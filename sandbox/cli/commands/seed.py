"""`sandbox seed`: go on telling a product its citizens, where that broke off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.bootstrap import find_tools, make_catalog
from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_json
from sandbox.errors import UsageError
from sandbox.lifecycle.service import adopt
from sandbox.settings import Settings


def seed(
    name: Annotated[str, typer.Argument(help="A sandbox with a product that has a `seed.calls`.")],
    as_json: Json = False,
) -> None:
    """Tell the products of a sandbox what a reference block would have been loaded with.

    `up` and `run` do this by themselves; this goes on where it broke off. What was told already is
    not told again.

    Example: sandbox seed pilot
    """
    from sandbox.candidates.descriptor import read_candidate
    from sandbox.candidates.start import find_pupil, seed_product
    from sandbox.population import load_pack
    from sandbox.population.dirt import ensure_dirty, read_recipe

    settings = Settings()
    with live(err(), quiet=as_json) as shown:
        tools = find_tools(settings, name, None, shown.report)
        running, catalog = adopt(tools, name), make_catalog(settings)
        pupils = []
        for swap in running.spec.swaps:
            folder, reference = Path(swap.ref), catalog.block(swap.block)
            descriptor = read_candidate(folder) if folder.is_dir() else None
            if descriptor is not None:
                pupils.append(find_pupil(folder, descriptor, reference.operations, reference.descriptor))
        if not any(pupils):
            raise UsageError(
                f"sandbox {name!r} has no product that is seeded by calls",
                hint="a candidate's block.yaml says `seed: {calls: FILE}`",
            )
        ref = running.spec.population
        population, _, _ = ensure_dirty(
            load_pack(settings.content, ref.pack),
            read_recipe(settings.content),
            ref,
            settings.home / "populations",
            progress=lambda share: shown.report(
                "making fictitious citizens", int(share * ref.size), ref.size
            ),
        )
        made = {
            pupil.block: seed_product(tools, running, pupil, population)
            for pupil in pupils
            if pupil is not None
        }
    if as_json:
        print_json({"name": name, "calls": made})
    else:
        for block, count in made.items():
            out().print(f"[green]● seeded[/green]  {block}  {count:,} calls")
