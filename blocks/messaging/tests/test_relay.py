"""With a mail sink wired, e-mail is delivered when the sink has taken it; refusals are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.messaging import relay
from blocks.messaging.app import create_app
from tests.fakes.mail_sink import MailSink
from tests.fakes.waiting import eventually

KEY = {"apiKey": "key-of-the-ministry"}
EVERY = {"status": ["scheduled", "processing", "deferred", "bounced", "notSent", "delivered"]}
ADA = "ada@example.org"

Relaying = Callable[[Mapping[str, str]], Any]


@pytest.fixture
def relaying(database: str, peers: PeersDouble) -> Relaying:
    """Give `relaying(more environment)`, a context with a client of a block that never waits long."""

    @contextmanager
    def run(environment: Mapping[str, str]) -> Iterator[TestClient]:
        wired = {**environment_for(database), **environment}
        with as_mediator(create_app(wired, peers.transport(), patience=lambda _: 0.0)) as client:
            yield client

    return run


def send(client: TestClient, address: str = ADA, title: str = "Approved", **more: Any) -> str:
    body = {
        "recipientInfo": {"email": address},
        "emailContent": {"title": title, "content": "Good news.\nTruly."},
        **more,
    }
    answer = client.post("/send/email/single", json=body, headers=KEY)
    assert answer.status_code == 200, answer.text
    uid: str = answer.json()["requestUid"]
    return uid


def outcome(client: TestClient, uid: str) -> dict[str, int]:
    answer = client.get("/status/email", params=EVERY, headers={**KEY, "requestUid": uid})
    return {status: count for status, count in answer.json().items() if count}


def ended(client: TestClient, uid: str) -> str:
    def look() -> str:
        (status,) = outcome(client, uid)
        return status if status in ("delivered", "bounced", "notSent") else ""

    return eventually(look)


def test_what_the_sink_takes_is_delivered_and_only_then(relaying: Relaying, sink: MailSink) -> None:
    with relaying({"SMTP_SINK": sink.address}) as client:
        uid = send(client)
        assert ended(client, uid) == "delivered"
        (message,) = client.get("/inbox/P1").json()["messages"]
    (mail,) = sink.taken
    assert (mail["To"], mail["Subject"], mail["X-Fictitious"]) == (ADA, "Approved", "yes")
    assert mail["Message-ID"] == f"<{message['id']}@sandbox.invalid>"
    assert mail.get_content().split() == ["Good", "news.", "Truly."]


def test_what_the_sink_refuses_for_good_bounces(relaying: Relaying, sink: MailSink) -> None:
    sink.answers[ADA] = ["550 nobody here"]
    with relaying({"SMTP_SINK": sink.address}) as client:
        assert ended(client, send(client)) == "bounced"
        assert client.get("/inbox/P1").json()["count"] == 0
    assert sink.taken == []


def test_what_the_sink_cannot_take_now_is_tried_again(relaying: Relaying, sink: MailSink) -> None:
    sink.answers[ADA] = ["451 later", "421 still busy"]
    with relaying({"SMTP_SINK": sink.address}) as client:
        assert ended(client, send(client)) == "delivered"
    assert len(sink.taken) == 1
    assert sink.answers[ADA] == []


def test_a_sink_that_never_takes_it_is_given_up(relaying: Relaying, sink: MailSink) -> None:
    sink.answers[ADA] = ["451 later"] * relay.MOST_FAILURES
    with relaying({"SMTP_SINK": sink.address}) as client:
        assert ended(client, send(client)) == "notSent"
    assert sink.taken == []


def test_a_sink_that_is_not_there_defers(relaying: Relaying, database: str, sink: MailSink) -> None:
    address = sink.address
    sink.server_close()
    with relaying({"SMTP_SINK": address}) as client:
        assert ended(client, send(client)) == "notSent"


def test_a_message_left_behind_by_a_block_that_died_is_sent(
    relaying: Relaying, database: str, sink: MailSink
) -> None:
    with relaying({}) as client:
        uid = send(client, address="nobody@example.org")
    with psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO messages (message_id, request_uid, individual_id, address, channel, sender, subject,"
            " text, sensitive, status, sent_at) VALUES ('msg-1', %s, 'P1', %s, 'email', '', '', 'x', false,"
            " 'processing', now())",
            [uid, ADA],
        )
    with relaying({"SMTP_SINK": sink.address}) as client:
        assert eventually(lambda: outcome(client, uid).get("delivered"))
    assert [mail["Message-ID"] for mail in sink.taken] == ["<msg-1@sandbox.invalid>"]


def test_a_title_cannot_add_headers(relaying: Relaying, sink: MailSink) -> None:
    with relaying({"SMTP_SINK": sink.address}) as client:
        sender = {"name": "Ministry\r\nBcc: all@example.org"}
        uid = send(client, title="Hello\r\nBcc: all@example.org", senderInfo=sender)
        assert ended(client, uid) == "delivered"
    (mail,) = sink.taken
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: all@example.org"


def test_text_messages_and_notices_never_go_to_the_sink(relaying: Relaying, sink: MailSink) -> None:
    with relaying({"SMTP_SINK": sink.address}) as client:
        body = {"recipientInfo": {"phone": "+99900002"}, "smsContent": {"content": "hello"}}
        assert client.post("/send/sms/single", json=body, headers=KEY).status_code == 200
        client.post("/inbox/P1/messages", json={"channel": "email", "text": "a code"})
        assert client.get("/inbox/P2").json()["count"] == 1
        assert ended(client, send(client)) == "delivered"
    assert [mail["Subject"] for mail in sink.taken] == ["Approved"]


@pytest.mark.parametrize("stated", ["mail.example.org:25", "192.0.2.1:25", "127.0.0.1", "0.0.0.0:25", ":25"])
def test_a_sink_anywhere_else_than_on_the_loopback_is_refused(stated: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|wanted an address of the loopback"):
        relay.Sink.of(stated)


def test_whoever_asks_is_told_when_all_is_decided(relaying: Relaying, peers: PeersDouble) -> None:
    with relaying({}) as client:
        send(client)
        both = f"{ADA}, nobody@example.org"
        uid = send(client, address=both, callback={"URI": "https://ministry.example/told"})
        (told,) = eventually(lambda: list(peers.callbacks))
    assert (told["kind"], told["correlation"]) == ("message-status", uid)
    counted = {status: count for status, count in told["body"]["status"].items() if count}
    assert (told["body"]["requestUid"], counted) == (uid, {"delivered": 1, "bounced": 1})
    assert {call.url.host for call in peers.calls} == {"mediator.test"}


def test_a_callback_that_is_not_taken_is_tried_again(relaying: Relaying, peers: PeersDouble) -> None:
    taken: list[str] = []
    refusals = iter([503, 500])
    route = peers._route  # what would take it

    def reluctant(request: Any) -> Any:
        status = next(refusals, None)
        if status is not None:
            taken.append("refused")
            return relay_answer(status)
        return route(request)

    peers._route = reluctant  # type: ignore[method-assign]
    with relaying({}) as client:
        uid = send(client, callbackUri={"uri": "x"})
        (told,) = eventually(lambda: list(peers.callbacks))
    assert (told["correlation"], taken) == (uid, ["refused", "refused"])


def relay_answer(status: int) -> Any:
    import httpx2

    return httpx2.Response(status)
