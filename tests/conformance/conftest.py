"""Each reference block standing alone behind a real server, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from blockkit.standalone import Load, Server
from sandbox.catalog.blocks import Block
from sandbox.catalog.catalog import open_catalog
from sandbox.settings import CONTENT_ROOT
from tests.fakes.serving import serving
from tests.fakes.standing_block import make_app

CATALOG = open_catalog(CONTENT_ROOT)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Standing:
    """A block and the address it answers at."""

    block: Block
    address: str


@pytest.fixture(scope="module", params=CATALOG.block_slugs())
def standing(
    request: pytest.FixtureRequest, postgres: Server, loaded: Callable[[Load], str]
) -> Iterator[Standing]:
    """One block for all tests of a module, with an empty database of its own."""
    block = CATALOG.block(request.param)
    name = f"standing_{next(_numbers)}"

    def clone(load: Load) -> str:
        place, _, template = loaded(load).rpartition("/")
        postgres.clone_database(name, template)
        return f"{place}/{name}"

    with serving(make_app(block.folder.name, clone)) as address:
        yield Standing(block, address)
    postgres.drop_database(name)
