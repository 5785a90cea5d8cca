"""How commands about citizens find them: a folder, or a population by name, made when it is not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.output import err
from sandbox.errors import UsageError
from sandbox.model.population import Manifest, ask_for
from sandbox.settings import Settings

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="[DIR]", help="Folder of a population that was generated.", show_default=False),
]
PackOr = Annotated[
    str | None, typer.Option("--pack", help="Country pack, when no folder is given: zz.", show_default=False)
]
SizeOr = Annotated[int | None, typer.Option("--size", help="How many persons: 1000.", show_default=False)]
SeedOr = Annotated[
    int | None, typer.Option("--seed", help="Which of the pack's populations: 1.", show_default=False)
]


@dataclass(frozen=True, slots=True)
class Found:
    """A population on disk."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Say which one it is, as on every page and document."""
        told = self.manifest
        return f"Fictitious data · {told.country} · {told.size:,} persons · seed {told.seed}"


def find_population(
    folder: Path | None, pack: str | None, size: int | None, seed: int | None, *, quiet: bool
) -> Found:
    """Read the folder, or take the named population from the cache and generate it when it is not there.

    Raises UsageError when both are named, ContentError when the folder holds no population or a damaged one.
    """
    # Loaded here: numpy and pyarrow take longer to load than most commands take to answer.
    from sandbox.population import check_sums, ensure, load_pack, read_manifest

    if folder is not None:
        if pack is not None or size is not None or seed is not None:
            raise UsageError(
                f"both the folder {folder} and a population by name are given",
                hint="give the folder alone, or --pack, --size and --seed without it",
            )
        found = Found(folder, read_manifest(folder))
        check_sums(folder)
        return found
    settings = Settings()
    ref = ask_for(
        pack="zz" if pack is None else pack,
        size=1000 if size is None else size,
        seed=1 if seed is None else seed,
    )
    with live(err(), quiet=quiet) as shown:

        def tell(share: float) -> None:
            shown.report("making fictitious citizens", int(share * ref.size), ref.size)

        made = ensure(
            load_pack(settings.content, ref.pack), ref, settings.home / "populations", progress=tell
        )
    return Found(*made)
