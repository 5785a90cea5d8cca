"""What the controls serve is what their contract promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from sandbox.controls.app import create_app, read_contract
from sandbox.controls.routes import clock
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.seeding.plan import SeedingPlan
from sandbox.settings import CONTENT_ROOT

SECRET = "between-mediator-and-controls"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    generate(load_pack(CONTENT_ROOT, "zz"), PopulationRef(size=500), tmp_path / "people")
    plan = SeedingPlan(admin_url="postgresql://a:b@127.0.0.1:9/a", data="", databases=())
    return create_app(
        {
            "MEDIATOR_URL": "http://127.0.0.1:9",
            "ISSUER_URL": "http://127.0.0.1:9/public/identity",
            "SANDBOX_TOKEN": "token",
            "SANDBOX_SECRET": SECRET,
            "CLOCK_START": "2026-01-01",
            "DATA_DIR": str(tmp_path / "people"),
            "SEEDING_PLAN": plan.model_dump_json(),
        }
    )


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, headers={"X-Sandbox-Secret": SECRET})


def _flat(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    found = set()
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found |= _flat(inner.routes)
        elif getattr(route, "include_in_schema", False):
            found |= {(method, route.path) for method in route.methods}  # type: ignore[attr-defined]
    return found


def test_code_and_contract_have_the_same_operations(app: FastAPI) -> None:
    def plain(path: str) -> str:
        return path.replace("pick_id", "pickId").replace("round_id", "roundId")

    served = {(method, plain(path)) for method, path in _flat(app.routes)}
    promised = {(method.upper(), path) for path, item in read_contract()["paths"].items() for method in item}
    assert served == promised


def test_strangers_are_not_answered(client: TestClient) -> None:
    assert client.post("/picks", json={"count": 1}, headers={"X-Sandbox-Secret": "guess"}).status_code == 401


def test_a_pick_is_gone_through_to_its_end(client: TestClient) -> None:
    pick = client.post("/picks", json={"count": 2, "where": "role == 'head'"}).json()
    seen = [client.post(f"/picks/{pick['pickId']}/next").json() for _ in range(2)]
    assert [each["citizen"] for each in seen] == pick["citizens"]
    assert [each["more"] for each in seen] == [True, False]
    assert client.post(f"/picks/{pick['pickId']}/next").status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/picks", {"count": 0}, 422, "greater than or equal to 1"),
        ("/picks", {"count": 1, "where": "size >> 2"}, 422, "can't read where"),
        ("/picks", {"count": 1, "persona": "twins"}, 422, "no persona 'twins'"),
        ("/log-ins", {}, 422, "say either individualId or role"),
        ("/plants", {"individualId": "x", "block": "identity", "change": {"a": 1}}, 404, "nobody with id"),
        ("/plants", {"individualId": "x", "block": "identity"}, 422, "say either 'change' or 'event'"),
        ("/faults", {"fault": "gremlins", "block": "identity"}, 422, "no fault is called 'gremlins'"),
        ("/faults", {"fault": "error", "block": "identity", "times": 0}, 422, "greater than or equal to 1"),
        ("/checkpoints", {"name": "../etc"}, 422, "should match pattern"),
        ("/clock", {"days": -1}, 422, "by 0 to"),
        ("/rounds/none/next", {}, 404, "no list 'none'"),
        ("/tallies", {"items": [1], "sum": "a"}, 422, "item 0 has no field 'a'"),
    ],
)
def test_bad_input_is_answered_in_words(
    client: TestClient, path: str, body: object, status: int, said: str
) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in json.dumps(answer.json())


def test_a_silent_mediator_is_said_to_be_silent(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "TRIES_EVERY", 0.0)
    answer = client.post("/clock", json={"days": 1})
    assert answer.status_code == 502
    assert "did not answer" in answer.json()["detail"]
