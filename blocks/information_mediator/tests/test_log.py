"""What the message log keeps, what it never keeps, and what it notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from psycopg import sql
from starlette.testclient import TestClient

from blockkit.standalone import Server
from blocks.information_mediator.__main__ import main

REGISTRIES = "/r1/SBX/GOV/CENTRAL/digital-registries"
COUNT = f"{REGISTRIES}/persons/count"


def test_personal_fields_are_listed_and_secrets_are_not_kept(
    mediator: TestClient, network: Any, registration: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    network.consents.add(("P1", "cash-transfer"))
    network.answer(
        "digital-registries",
        "GET",
        "/persons/P1",
        {
            "name": "Ada",
            "phone": None,
            "children": [{"name": "Bo"}],
            "pin_hint": "the-hint",
            "reason": {"code": 7},
        },
    )
    mediator.get(f"{REGISTRIES}/persons/P1", headers=registration)
    (line,) = exchanges()
    assert line["fields"] == ["path/individualId", "response/name", "response/children/*/name"]
    assert line["response"]["pin_hint"] == "[redacted]"
    assert line["response"]["reason"] == {"code": 7}
    assert line["individual"] == "P1"


@pytest.mark.parametrize(
    ("about", "individual"),
    [({"id": "P1"}, "P1"), ({"id": "P\x001"}, "P1"), ({"id": {"given_name": "Ada"}}, ""), ({"id": None}, "")],
)
def test_a_person_whom_only_the_answer_names_stands_in_the_log(
    mediator: TestClient,
    network: Any,
    ministry: dict[str, str],
    exchanges: Callable[..., Any],
    about: Any,
    individual: str,
) -> None:
    network.answer("digital-registries", "GET", "/persons/count", {"about": about})
    mediator.get(COUNT, headers=ministry)
    assert [line["individual"] for line in exchanges()] == [individual]


def test_no_secret_reaches_the_database(
    mediator: TestClient,
    network: Any,
    ministry: dict[str, str],
    token: dict[str, str],
    database: str,
    rows: Callable[..., Any],
) -> None:
    secrets = {
        "bearer": "eyJhbGciOi.bearer.token",
        "cookie": "session-cookie-value",
        "voucher": "4711-0815-VOUCHER",
        "form": "one-time-code-123",
        "query": "authorization-code-9",
        "answer": "fresh-access-token",
    }
    network.answer(
        "digital-registries",
        "POST",
        "/persons",
        {
            "access_token": secrets["answer"],
            "echo": f"you said Bearer {secrets['bearer']}",
            "leak": "secret-of-digital-registries",
        },
        headers={"Set-Cookie": f"s={secrets['cookie']}"},
    )
    headers = {
        **ministry,
        "Authorization": f"Bearer {secrets['bearer']}",
        "Cookie": f"s={secrets['cookie']}",
    }
    body = {"person": {"id": "P1", "name": "Ada", "voucher": secrets["voucher"]}}
    path = f"{REGISTRIES}/persons?code={secrets['query']}&page=2"
    assert mediator.post(path, json=body, headers=headers).status_code == 200
    mediator.post(f"{REGISTRIES}/documents", data={"code": secrets["form"]}, headers=headers)
    mediator.post(f"{REGISTRIES}/documents", content=secrets["form"].encode(), headers=headers)
    mediator.get(f"/public/identity/authorize?code={secrets['query']}", headers=headers)
    mediator.post("/_sandbox/clock", json={"offset_seconds": 0}, headers=token)
    stored = json.dumps(rows(database, "SELECT line FROM exchanges"))
    for secret in (*secrets.values(), "token-of-the-sandbox", "secret-of-digital-registries"):
        assert secret not in stored
    assert "page=2" in stored
    assert stored.count("exchanges") == 0
    assert len(rows(database, "SELECT 1 FROM exchanges")) == 5


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\\u0000", "b": "\\ud800", "c": 1e999, "d": NaN}',
        b"[" * 5000,
        b'{"a": ' * 150 + b"1" + b"}" * 150,
        b"\xff\xfe",
        b"not json",
    ],
    ids=["unstorable", "deep-and-open", "deep", "not-utf8", "not-json"],
)
def test_no_body_can_stop_the_log(
    mediator: TestClient,
    ministry: dict[str, str],
    exchanges: Callable[..., Any],
    database: str,
    body: bytes,
) -> None:
    headers = {**ministry, "Content-Type": "application/json"}
    assert mediator.post(f"{REGISTRIES}/documents", content=body, headers=headers).status_code == 200
    assert len(exchanges(application="digital-registries")) == 1
    assert main(["verify", "--database", database], {}) == 0


@pytest.mark.parametrize(
    "bearer", ["a", 'ed":"","request":', '"refused":"","request":', "/persons/count", "digital-registries"]
)
def test_no_access_token_can_rewrite_its_own_line(
    mediator: TestClient, ministry: dict[str, str], exchanges: Callable[..., Any], bearer: str
) -> None:
    mediator.get(COUNT, headers={**ministry, "Authorization": f"Bearer {bearer}"})
    (line,) = exchanges()
    assert (line["refused"], line["block"], line["operation_id"]) == (
        "",
        "digital-registries",
        "countPersons",
    )
    assert line["client"] == ministry["Information-Mediator-Client"]


def test_readers_can_ask_for_some_lines(
    mediator: TestClient,
    network: Any,
    ministry: dict[str, str],
    registration: dict[str, str],
    exchanges: Callable[..., Any],
) -> None:
    network.consents.add(("P1", "cash-transfer"))
    mediator.get(COUNT, headers=ministry)
    mediator.get(f"{REGISTRIES}/persons/P1", headers=registration)
    mediator.get("/public/identity/authorize")
    assert [line["number"] for line in exchanges()] == [1, 2, 3]
    assert [line["number"] for line in exchanges(since=1, limit=1)] == [2]
    assert [line["number"] for line in exchanges(individual="P1")] == [2]
    assert [line["number"] for line in exchanges(client=ministry["Information-Mediator-Client"])] == [1]
    assert [line["number"] for line in exchanges(application="identity")] == [3]


def test_fifty_callers_at_once_lose_no_line(
    made: tuple[Any, str], serve: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    app, database = made

    async def call_all(url: str) -> list[str]:
        async with httpx2.AsyncClient(base_url=url, headers=ministry, timeout=30) as client:
            answers = await asyncio.gather(*(client.get(COUNT) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        return [answer.headers["x-exchange-id"] for answer in answers]

    with serve(app) as url:
        identifiers = asyncio.run(call_all(url))
        answer = httpx2.get(f"{url}/_sandbox/exchanges", headers=token)
    lines = answer.json()["exchanges"]
    assert sorted(line["id"] for line in lines) == sorted(identifiers)
    assert [line["number"] for line in lines] == list(range(1, 51))
    assert main(["verify", "--database", database], {}) == 0


def test_an_answer_is_not_given_without_its_line(
    mediator: TestClient, ministry: dict[str, str], database: str, postgres: Server
) -> None:
    name = database.rpartition("/")[2]
    with psycopg.connect(postgres.url(name), autocommit=True) as admin:
        mediator.get(COUNT, headers=ministry)
        role = sql.Identifier(urlsplit(database).username or "")
        admin.execute(sql.SQL("REVOKE INSERT ON exchanges FROM {}").format(role))
        refused = mediator.get(COUNT, headers=ministry)
        assert refused.status_code == 503
        assert refused.json()["type"].endswith("/log-unavailable")
        admin.execute(sql.SQL("GRANT INSERT ON exchanges TO {}").format(role))
        assert mediator.get(COUNT, headers=ministry).status_code == 200
    assert main(["verify", "--database", database], {}) == 0


def test_the_log_survives_a_restart_in_one_chain(
    made: tuple[Any, str], make_app: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    app, database = made
    for _ in range(2):
        with TestClient(app) as mediator:
            mediator.get(COUNT, headers=ministry)
            mediator.post("/_sandbox/reset", headers=token)
        app, _ = make_app(database=database)
    with TestClient(app) as mediator:
        lines = mediator.get("/_sandbox/exchanges", headers=token).json()["exchanges"]
    assert [line["kind"] for line in lines] == ["call", "control", "call", "control"]
    assert [line["previous"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert main(["verify", "--database", database], {}) == 0


@pytest.mark.parametrize(
    ("attack", "finding"),
    [
        ("UPDATE exchanges SET line = replace(line, '200', '404') WHERE number = 3", "line 3: its text"),
        ("DELETE FROM exchanges WHERE number = 2", "line 3: line 2 is missing"),
        ("DELETE FROM exchanges WHERE number = 5", "line 5: the log ends before line 5"),
        (
            "UPDATE exchanges SET line = replace(line, '\"number\":4', '\"number\":9'), hash = "
            "encode(sha256(replace(line, '\"number\":4', '\"number\":9')::bytea), 'hex') WHERE number = 4",
            "line 4: it does not follow",
        ),
        (
            "UPDATE exchanges SET line = replace(line, '200', '404'), hash = "
            "encode(sha256(replace(line, '200', '404')::bytea), 'hex') WHERE number = 5",
            "line 5: its hash is not the one that was noted",
        ),
    ],
    ids=["edited", "removed", "cut-tail", "renumbered", "computed-afresh"],
)
def test_tampering_is_found_at_its_line(
    mediator: TestClient,
    ministry: dict[str, str],
    token: dict[str, str],
    database: str,
    postgres: Server,
    capsys: pytest.CaptureFixture[str],
    attack: str,
    finding: str,
) -> None:
    for _ in range(5):
        mediator.get(COUNT, headers=ministry)
    noted = mediator.get("/_sandbox/head", headers=token).json()
    head = f"{noted['number']}:{noted['hash']}"
    assert main(["verify", "--database", database, "--head", head], {}) == 0
    with psycopg.connect(postgres.url(database.rpartition("/")[2])) as admin:
        assert admin.execute(attack).rowcount == 1
    assert main(["verify", "--database", database, "--head", head], {}) == 1
    assert finding in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement", ["UPDATE exchanges SET line = ''", "DELETE FROM exchanges", "TRUNCATE exchanges"]
)
def test_the_serving_role_cannot_rewrite_history(database: str, statement: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
