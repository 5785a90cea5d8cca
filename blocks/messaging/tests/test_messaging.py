"""Messages from sending to reading."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import as_mediator, environment_for
from blocks.messaging.app import create_app
from blocks.messaging.seed import load

KEY = {"apiKey": "key-of-the-ministry"}
CONTENT = {"title": "Your application", "content": "It was approved."}
EVERY = {"status": ["bounced", "notSent", "delivered"]}


def email_to(address: str, **more: Any) -> dict[str, Any]:
    return {
        "senderInfo": {"name": "The ministry"},
        "recipientInfo": {"email": address, **more},
        "emailContent": CONTENT,
    }


def send_one(client: TestClient) -> str:
    answer = client.post("/send/email/single", json=email_to("ada@example.org"), headers=KEY)
    uid: str = answer.json()["requestUid"]
    return uid


def packed(text: str) -> dict[str, Any]:
    return {"recipientInfo": {"batchEmailAsBase64": text}, "emailContent": CONTENT}


def test_an_email_arrives_in_the_inbox_of_whose_address_it_is(client: TestClient) -> None:
    sent = client.post("/send/email/single", json=email_to("Ada@Example.org"), headers=KEY)
    assert sent.status_code == 200
    inbox = client.get("/inbox/P1").json()
    (message,) = inbox["messages"]
    assert inbox["count"] == 1
    assert (message["subject"], message["text"]) == ("Your application", "It was approved.")
    assert (message["channel"], message["sender"]) == ("email", "The ministry")
    assert client.get(f"/inbox/P1/messages/{message['id']}").json() == message
    assert client.get(f"/inbox/P2/messages/{message['id']}").status_code == 404


def test_the_status_says_what_became_of_each_recipient(client: TestClient) -> None:
    recipients = [
        {"recipientInfo": {"email": "ada@example.org", "emailCC": "nobody@example.org, nowhere"}},
        {"recipientInfo": {"email": "ada@example.org"}},
    ]
    body = packed(base64.b64encode(json.dumps(recipients).encode()).decode())
    uid = client.post("/send/email/batch", json=body, headers=KEY).json()["requestUid"]
    asked = client.get("/status/email", params=EVERY, headers={**KEY, "requestUid": uid})
    assert asked.json() == {"bounced": 1, "notSent": 1, "delivered": 1}
    assert client.get("/inbox/P1").json()["count"] == 1
    dialect = {"api_key": KEY["apiKey"], "requestUID": uid}
    assert client.get("/status/email?status[]=delivered", headers=dialect).json() == {"delivered": 1}
    assert client.get("/status/email?status[]=not_sent", headers=dialect).json() == {"notSent": 1}


def test_status_and_replies_are_for_the_same_key_only(client: TestClient) -> None:
    uid = client.post("/send/email/single", json=email_to("ada@example.org"), headers=KEY).json()[
        "requestUid"
    ]
    mine, foreign = {**KEY, "requestUid": uid}, {"apiKey": "another", "requestUid": uid}
    assert client.get("/status/email", params=EVERY, headers=mine).status_code == 200
    assert client.get("/status/email", params=EVERY, headers=foreign).status_code == 404
    assert client.get("/status/sms", params=EVERY, headers=mine).status_code == 404
    assert client.post("/callback/email", json={"content": "thanks"}, headers=mine).status_code == 200
    assert client.post("/callback/email", json={"content": "thanks"}, headers=foreign).status_code == 404


def test_repeating_a_named_request_sends_nothing_twice(client: TestClient) -> None:
    named = {**KEY, "requestUid": "MINE-0001"}
    answers = [
        client.post("/send/email/single", json=email_to("ada@example.org"), headers=named) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert client.get("/inbox/P1").json()["count"] == 1
    other = client.post("/send/email/single", json=email_to("bo@example.org"), headers=named)
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (409, "uid-taken")


def test_the_compliance_dialect_reads_its_own_spelling(client: TestClient) -> None:
    published = client.post("/send/email/single", json=email_to("ada@example.org"), headers=KEY)
    assert set(published.json()) == {"response", "requestUid"}
    answer = client.post("/send/email/single", json=email_to("ada@example.org"), headers={"api_key": "k"})
    assert answer.json()["requestUID"] == answer.json()["requestUid"]


def test_a_body_in_the_query_is_taken_as_the_published_file_has_it(client: TestClient) -> None:
    told = {"body": json.dumps(email_to("ada@example.org"))}
    assert client.post("/send/email/single", params=told, headers=KEY).status_code == 200
    assert client.get("/inbox/P1").json()["count"] == 1
    assert client.post("/send/email/single", params={"body": "{}"}, headers=KEY).status_code == 400


def test_text_messages_go_by_phone_number(client: TestClient) -> None:
    one = {"recipientInfo": {"phone": "+99900002"}, "smsContent": {"content": "hello"}}
    many = {"recipientInfo": {"phones": ["+99900002", "+99911111", "abc"]}, "smsContent": {"content": "all"}}
    assert client.post("/send/sms/single", json=one, headers=KEY).status_code == 200
    uid = client.post("/send/sms/batch", json=many, headers=KEY).json()["requestUid"]
    asked = client.get("/status/sms", params=EVERY, headers={**KEY, "requestUid": uid})
    assert asked.json() == {"bounced": 1, "notSent": 1, "delivered": 1}
    assert [message["text"] for message in client.get("/inbox/P2").json()["messages"]] == ["hello", "all"]


def test_a_block_delivers_by_person_and_readers_continue_where_they_were(client: TestClient) -> None:
    sender = {"Information-Mediator-Client": "SBX/GOV/CENTRAL/identity"}
    note = {"channel": "sms", "text": "Your code is 123456", "sensitive": True}
    first = client.post("/inbox/P9/messages", json=note, headers=sender)
    assert first.status_code == 201
    (message,) = client.get("/inbox/P9").json()["messages"]
    assert (message["id"], message["sensitive"]) == (first.json()["id"], True)
    assert message["sender"] == "SBX/GOV/CENTRAL/identity"
    client.post("/inbox/P9/messages", json={**note, "text": "Your code is 654321"}, headers=sender)
    later = client.get("/inbox/P9", params={"since": message["number"]}).json()
    assert [each["text"] for each in later["messages"]] == ["Your code is 654321"]
    newest = client.get("/inbox/P9", params={"limit": 1}).json()
    assert [each["text"] for each in newest["messages"]] == ["Your code is 654321"]
    assert client.get("/inbox/P1").json() == {"count": 0, "messages": []}


def test_what_no_database_can_keep_is_replaced(client: TestClient) -> None:
    told = json.dumps({"channel": "sms", "text": "a\x00b\ud800c"})
    client.post("/inbox/P1/messages", content=told, headers={"Content-Type": "application/json"})
    assert client.get("/inbox/P1").json()["messages"][0]["text"] == "a\ufffdb\ufffdc"


def test_messages_carry_the_sandboxs_time(client: TestClient) -> None:
    day = client.post("/_sandbox/clock", json={"offset_seconds": 400 * 86400}).json()["today"]
    client.post("/inbox/P1/messages", json={"channel": "app", "text": "later"})
    assert client.get("/inbox/P1").json()["messages"][0]["sentAt"].startswith(day)


UNFIT: tuple[tuple[str, Any, dict[str, str]], ...] = (
    ("/send/email/single", None, KEY),
    ("/send/email/single", {}, KEY),
    ("/send/email/single", email_to("ada@example.org"), {}),
    ("/send/email/single", email_to(""), KEY),
    ("/send/email/single", email_to(" , "), KEY),
    ("/send/email/single", email_to(",".join(f"a{n}@example.org" for n in range(10_001))), KEY),
    ("/send/email/single", {**email_to("a@b.org"), "emailContent": {"content": "x" * 100_001}}, KEY),
    ("/send/email/batch", packed("?"), KEY),
    (
        "/send/email/batch",
        packed("e30="),
        KEY,
    ),
    (
        "/send/email/batch",
        packed("W10="),
        KEY,
    ),
    (
        "/send/email/batch",
        packed("WzFd"),
        KEY,
    ),
    ("/send/sms/batch", {"recipientInfo": {"phones": []}, "smsContent": {"content": "x"}}, KEY),
    ("/callback/email", {"content": "x"}, KEY),
    ("/inbox/P1/messages", {"channel": "pigeon", "text": "x"}, {}),
    ("/inbox/P1/messages", {"channel": "sms", "text": ""}, {}),
    ("/inbox/P1%00/messages", {"channel": "sms", "text": "x"}, {}),
)


def test_what_does_not_fit_the_contract_is_answered_with_400(
    client: TestClient, subtests: pytest.Subtests
) -> None:
    for path, body, headers in UNFIT:
        with subtests.test(path=path, body=str(body)[:80]):
            answer = client.post(path, json=body, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("query", ["", "?status=lost"])
def test_a_status_that_is_none_is_refused(client: TestClient, query: str) -> None:
    uid = client.post("/send/email/single", json=email_to("ada@example.org"), headers=KEY).json()[
        "requestUid"
    ]
    assert client.get(f"/status/email{query}", headers={**KEY, "requestUid": uid}).status_code == 400


ALLOWED = (
    ("/send/email/single", "POST"),
    ("/send/email/batch", "POST"),
    ("/callback/email", "POST"),
    ("/status/email", "GET"),
    ("/inbox/P1", "GET"),
    ("/inbox/P1/links", "POST"),
    ("/inbox-page", "GET"),
)


def test_a_wrong_method_is_405_with_the_right_one(client: TestClient, subtests: pytest.Subtests) -> None:
    for path, allowed in ALLOWED:
        for method in sorted({"GET", "POST", "PUT", "DELETE", "PATCH"} - {allowed}):
            with subtests.test(path=path, method=method):
                answer = client.request(method, path)
                assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_the_serving_role_cannot_rewrite_what_was_sent(database: str) -> None:
    for statement in (
        "UPDATE messages SET text = ''",
        "UPDATE messages SET address = ''",
        "DELETE FROM messages",
        "DELETE FROM contacts",
    ):
        with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_keys_are_not_stored(client: TestClient, database: str) -> None:
    client.post("/send/email/single", json=email_to("ada@example.org"), headers=KEY)
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT r::text FROM requests r").fetchall()
    assert len(rows) == 1
    assert KEY["apiKey"] not in str(rows)


def test_it_serves_without_a_population(make_database: Callable[..., str]) -> None:
    with as_mediator(create_app(environment_for(make_database(load)))) as client:
        assert client.get("/inbox/P1").json()["count"] == 0
