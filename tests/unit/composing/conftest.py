"""A sandbox to export, and who writes it down; no Engine is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox.lifecycle.service import Wish
from sandbox.model.block import BlockDescriptor, Loader
from sandbox.model.population import Manifest, PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.model.wiring import Client, Wiring
from sandbox.runtimes.docker.composing import DockerComposer
from sandbox.settings import Settings

SLUGS = ("information-mediator", "payments")


@pytest.fixture
def composer(tmp_path: Path) -> DockerComposer:
    return DockerComposer(Settings(home=tmp_path / "home"))


@pytest.fixture
def manifest() -> Manifest:
    return Manifest(
        pack="zz",
        country="Nowhere",
        currency="XTS",
        pack_digest="p",
        size=10,
        seed=1,
        reference_date="2026-01-01",
        digest="d",
        tables={},
        fields=(),
        statement="Nobody is real.",
    )


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    population = tmp_path / "citizens"
    (population / "registers" / "payments").mkdir(parents=True)
    for name in ("persons.parquet", "SHA256SUMS", "dirt.json", "registers/payments/accounts.parquet"):
        (population / name).write_bytes(b"x")
    (population / "truth").mkdir()
    spec = SandboxSpec(
        name="pilot-one",
        runtime="docker",
        scenario="cash-transfer",
        blocks=SLUGS,
        population=PopulationRef(size=10),
        clock_start=date(2026, 1, 1),
        created=datetime(2026, 11, 1, tzinfo=UTC),
    )
    blocks = {
        slug: BlockDescriptor(
            name=slug,
            slug=slug,
            summary="A block of this test.",
            module=f"blocks.{slug.replace('-', '_')}",
            seed=Loader(loader=f"blocks.{slug.replace('-', '_')}.seed"),
        )
        for slug in SLUGS
    }
    client = Client(application="SBX/GOV/MINISTRY/pilot", name="Ministry", proof="sandbox")
    wiring = Wiring(services=(), clients=(client,), rights=(), topics=())
    return Wish(spec=spec, blocks=blocks, wiring=wiring, population=population)
