"""Bringing up a sandbox with products in it: started as any other, then seeded through their own APIs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.candidates.seed_calls import Bookmark, Pace, Seeding, digest_of, seed
from sandbox.candidates.seed_plan import read_plan
from sandbox.errors import NotFound
from sandbox.lifecycle.service import NOTES, Running, Tools, Wish, bring_up, take_down
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate, CandidateDescriptor
from sandbox.model.seeding import SeedPlan
from sandbox.model.wiring import INSTANCE, Client, Operation, Right, Wiring, application_of
from sandbox.seeding.registers import as_register

SEEDER = f"{INSTANCE}/GOV/SANDBOX/seeder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A product that is to learn what the reference block is loaded with."""

    block: str
    plan: SeedPlan
    per_second: float
    operations: Mapping[str, Operation]


def find_pupil(
    folder: Path,
    descriptor: CandidateDescriptor,
    operations: Mapping[str, Operation],
    reference: BlockDescriptor,
) -> Pupil | None:
    """Read what a product's folder says of seeding; None when it says nothing. Raises ContentError."""
    said = descriptor.seed
    if said is None:
        return None
    reads = reference.seed.reads if reference.seed else {}
    return Pupil(
        block=descriptor.slug,
        plan=read_plan((folder / said.calls).resolve(), operations, reads),
        per_second=said.per_second,
        operations=operations,
    )


def add_seeder(
    wiring: Wiring, candidates: Mapping[str, Candidate], blocks: Mapping[str, BlockDescriptor]
) -> Wiring:
    """Give who seeds the rights that its plans need. Raises ContentError before anything starts."""
    rights = [
        Right(
            client=SEEDER,
            service=application_of(pupil.block),
            operations=tuple(sorted({call.operation for call in pupil.plan.calls})),
            purpose="Tell a product under evaluation what a reference block is loaded with.",
            legal_basis="None: an act of the sandbox itself, on fictitious people.",
            retention="The life of the sandbox.",
            recipient=candidates[pupil.block].descriptor.name,
        )
        for pupil in _pupils(wiring, candidates, blocks)
    ]
    if not rights:
        return wiring
    client = Client(application=SEEDER, name="Who seeds products under evaluation", proof="sandbox")
    return wiring.model_copy(
        update={"clients": (*wiring.clients, client), "rights": (*wiring.rights, *rights)}
    )


def start_seeded(tools: Tools, wish: Wish, *, keep: bool) -> Running:
    """Bring a sandbox up and seed the products in it.

    What breaks while seeding leaves the sandbox up when it is to be kept: `sandbox seed` goes on there.
    """
    pupils = _pupils(wish.wiring, wish.candidates, wish.blocks)
    running = bring_up(tools, wish)
    try:
        for pupil in pupils:
            seed_product(tools, running, pupil, wish.population)
    except BaseException:
        if not keep:
            with suppress(NotFound):
                take_down(tools, running.spec.name)
        raise
    return running


def seed_product(tools: Tools, running: Running, pupil: Pupil, population: Path) -> int:
    """Seed one product of a running sandbox, on from where it broke off; gives how many calls were made."""
    spec = running.spec
    identity = digest_of(pupil.plan, spec.population_digest, f"{spec.name} {spec.created.isoformat()}")
    path = tools.home / NOTES / f"{spec.name}.{pupil.block}.json"
    service = application_of(pupil.block)
    with as_register(population, pupil.block) as data, running.gate() as gate:
        return seed(
            Seeding(
                plan=pupil.plan,
                operations=pupil.operations,
                data=data,
                send=lambda method, path, body: gate.call(service, method, path, client=SEEDER, json=body),
                pace=Pace(per_second=pupil.per_second, now=time.monotonic, sleep=time.sleep),
                bookmark=Bookmark(path=path, plan=identity),
                progress=lambda done, total: tools.report(f"telling {pupil.block} its citizens", done, total),
            )
        )


def _pupils(
    wiring: Wiring, candidates: Mapping[str, Candidate], blocks: Mapping[str, BlockDescriptor]
) -> list[Pupil]:
    operations = {
        service.block: {each.operation_id: each for each in service.operations} for service in wiring.services
    }
    found = (
        find_pupil(Path(candidate.ref), candidate.descriptor, operations[block], blocks[block])
        for block, candidate in candidates.items()
    )
    return [pupil for pupil in found if pupil is not None]
