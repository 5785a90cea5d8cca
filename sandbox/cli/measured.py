"""The product that a measurement is about, as it was typed: at an address, an image, a folder, or ours.

What has to be started for it is started here and ended with the measurement.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.bootstrap import make_tools
from sandbox.cli.live import Live
from sandbox.cli.output import err, say_swaps
from sandbox.errors import UsageError
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.catalog.blocks import Block
    from sandbox.catalog.catalog import Catalog
    from sandbox.conformance.standing import Standing

RUNTIME = "docker"
LEASE = timedelta(hours=2)
"""A killed measurement leaves its product; the next command after this time removes it."""
LEAST_CITIZENS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which product is to be measured; our own block when everything is None."""

    url: str | None
    image: str | None
    folder: Path | None
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product that can be called, and what is to be said of it."""

    standing: Standing
    evaluated: str = ""
    relaxations: tuple[str, ...] = ()


def read_asked(url: str | None, image: str | None, candidate: Path | None, *, trust_code: bool) -> Asked:
    """Take at most one product. Raises UsageError."""
    if sum(one is not None for one in (url, image, candidate)) > 1:
        raise UsageError("--url, --image and --candidate each name a product", hint="give one of them")
    if trust_code and candidate is None:
        raise UsageError(
            "--trust-code is about the command in a product's folder", hint="name it with --candidate"
        )
    return Asked(url=url, image=image, folder=candidate, trusted=trust_code)


@contextmanager
def standing_product(
    asked: Asked, block: Block, settings: Settings, catalog: Catalog, shown: Live
) -> Iterator[Product]:
    """Give what is asked for, started when it must be; what was started is ended."""
    from sandbox.candidates.descriptor import read_candidate
    from sandbox.candidates.swaps import require_image
    from sandbox.conformance.product import check_address, started
    from sandbox.conformance.standing import Standing

    if asked.url is not None:
        yield Product(standing=Standing(address=check_address(asked.url)))
    elif asked.trusted and asked.folder is not None:
        with _trusted(asked.folder, block.slug, settings, shown) as product:
            yield product
    elif asked.image is not None or asked.folder is not None:
        if asked.folder is not None:  # said before an Engine is looked for
            require_image(read_candidate(asked.folder), str(asked.folder))
        with _on_engine(asked.image or str(asked.folder), block.slug, settings, catalog, shown) as product:
            yield product
    else:
        shown.report(f"starting our own {block.slug}", 0, 1)
        with started(block.descriptor, settings.content, settings.home / "tmp") as address:
            yield Product(standing=Standing(address=address))


@contextmanager
def _trusted(folder: Path, block: str, settings: Settings, shown: Live) -> Iterator[Product]:
    from sandbox.candidates.descriptor import read_candidate
    from sandbox.conformance.standing import check_command, standing_here

    descriptor = read_candidate(folder)
    check_command(folder, descriptor, block)
    relaxation = (
        f"{descriptor.name} ran on this machine as the user who typed this: nothing confined it, and what it "
        "reached, read and wrote was not watched."
    )
    if not shown.quiet:
        err().print(f"allowed: {relaxation}", soft_wrap=True, markup=False)
    shown.report(f"starting {descriptor.name}", 0, 1)
    with standing_here(folder, descriptor, settings.home / "tmp") as standing:
        yield Product(
            standing=standing,
            evaluated=f"{descriptor.name}: {shlex.join(descriptor.command)}",
            relaxations=(relaxation,),
        )


@contextmanager
def _on_engine(ref: str, block: str, settings: Settings, catalog: Catalog, shown: Live) -> Iterator[Product]:
    from sandbox.catalog.catalog import MEDIATOR
    from sandbox.conformance.standing import standing_on_engine
    from sandbox.preparing import SandboxWish, draw_name, prepare_trial

    tools = make_tools(settings, RUNTIME, shown.report)
    wish = SandboxWish(name=draw_name(f"measured-{block}"), size=LEAST_CITIZENS, lease=LEASE)
    prepared = prepare_trial(
        settings, tools, catalog, wish, blocks=sorted({block, MEDIATOR}), swaps=[f"{block}={ref}"], alone=True
    )
    (swap,) = prepared.wish.spec.swaps
    say_swaps([swap], quiet=shown.quiet)
    with standing_on_engine(tools, prepared.wish) as standing:
        yield Product(standing=standing, evaluated=f"{swap.name}: {swap.image}", relaxations=swap.relaxations)
