"""From a wish and a site to the programs that run: one specification per block, and the controls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.lifecycle.foreign import candidate_specs, peer_of
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.block import BlockDescriptor
from sandbox.model.candidate import Candidate
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import InstanceSpec, Limits, Site
from sandbox.seeding.plan import ENVIRONMENT_NAME, DatabaseWish, SeedingPlan

CONTROLS = "controls"
MEDIATOR = "information-mediator"
SEEDING = "seeding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything that instance specifications follow from."""

    spec: SandboxSpec
    site: Site
    secrets: Secrets
    blocks: Mapping[str, BlockDescriptor]
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    """Products that take a block's place, by the block's slug."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all instances, the controls included."""
        return (*sorted(self.blocks), CONTROLS)

    @property
    def reference(self) -> tuple[str, ...]:
        """Blocks that are ours, whose databases we make and fill."""
        return reference_blocks(self.blocks, self.candidates)


def reference_blocks(
    blocks: Mapping[str, BlockDescriptor], candidates: Mapping[str, Candidate]
) -> tuple[str, ...]:
    """Name the blocks whose place no product takes."""
    return tuple(slug for slug in sorted(blocks) if slug not in candidates)


def database_name(prefix: str, slug: str) -> str:
    """Name a block's live database, and its serving role."""
    return f"{prefix}_{slug.replace('-', '_')}"


def database_wish(layout: Layout, slug: str) -> DatabaseWish:
    """Say which database a block has. The mediator's message log outlives a reset."""
    seed = layout.blocks[slug].seed
    return DatabaseWish(
        block=slug,
        database=_database(layout.site, slug),
        role=_database(layout.site, slug),
        password=layout.secrets.database(slug),
        loader=seed.loader if seed else None,
        keeps_through_reset=slug == MEDIATOR,
    )


def seeding_spec(layout: Layout) -> InstanceSpec:
    """Specify the program that creates and fills every database."""
    return InstanceSpec(
        sandbox=layout.spec.name,
        name=SEEDING,
        module="sandbox.seeding",
        arguments=(),
        environment={ENVIRONMENT_NAME: _seeding_plan(layout).model_dump_json()},
        limits=Limits(memory_mib=1024, cpus=2.0),
        reads_data=True,
    )


def serving_specs(layout: Layout) -> dict[str, InstanceSpec]:
    """Specify every serving instance, by name."""
    specs = {slug: _block_spec(layout, slug) for slug in layout.reference}
    specs[CONTROLS] = _controls_spec(layout)
    for candidate in layout.candidates.values():
        specs |= candidate_specs(candidate, _common(layout, candidate.block), layout.secrets)
    return specs


def _block_spec(layout: Layout, slug: str) -> InstanceSpec:
    descriptor = layout.blocks[slug]
    environment = {**_common(layout, slug), "DATABASE_URL": _serving_url(layout, slug)}
    if slug == MEDIATOR:
        environment |= _mediator_environment(layout)
    return InstanceSpec(
        sandbox=layout.spec.name,
        name=slug,
        module=descriptor.module,
        environment=environment,
        leads_out=slug == MEDIATOR and any(each.outside for each in layout.candidates.values()),
    )


def _controls_spec(layout: Layout) -> InstanceSpec:
    return InstanceSpec(
        sandbox=layout.spec.name,
        name=CONTROLS,
        module="sandbox.controls",
        environment={
            **_common(layout, CONTROLS),
            "SANDBOX_TOKEN": layout.secrets.token,
            "DATA_DIR": layout.site.data,
            "CLOCK_START": layout.spec.clock_start.isoformat(),
            ENVIRONMENT_NAME: _seeding_plan(layout).model_dump_json(),
        },
        limits=Limits(memory_mib=512),
        reads_data=True,
    )


def _common(layout: Layout, name: str) -> dict[str, str]:
    return {
        "PORT": str(layout.site.ports[name]),
        "MEDIATOR_URL": layout.site.addresses[MEDIATOR],
        "ISSUER_URL": f"{layout.site.public_url}/public/identity",
        "SANDBOX_ID": layout.spec.name,
        "SANDBOX_SECRET": layout.secrets.block(name),
    }


def _mediator_environment(layout: Layout) -> dict[str, str]:
    peers: dict[str, dict[str, Any]] = {
        name: {"url": layout.site.addresses[name], "secret": layout.secrets.block(name)}
        for name in layout.names
        if name != MEDIATOR
    }
    for slug, candidate in layout.candidates.items():
        peers[slug] |= peer_of(candidate, layout.site.addresses[slug], layout.site.ways)
    hosts = [url.removeprefix("http://") for url in (layout.site.public_url, layout.site.addresses[MEDIATOR])]
    public_port = layout.site.public_url.rpartition(":")[2]
    return {
        "PEERS": json.dumps(peers),
        "SANDBOX_TOKEN": layout.secrets.token,
        "PUBLIC_URL": layout.site.public_url,
        "ALLOWED_HOSTS": ",".join([*hosts, f"localhost:{public_port}"]),
    }


def _seeding_plan(layout: Layout) -> SeedingPlan:
    database = layout.site.database
    return SeedingPlan(
        admin_url=database.url(f"{database.prefix}_admin"),
        data=layout.site.data,
        databases=tuple(database_wish(layout, slug) for slug in layout.reference),
    )


def _serving_url(layout: Layout, slug: str) -> str:
    name = _database(layout.site, slug)
    return layout.site.database.url(name, user=name, password=layout.secrets.database(slug))


def _database(site: Site, slug: str) -> str:
    return database_name(site.database.prefix, slug)
