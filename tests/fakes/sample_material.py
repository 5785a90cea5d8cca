"""Everything else that a bundle of the made-up run is made of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.evidence.material import Material
from sandbox.evidence.register import Standing
from sandbox.model.population import FieldClass, Manifest, PopulationRef, TableManifest
from sandbox.model.sandbox import SandboxSpec
from sandbox.model.wiring import Client, Right, Service, Wiring
from sandbox.runtime import RuntimeInfo
from tests.fakes.sample_play import BLOCKS, MINISTRY, RIGHT, START, Play
from tests.fakes.sample_run import play_run


def sample_wiring() -> Wiring:
    """A wiring that names everybody."""
    services = tuple(
        Service(application=f"SBX/GOV/CENTRAL/{slug}", block=slug, name=name, operations=())
        for slug, name in [*BLOCKS.items(), ("sandbox", "Sandbox controls")]
    )
    clients = (
        Client(application=MINISTRY, name="Social ministry", proof="sandbox"),
        Client(application="SBX/GOV/CENTRAL/payments", name="Payments", proof="block", block="payments"),
    )
    right = Right(
        client=MINISTRY, service="SBX/GOV/CENTRAL/payments", operations=("*",), purpose="payment", **RIGHT
    )
    return Wiring(services=services, clients=clients, rights=(right,))


def sample_material(play: Play | None = None, **changes: Any) -> Material:
    """A whole bundle's material; any part can be replaced."""
    play = play or play_run()
    spec = SandboxSpec(
        name="usct-7f3a",
        runtime="local",
        scenario="cash-transfer",
        blocks=tuple(BLOCKS),
        population=PopulationRef(pack="rw", size=1000, seed=7),
        population_digest="sha256:" + "9b" * 32,
        clock_start=date(2026, 7, 1),
        created=START - timedelta(seconds=4),
        product_version="0.1.0",
        images={"payments": "civic-sandbox/payments@sha256:" + "e1" * 32},
    )
    manifest = Manifest(
        pack="rw",
        country="Rwanda",
        currency="RWF",
        pack_digest="sha256:" + "4c" * 32,
        size=1000,
        seed=7,
        reference_date="2026-07-01",
        digest="sha256:" + "9b" * 32,
        tables={"persons": TableManifest(rows=1000, columns=("person_no", "individual_id"))},
        fields=(
            FieldClass(
                table="persons",
                column="individual_id",
                strength="impossible",
                evidence="first digit 9",
                checked_on="2026-11-12",
            ),
        ),
        statement="Names are only plausible: by chance some may equal a real person's. "
        "Identifiers are impossible.",
    )
    material: dict[str, Any] = {
        "events": play.events,
        "exchanges": play.exchanges,
        "logs": {name: f'{{"event": "started", "block": "{name}"}}\n' for name in BLOCKS},
        "manifest": manifest,
        "wiring": sample_wiring(),
        "scenario_files": {"scenario.arazzo.yaml": b"arazzo: 1.0.1\n", "policy.yaml": b"budget: 2000000\n"},
        "spec": spec,
        "runtime": RuntimeInfo(
            name="local", version="PostgreSQL 18.1", isolates_networks=False, enforces_limits=False
        ),
        "who": "grace@workshop-laptop",
        "command": "sandbox run cash-transfer --pack rw --size 1000 --seed 7",
        "versions": {"civic-sandbox": "0.1.0", "Python": "3.11.2", "PostgreSQL": "18.1"},
        "limits": (
            "How dirty the real registers are.",
            "Fraud, connectivity and the staff's time.",
            "The load of a whole country.",
        ),
        "standing": Standing(
            group="cash-transfer",
            number=14,
            earlier={"failed": 11, "passed": 1, "unfinished": 1},
            head_number=27,
            head_hash="ab" * 32,
        ),
    }
    return Material(**{**material, **changes})
