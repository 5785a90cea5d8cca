"""A product that is told its citizens call by call answers as the reference does that was loaded in bulk.

The product is our own digital registries, begun empty: what differs can only come from the seeding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.digital_registries.app import create_app
from blocks.digital_registries.seed import load
from sandbox.candidates.seed_calls import Bookmark, Pace, Seeding, SeedingBroke, digest_of, seed
from sandbox.candidates.seed_plan import read_plan
from sandbox.catalog.catalog import open_catalog
from sandbox.model.population import PopulationRef
from sandbox.population import ensure, load_pack
from sandbox.settings import CONTENT_ROOT

PLAN = """\
calls:
  - each: persons
    lookup: {households: household_no}
    operation: create
    path: {registryName: individuals, versionNumber: "1.0"}
    body:
      write:
        content:
          individualId: "{individual_id}"
          givenName: "{given_name}"
          familyName: "{family_name}"
          sex: "{sex}"
          birthDate: "{birth_date}"
          alive: true
          deathDate: null
          householdId: "{households.household_id}"
"""
MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("populations")
    folder, _ = ensure(load_pack(CONTENT_ROOT, "zz"), PopulationRef(size=100), cache)
    return folder


@pytest.fixture
def serve(peers: PeersDouble) -> Iterator[Callable[[str], TestClient]]:
    opened: list[TestClient] = []

    def start(database: str) -> TestClient:
        client = as_mediator(create_app(environment_for(database), transport=peers.transport()))
        client.headers["Information-Mediator-Client"] = MINISTRY
        opened.append(client.__enter__())
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def test_both_ways_give_the_same_answers(
    make_database: Callable[..., str], serve: Callable[[str], TestClient], data: Path, tmp_path: Path
) -> None:
    reference, product = serve(make_database(load, data)), serve(make_database(load))
    block = open_catalog(CONTENT_ROOT).block("digital-registries")
    assert block.descriptor.seed is not None
    (tmp_path / "seed.yaml").write_text(PLAN)
    plan = read_plan(tmp_path / "seed.yaml", block.operations, block.descriptor.seed.reads)
    refused = iter([503, *[0] * 40, 500])

    def send(method: str, path: str, body: Any) -> Any:
        status = next(refused, 0)
        if status:
            return _Refusal(status)
        return product.request(method, path, json=body)

    seeding = Seeding(
        plan=plan,
        operations=block.operations,
        data=data,
        send=send,
        pace=Pace(per_second=1e9, now=lambda: 0.0, sleep=lambda _: None),
        bookmark=Bookmark(path=tmp_path / "kept.json", plan=digest_of(plan, "people", "pilot")),
    )
    with pytest.raises(SeedingBroke, match="row 41"):
        seed(seeding)
    seed(seeding)

    persons = pq.read_table(data / "persons.parquet", columns=["individual_id"]).column(0).to_pylist()
    assert len(persons) >= 100
    for individual in [*persons, "nobody"]:
        asked = {"query": {"content": {"individualId": individual}}}
        told, answered = (
            client.post("/data/individuals/1.0/read", json=asked) for client in (reference, product)
        )
        assert answered.status_code == told.status_code
        if individual != "nobody":
            assert answered.json() == told.json()
    listed = [client.get("/data/individuals/1.0?pageSize=500").json() for client in (reference, product)]
    assert listed[0] == listed[1]


class _Refusal:
    headers: dict[str, str] = {}
    text = "not now"

    def __init__(self, status: int) -> None:
        self.status_code = status
