"""A registrar reads a register in a browser, is written down for it, and nobody else gets in."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

Visit = Callable[..., str]
COOKIE = "digital-registries-session"
PUBLIC = "http://public.test/public/digital-registries"


@pytest.fixture
def visit(client: TestClient, peers: PeersDouble) -> Visit:
    """Open a page as somebody, and give its words."""

    def call(path: str = "", role: str = "registrar", status: int = 200, **query: str) -> str:
        client.cookies.clear()
        if role:
            client.cookies.set(COOKIE, peers.token(f"STAFF-{role}", role).removeprefix("Bearer "))
        answer = client.get(f"/registers{path}", params=query)
        assert answer.status_code == status
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        return answer.text

    return call


def test_registers_are_shown_to_registrars_and_to_nobody_else(visit: Visit, client: TestClient) -> None:
    assert "Land parcels" in visit()
    assert "Land parcels" not in visit(role="")
    assert "Only registrars" in visit(role="payroll-maker", status=403)
    assert "Only registrars" in visit("/individuals/1.0/record", role="payroll-maker", status=403, id="ZZ0")
    client.cookies.clear()
    stranger = client.get("/registers/individuals/1.0", follow_redirects=False)
    assert (stranger.status_code, stranger.headers["Location"]) == (303, f"{PUBLIC}/registers/login")


def test_a_register_of_people_is_searched_and_not_leafed_through(visit: Visit) -> None:
    assert "searched and not leafed through" in visit("/individuals/1.0")
    assert "ZZ0" not in visit("/individuals/1.0", search=" ")
    found = visit("/individuals/1.0", search="^a", field="givenName")
    assert ("1 record found" in found, "Ada" in found, "Dora" in found) == (True, True, False)
    assert "No record found" in visit("/individuals/1.0", search="nobody")
    assert "Northmarch" in visit("/districts/1.0")


def test_fields_are_shown_in_the_order_in_which_they_were_designed(visit: Visit) -> None:
    heads = re.findall("<th scope=col>(.*?)</th>", visit("/individuals/1.0", search="ada"))
    assert heads == ["Individual id", "Given name", "Family name", "Sex", "Birth date"]


def test_whoever_looks_is_shown_to_the_next_one(visit: Visit, database: str) -> None:
    visit("/individuals/1.0", search="ada")
    page = visit("/individuals/1.0/record", id="ZZ0")
    assert "1980-01-31" in page
    assert page.count("STAFF-registrar</td>") == 2
    with psycopg.connect(database) as db:
        lines = db.execute("SELECT individual_id, operation, person FROM usages ORDER BY id").fetchall()
    assert lines == [("ZZ0", "list", "STAFF-registrar"), ("ZZ0", "read", "STAFF-registrar")]


def test_what_came_from_outside_is_text_and_nothing_else(visit: Visit, ask: Callable[..., object]) -> None:
    attack = "<script>alert('x')</script>"
    ask("update", "individuals", query={"individualId": "ZZ1"}, write={"familyName": attack})
    for page in (
        visit("/individuals/1.0", search=attack, field="familyName"),
        visit("/individuals/1.0/record", id="ZZ1"),
        visit("/individuals/1.0/record", id=attack, status=404),
        visit("/individuals/1.0", search="x", field=attack, status=400),
    ):
        assert "<script" not in page
    assert "&lt;script&gt;" in visit("/individuals/1.0/record", id="ZZ1")


def test_pages_lead_on_and_back(visit: Visit, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocks.digital_registries.pages.PAGE_SIZE", 1)
    monkeypatch.setattr("blocks.digital_registries.routes.room.PAGE_SIZE", 1)
    first = visit("/individuals/1.0", search="ash", field="familyName")
    assert ("Next page" in first, "Previous page" in first) == (True, False)
    onward = re.search(f"href='{PUBLIC}([^']*page=2)'", first)
    assert onward is not None
    second = client.get(onward[1].replace("&amp;", "&")).text
    assert ("ZZ1" in second, "Next page" in second, "Previous page" in second) == (True, True, True)


def test_a_log_in_leads_to_identity_and_a_log_out_needs_its_own_form(
    client: TestClient, peers: PeersDouble, visit: Visit
) -> None:
    peers.answer("POST", "/r1/SBX/GOV/CENTRAL/identity/client-mgmt/oidc-client", 200, {"errors": []})
    begun = client.get("/registers/login", follow_redirects=False)
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{PUBLIC}/registers/back"]
    assert client.get("/registers/back", params={"code": "c", "state": "other"}).status_code == 403
    seal = re.search("name=seal value='([^']+)'", visit())
    assert seal is not None
    assert client.post("/registers/logout", data={"seal": "another"}).status_code == 403
    left = client.post("/registers/logout", data={"seal": seal[1]}, follow_redirects=False)
    assert (left.status_code, left.headers["Location"]) == (303, f"{PUBLIC}/registers")
    assert left.headers["set-cookie"].startswith(f'{COOKIE}=""; expires=')


def test_pages_say_so_when_nobody_can_log_in(client: TestClient) -> None:
    assert client.get("/registers/login").status_code == 502
