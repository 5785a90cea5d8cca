"""The conversation with the mediator, over a real connection."""

from __future__ import annotations

import threading

import pytest
from urllib3.connection import HTTPConnection

from sandbox.calls import wire
from sandbox.calls.client import MediatorClient
from sandbox.calls.messages import Request
from sandbox.calls.requests import CannotSend
from sandbox.errors import BlockUnreachable


def request(path: str, **more: object) -> Request:
    return Request(block="b", operation_id="op", method="GET", target=f"/{path}", **more)  # type: ignore[arg-type]


@pytest.fixture
def client(server: str):
    with MediatorClient(server, "the-token") as opened:
        yield opened


def test_an_answer_comes_back_whole_and_the_token_goes_along(client: MediatorClient):
    sent = request("seen?a=%20b", headers={"x-own": "é"}, content=b'{"n":1}')
    answer = client.call(sent)
    assert answer.status == 200
    assert answer.exchange_id == "x-7"
    assert answer.body["path"] == "/seen?a=%20b"
    assert answer.body["body"] == '{"n":1}'
    assert answer.body["headers"]["information-mediator-secret"] == "the-token"
    assert answer.body["headers"]["accept-encoding"] == "identity"
    assert answer.headers["content-type"] == "application/json"
    assert not answer.problem


def test_a_step_can_not_speak_with_another_token(client: MediatorClient):
    answer = client.call(request("seen", headers={"information-mediator-secret": "mine"}))
    assert answer.body["headers"]["information-mediator-secret"] == "the-token"


def test_no_cookie_is_carried_from_one_call_to_the_next(client: MediatorClient):
    client.call(request("seen"))
    assert "cookie" not in client.call(request("seen")).body["headers"]


def test_a_redirect_is_an_answer_and_is_not_followed(client: MediatorClient):
    answer = client.call(request("away"))
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("path", "status", "body", "problem"),
    [
        ("empty", 204, None, ""),
        ("text", 200, "héllo", ""),
        ("large", 200, None, "the answer is larger than 8 MiB"),
        ("zipped", 200, None, "the answer is encoded as 'gzip', which was not asked for"),
        ("broken", 200, '{"a": NaN}', "the answer says it is application/json and is not"),
        ("half", 200, '["\\uD800"]', "the answer says it is application/json and is not"),
        ("nested", 200, None, "the answer nests deeper than 100 levels"),
        ("deep", 200, "[" * 200_000, "the answer says it is application/json and is not"),
    ],
)
def test_a_strange_answer_is_still_an_answer(
    client: MediatorClient, path: str, status: int, body: object, problem: str
):
    answer = client.call(request(path))
    assert (answer.status, answer.body) == (status, body)
    assert answer.problem.startswith(problem)
    assert bool(answer.problem) is bool(problem)


@pytest.mark.parametrize("path", ["drop", "cut"])
def test_no_whole_answer_means_unreachable(client: MediatorClient, path: str):
    with pytest.raises(BlockUnreachable, match="op at b got no answer"):
        client.call(request(path))


def test_a_silent_server_means_unreachable(server: str):
    with MediatorClient(server, "t", timeout=0.05) as client, pytest.raises(BlockUnreachable):
        client.call(request("hang"))


def test_a_closed_port_means_unreachable():
    with MediatorClient("http://127.0.0.1:1", "t") as client, pytest.raises(BlockUnreachable) as caught:
        client.call(request("seen"))
    assert caught.value.hint


def test_an_answer_that_drips_is_given_up(server: str):
    ticks = iter([0.0, 0.0, 36.0, 36.0])
    with MediatorClient(server, "t", timer=lambda: next(ticks)) as client:
        assert client.call(request("seen")).problem == "the answer was not complete after 35 s"


def test_what_http_can_not_carry_is_said(client: MediatorClient):
    with pytest.raises(CannotSend):
        client.call(request("seen", headers={"x-own": "漢"}))


def test_several_threads_call_at_once(client: MediatorClient):
    found: dict[int, str] = {}

    def call(number: int) -> None:
        found[number] = client.call(request(f"seen?n={number}")).body["path"]

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"/seen?n={number}" for number in range(8)}


def test_a_connection_is_kept_for_a_while_and_then_opened_anew(monkeypatch: pytest.MonkeyPatch, server: str):
    opened: list[object] = []
    connect = HTTPConnection.connect

    def note(self: HTTPConnection) -> None:
        opened.append(self)
        connect(self)

    monkeypatch.setattr(HTTPConnection, "connect", note)
    with MediatorClient(server, "t") as client:
        client.call(request("seen"))
        client.call(request("seen"))
        assert len(opened) == 1
        monkeypatch.setattr(wire, "KEPT_SECONDS", -1.0)
        client.call(request("seen"))
    assert len(opened) == 2
