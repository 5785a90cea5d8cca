"""`sandbox export compose`: a sandbox as a folder that docker-compose starts without us."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.cli.live import live
from sandbox.cli.options import Dirt, Json, Pack, Seed, Size
from sandbox.cli.output import err, out, print_alone, print_json
from sandbox.composer import Composer, load_composer
from sandbox.errors import RuntimeUnavailable
from sandbox.settings import Settings

RUNTIME = "docker"

app = typer.Typer(help="Take a sandbox elsewhere.", no_args_is_help=True, rich_markup_mode=None)


def open_composer(settings: Settings) -> Composer:
    """Open what writes and reads exported folders."""
    composer = load_composer(RUNTIME, settings)
    if composer is None:
        raise RuntimeUnavailable(f"the runtime {RUNTIME!r} writes no Compose files")
    return composer


@app.callback()
def _only_group() -> None:
    """Keep `compose` a word of its own while it is the only one."""


@app.command()
def compose(
    scenario: Annotated[str, typer.Argument(help="Whose blocks, wiring and citizens to export.")],
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out", help="New folder; SCENARIO-compose when not given.", show_default=False, file_okay=False
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", help="Port of the mediator on 127.0.0.1.", min=1, max=65535)
    ] = 8480,
    pack: Pack = "zz",
    size: Size = 1000,
    seed: Seed = 1,
    dirt: Dirt = "none",
    as_json: Json = False,
) -> None:
    """Write a Compose file, fresh secrets, citizens and a README: `docker-compose up` needs nothing else.

    Example: sandbox export compose cash-transfer --out cash-transfer-compose
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.composing.folder import write_folder
    from sandbox.population.files.new_folder import refuse_taken
    from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial

    settings = Settings()
    target = out_folder or Path(f"{scenario}-compose")
    refuse_taken(target)
    with live(err(), quiet=as_json) as shown:
        tools = make_tools(settings, RUNTIME, shown.report)
        composer = open_composer(settings)
        catalog = make_catalog(settings)
        compiled = look_up_scenario(catalog, scenario)
        wish = SandboxWish(pack=pack, size=size, seed=seed, dirt=dirt)
        prepared = prepare_trial(settings, tools, catalog, wish, scenario=compiled)
        image = composer.image(lambda stage: shown.report(stage, 0, 1))
        shown.report(f"writing {target}", 0, 1)
        written = write_folder(composer, prepared.wish, prepared.manifest, target, image=image, port=port)
    if as_json:
        print_json({"out": str(target), "url": written.url, "image": image, "services": written.services})
        return
    out().print(
        f"{len(written.services)} services, {written.url} once they run; its README says how", markup=False
    )
    print_alone(str(target))
