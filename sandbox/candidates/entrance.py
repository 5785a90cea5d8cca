"""The way in for products of others: wishes as typed, the Engine of this command, what may start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.candidates.swaps import Entrance, find_candidates, read_swaps, refuse_images_in_the_catalogue
from sandbox.foreign import load_foreign
from sandbox.lifecycle.service import Tools
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate
from sandbox.prover import load_prover
from sandbox.settings import Settings


def let_in(
    settings: Settings,
    tools: Tools,
    swaps: Sequence[str],
    blocks: Mapping[str, BlockDescriptor],
    *,
    alone: bool = False,
) -> Mapping[str, Candidate]:
    """Find every product that `swaps` (`block=REF`) name, by block. Raises as `find_candidates` does.

    With `alone` they are to be measured without neighbours.
    """
    refuse_images_in_the_catalogue(blocks.values())
    wishes = read_swaps(swaps)
    if not wishes:
        return {}
    info = tools.runtime.info()
    name = info.name
    entrance = Entrance(
        runtime=name,
        prover=load_prover(name, settings),
        images=load_foreign(name, settings),
        home=settings.home,
        hosts=settings.hosts,
        isolates=info.isolates_networks,
        progress=lambda stage: tools.report(stage, 0, 1),
    )
    found = find_candidates(wishes, list(blocks), entrance)
    return {slug: each.model_copy(update={"alone": alone}) for slug, each in found.items()}
