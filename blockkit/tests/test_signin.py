"""A block's pages log people in: whatever comes back is held against what was begun."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import Response
from joserfc import jwt
from starlette.testclient import TestClient

from blockkit.app import build_block, make_kit
from blockkit.problems import Problem
from blockkit.signin import SignIn
from blockkit.testing import ISSUER, PeersDouble, as_mediator, environment_for

PAGES = "http://public.test/public/desk"
CLIENTS = "/r1/SBX/GOV/CENTRAL/identity/client-mgmt/oidc-client"


@pytest.fixture
def desk(peers: PeersDouble, tmp_path: Any) -> Iterator[TestClient]:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n")
    kit = make_kit("desk", environment_for("postgresql://nowhere/x"), peers.transport())
    sign_in = SignIn(kit, "Desk", "/desk")
    router = APIRouter()

    @router.get("/desk")
    def home(request: Request) -> dict[str, str]:
        visitor = sign_in.visitor(request)
        return {
            "who": visitor.caller.individual_id if visitor else "",
            "seal": visitor.seal if visitor else "",
        }

    @router.get("/desk/login")
    def begin(onward: str = "") -> Response:
        return sign_in.begin(onward)

    @router.get("/desk/back")
    def back(request: Request) -> Response:
        return sign_in.finish(request)

    peers.answer("POST", CLIENTS, 200, {"response": {}, "errors": []})
    with as_mediator(build_block(kit, tmp_path, [router])) as client:
        yield client


def begin(desk: TestClient, onward: str = "/desk") -> dict[str, str]:
    """Begin a log-in; the way's cookie is kept by hand, because its path is the public one."""
    answer = desk.get("/desk/login", params={"onward": onward}, follow_redirects=False)
    assert answer.headers["location"].startswith(f"{ISSUER}/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/public/desk" in cookie
    return {**asked, "cookie": cookie.partition(";")[0]}


def give_tokens(peers: PeersDouble, asked: dict[str, str], **changed: Any) -> list[dict[str, str]]:
    """Let the token endpoint answer; gives what it was sent."""
    sent: list[dict[str, str]] = []

    def exchange(request: httpx2.Request) -> httpx2.Response:
        sent.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": ISSUER,
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "exp": now + 60,
            **changed,
        }
        id_token = jwt.encode(
            {"alg": "ES256", "kid": "test", "typ": "JWT"}, claims, peers.key, algorithms=["ES256"]
        )
        access = peers.token("ZZ1", "citizen").removeprefix("Bearer ")
        return httpx2.Response(200, json={"access_token": access, "id_token": id_token, "expires_in": 60})

    peers.answers[("POST", "/public/identity/oauth/token")] = exchange
    return sent


def come_back(desk: TestClient, asked: dict[str, str], **query: str) -> Any:
    return desk.get("/desk/back", params=query, headers={"Cookie": asked["cookie"]}, follow_redirects=False)


def test_a_log_in_ends_on_the_page_it_began_for(desk: TestClient, peers: PeersDouble) -> None:
    asked = begin(desk, "/desk/tasks")
    sent = give_tokens(peers, asked)
    answer = come_back(desk, asked, code="c1", state=asked["state"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/desk/tasks")
    assert asked["code_challenge_method"] == "S256"
    assert sent[0]["redirect_uri"] == asked["redirect_uri"] == f"{PAGES}/desk/back"
    session = answer.headers["set-cookie"].partition(";")[0]
    told = desk.get("/desk", headers={"Cookie": session}).json()
    assert (told["who"], len(told["seal"])) == ("ZZ1", 64)
    assert desk.get("/desk").json() == {"who": "", "seal": ""}


@pytest.mark.parametrize(
    "onward", ["https://elsewhere.example", "//elsewhere.example", "/desk\\x", "", "/other"]
)
def test_nobody_is_sent_elsewhere_after_the_log_in(desk: TestClient, peers: PeersDouble, onward: str) -> None:
    asked = begin(desk, onward)
    give_tokens(peers, asked)
    answer = come_back(desk, asked, code="c1", state=asked["state"])
    assert answer.headers["location"] == f"{PAGES}/desk"


def test_what_was_not_begun_here_is_refused(desk: TestClient, peers: PeersDouble) -> None:
    asked = begin(desk)
    give_tokens(peers, asked)
    assert come_back(desk, asked, code="c1", state="other").status_code == 403
    assert come_back(desk, {"cookie": ""}, code="c1", state=asked["state"]).status_code == 403
    assert come_back(desk, {"cookie": "desk-way=e30="}, code="c1", state="").status_code == 403
    assert come_back(desk, asked, error="access_denied", state=asked["state"]).status_code == 403


@pytest.mark.parametrize(
    "changed", [{"nonce": "old"}, {"aud": "somebody"}, {"iss": "http://else"}, {"exp": 1}]
)
def test_an_id_token_for_somebody_else_logs_nobody_in(
    desk: TestClient, peers: PeersDouble, changed: dict[str, Any]
) -> None:
    asked = begin(desk)
    give_tokens(peers, asked, **changed)
    refused = come_back(desk, asked, code="c1", state=asked["state"])
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)


def test_a_new_epoch_registers_a_new_client(desk: TestClient, peers: PeersDouble) -> None:
    first, again = begin(desk), begin(desk)
    assert first["client_id"] == again["client_id"]
    desk.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": 2})
    assert begin(desk)["client_id"] != first["client_id"]
    peers.answer("POST", CLIENTS, 403, {"type": "urn:x"})
    desk.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": 3})
    assert desk.get("/desk/login").status_code == 502


def test_problem_is_what_a_seal_raises() -> None:
    from blockkit.access import ANYONE
    from blockkit.signin import Visitor

    with pytest.raises(Problem, match="another log-in"):
        Visitor(ANYONE, "right").require_seal("wrong")
