"""Every block answers or cuts off what no honest client sends, and goes on answering everybody else.

Blocks are found by their folders. What is said at once stands in `test_contracts.py` and
`test_rough_requests.py`; here it is said slowly or without end, and the server must be the one that ends it.
"""

from __future__ import annotations

import importlib
import re
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from blockkit import bounds, server
from blockkit.app import read_contract
from blockkit.server import PatientProtocol
from blockkit.testing import SECRET, PeersDouble, environment_for
from tests.fakes.serving import serving
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]
BLOCKS = sorted(file.parent.name for file in (ROOT / "blocks").glob("*/openapi.yaml"))
IDLERS = 60
REFUSED_BEFORE = "401"
"""The mediator wants to know who calls before it reads on."""
SILENCE = 30.0
"""Seconds after which a server that says nothing has failed the test; it is far quicker."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shrink what is waited for and carried, so that no test waits or sends much."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(bounds, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(bounds, "LARGEST_BODY", 1 << 20)


@pytest.fixture(params=BLOCKS)
def block(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def port(block: str, impatient: None, make_database: Callable[..., str], peers: PeersDouble) -> Iterator[int]:
    """A block that listens as it does in a sandbox."""
    environment = {
        **environment_for(make_database(importlib.import_module(f"blocks.{block}.seed").load)),
        "SANDBOX_TOKEN": "token-of-the-sandbox",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    app = importlib.import_module(f"blocks.{block}.app").create_app(environment, transport=peers.transport())
    with serving(app, http=PatientProtocol) as address:
        yield int(address.rpartition(":")[2])


def posting(block: str) -> str:
    """Give the address of some operation that reads a body."""
    paths = read_contract(ROOT / "blocks" / block)["paths"]
    path = next(path for path, item in paths.items() if "requestBody" in item.get("post", {}))
    return re.sub(r"\{[^{}]+\}", "1", path)


def head(line: str, *headers: str) -> bytes:
    stated = (line, "Host: 127.0.0.1", f"X-Sandbox-Secret: {SECRET}", "Content-Type: application/json")
    return "\r\n".join((*stated, *headers, "", "")).encode("latin-1")


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SILENCE)


def heard(connection: socket.socket) -> str:
    """Give the status that came, or `cut off`; a server that stays silent fails."""
    said = b""
    try:
        while b"\r\n" not in said and (part := connection.recv(65536)):
            said += part
    except ConnectionError:
        pass
    return said.split(b" ", 2)[1].decode() if said.startswith(b"HTTP/1.1 ") else "cut off"


def say(port: int, *parts: bytes) -> str:
    with connect(port) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except ConnectionError:
            return "cut off"
        return heard(connection)


def test_hostile_clients_are_answered_or_cut_off_and_others_are_served(
    block: str, port: int, subtests: pytest.Subtests
) -> None:
    path = posting(block)
    post = f"POST {path} HTTP/1.1"
    idlers = [connect(port) for _ in range(IDLERS)]
    for number, idler in enumerate(idlers):
        idler.sendall((b"", b"G", b"GET /healthz HTTP/1.1\r\nX-Slow: ")[number % 3])
    assert healthy(port), "while others dawdle"
    attacks: dict[str, tuple[tuple[bytes, ...], set[str]]] = {
        "a body that never comes": ((head(post, "Content-Length: 100"), b'{"a":'), {"408"}),
        "a chunk that never ends": ((head(post, "Transfer-Encoding: chunked"), b"ff\r\n{"), {"408"}),
        "a body said to be huge": ((head(post, f"Content-Length: {10**15}"),), {"413", "408"}),
        "a body that is huge": (
            (head(post, "Transfer-Encoding: chunked"), *[b"10000\r\n" + b" " * 65536 + b"\r\n"] * 20),
            {"413", "408", "400", "403"},
        ),
    }
    for name, (parts, expected) in attacks.items():
        with subtests.test(attack=name):
            assert say(port, *parts) in {*expected, REFUSED_BEFORE, "cut off"}
            assert healthy(port), name
    with subtests.test(attack="heads that never end"):
        assert {heard(idler) for idler in idlers} == {"cut off"}
    for idler in idlers:
        idler.close()


def healthy(port: int) -> bool:
    """Whether an honest client is served; one that a busy machine makes dawdle is cut off and comes again."""
    return eventually(lambda: say(port, head("GET /healthz HTTP/1.1")) == "200", within=SILENCE)


@pytest.mark.parametrize("block", ["messaging"], indirect=True)
def test_one_connection_serves_several_requests(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", SILENCE)
    client = HTTPConnection("127.0.0.1", port, timeout=SILENCE)
    client.connect()
    used = client.sock
    for _ in range(3):
        client.request("GET", "/healthz")
        answer = client.getresponse()
        answer.read()
        assert answer.status == 200
        assert client.sock is used
    client.close()


def test_a_client_that_was_answered_and_sends_on_for_ever_is_cut_off(block: str, port: int) -> None:
    proven = head(f"POST {posting(block)} HTTP/1.1", "Content-Length: 100")
    with connect(port) as connection:
        connection.sendall(proven.replace(SECRET.encode(), b"guessed"))
        try:
            assert heard(connection) in {"401", "cut off"}
            connection.sendall(b"{")
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
