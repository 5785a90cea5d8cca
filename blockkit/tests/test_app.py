"""What every block has, tried on a block without any rules of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Header
from pydantic import BaseModel
from starlette.testclient import TestClient

from blockkit.access import Caller
from blockkit.app import build_block, make_kit
from blockkit.problems import Problem
from blockkit.testing import PeersDouble, as_mediator, environment_for


class Note(BaseModel):
    text: str


def load(connection: Any, _: Path, *, role: str) -> None:
    connection.execute("CREATE TABLE notes (text text NOT NULL)")
    connection.execute(f'GRANT SELECT, INSERT ON notes TO "{role}"')


@pytest.fixture
def app(make_database: Callable[..., str], peers: PeersDouble, tmp_path: Path) -> Any:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n")
    kit = make_kit("notes", environment_for(make_database(load)), peers.transport())
    router = APIRouter()

    @router.post("/notes")
    def write(note: Note) -> dict[str, int]:
        with kit.records.transaction() as db:
            db.execute("INSERT INTO notes VALUES (%s)", [note.text])
            row = db.execute("SELECT count(*) AS n FROM notes").fetchone()
            assert row is not None
            if note.text == "refuse":
                raise Problem(422, "not-this-one", "refused after writing")
            return {"notes": row["n"]}

    @router.get("/mine")
    def mine(authorization: str | None = Header(default=None)) -> dict[str, str]:
        return {"me": kit.access.require(authorization, "citizen").individual_id}

    return build_block(kit, tmp_path, [router])


@pytest.fixture
def client(app: Any) -> Iterator[TestClient]:
    with as_mediator(app) as client:
        yield client


def test_only_the_mediator_is_answered(client: TestClient) -> None:
    stranger = client.post("/notes", json={"text": "x"}, headers={"X-Sandbox-Secret": "guess"})
    assert stranger.status_code == 401
    assert stranger.json()["type"].endswith("/not-the-mediator")
    assert client.get("/readyz", headers={"X-Sandbox-Secret": ""}).json() == {"ready": True, "reason": ""}


def test_a_refusal_rolls_back_what_was_written(client: TestClient) -> None:
    assert client.post("/notes", json={"text": "a"}).json() == {"notes": 1}
    refused = client.post("/notes", json={"text": "refuse"})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert client.post("/notes", json={"text": "b"}).json() == {"notes": 2}


def test_a_missing_body_is_answered(client: TestClient) -> None:
    answer = client.post("/notes")
    assert answer.status_code == 400
    assert answer.json()["faults"][0]["at"] == "body"


def test_tokens_are_verified_by_identitys_keys(client: TestClient, peers: PeersDouble) -> None:
    def ask(authorization: str | None) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        return client.get("/mine", headers=headers).status_code

    assert ask(peers.token("ZZ1", "citizen")) == 200
    assert ask(None) == 401
    assert ask(peers.token("ZZ1", "citizen", lifetime=timedelta(minutes=-5))) == 401
    assert ask(peers.token("ZZ1", "registrar")) == 403
    assert ask(PeersDouble().token("ZZ1", "citizen")) == 401


def test_an_id_token_is_no_access_token(client: TestClient, peers: PeersDouble) -> None:
    for kind in ("JWT", "", "logout+jwt"):
        shown = {"Authorization": peers.token("ZZ1", "citizen", kind=kind)}
        assert client.get("/mine", headers=shown).json()["type"].endswith("token-refused")
    shown = {"Authorization": peers.token("ZZ1", "citizen", kind="application/at+JWT")}
    assert client.get("/mine", headers=shown).status_code == 200


def test_nobody_is_the_person_without_an_id() -> None:
    assert not Caller(individual_id="", roles=frozenset()).is_person("")


def test_the_clock_moves_by_an_offset(client: TestClient) -> None:
    first = client.post("/_sandbox/clock", json={"offset_seconds": 0}).json()["today"]
    later = client.post("/_sandbox/clock", json={"offset_seconds": 400 * 86400}).json()["today"]
    assert later > first


def test_a_crash_is_a_problem_and_not_a_page(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("inside")

    with (
        TestClient(app, raise_server_exceptions=False, headers=dict(as_mediator(app).headers)) as client,
        caplog.at_level(logging.ERROR),
    ):
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert "inside" not in answer.text
    assert "inside" in caplog.text
