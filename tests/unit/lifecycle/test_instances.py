"""From a wish and a site to the programs that run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from sandbox.lifecycle.instances import Layout, seeding_spec, serving_specs
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.block import BlockDescriptor, Loader
from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import DatabaseSite, Site
from sandbox.seeding.plan import ENVIRONMENT_NAME, SeedingPlan

NAMES = ("digital-registries", "information-mediator", "controls")


@pytest.fixture
def layout() -> Layout:
    addresses = {name: f"http://{name}:8080" for name in NAMES}
    spec = SandboxSpec(
        name="pilot-one",
        runtime="docker",
        blocks=NAMES[:2],
        population=PopulationRef(),
        clock_start=date(2026, 1, 1),
        created=datetime(2026, 11, 1, tzinfo=UTC),
    )
    site = Site(
        addresses=addresses,
        ports=dict.fromkeys(NAMES, 8080),
        public_url="http://127.0.0.1:4711",
        database=DatabaseSite(
            host="postgres", port=5432, user="sbx_pilot_one_admin", password="pw", prefix="sbx_pilot_one"
        ),
        data="/data",
        secret="root",
    )
    blocks = {
        slug: BlockDescriptor(
            name=slug,
            slug=slug,
            summary="A block of this test.",
            module=f"blocks.{slug.replace('-', '_')}",
            seed=Loader(loader=f"blocks.{slug.replace('-', '_')}.seed"),
        )
        for slug in NAMES[:2]
    }
    return Layout(spec=spec, site=site, secrets=Secrets("root"), blocks=blocks)


def test_a_block_is_told_the_six_names_and_no_more(layout: Layout) -> None:
    environment = serving_specs(layout)["digital-registries"].environment
    assert sorted(environment) == [
        *("DATABASE_URL", "ISSUER_URL", "MEDIATOR_URL", "PORT", "SANDBOX_ID", "SANDBOX_SECRET"),
    ]
    assert environment["MEDIATOR_URL"] == "http://information-mediator:8080"
    assert environment["ISSUER_URL"] == "http://127.0.0.1:4711/public/identity"


def test_a_block_serves_as_its_own_role_on_its_own_database(layout: Layout) -> None:
    url = serving_specs(layout)["digital-registries"].environment["DATABASE_URL"]
    password = layout.secrets.database("digital-registries")
    name = "sbx_pilot_one_digital_registries"
    assert url == f"postgresql://{name}:{password}@postgres:5432/{name}"


def test_no_block_is_told_the_administrators_password_or_the_token(layout: Layout) -> None:
    specs = serving_specs(layout)
    told = json.dumps(dict(specs["digital-registries"].environment))
    assert "sbx_pilot_one_admin" not in told
    assert layout.secrets.token not in told
    assert "sbx_pilot_one_admin" not in json.dumps(dict(specs["information-mediator"].environment))


def test_the_mediator_knows_where_everybody_else_is(layout: Layout) -> None:
    peers = json.loads(serving_specs(layout)["information-mediator"].environment["PEERS"])
    assert sorted(peers) == ["controls", "digital-registries"]
    assert peers["controls"]["secret"] == layout.secrets.block("controls")


def test_only_the_message_log_outlives_a_reset(layout: Layout) -> None:
    plan = SeedingPlan.model_validate_json(seeding_spec(layout).environment[ENVIRONMENT_NAME])
    assert {wish.block: wish.keeps_through_reset for wish in plan.databases} == {
        "digital-registries": False,
        "information-mediator": True,
    }
    assert plan.owner_url("x") == "postgresql://sbx_pilot_one_admin:pw@postgres:5432/x"
