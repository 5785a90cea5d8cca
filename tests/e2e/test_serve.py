"""`sandbox serve` as a team uses it: the first link, a killed server, a second copy, nothing left."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.e2e.conftest import User, a_user
from tests.fakes.waiting import eventually

ROOT = Path(__file__).parents[2]
PASSWORD = "seven green kettles"


class Server:
    """A running `sandbox serve`."""

    def __init__(self, user: User, log: Path) -> None:
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "serve", "--port", "0"],
                cwd=ROOT,
                env={**os.environ, "SANDBOX_HOME": str(user.home), "PYTHONUNBUFFERED": "1"},
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self._log = log
        eventually(lambda: "sandboxes stay up" in self.said, within=60)
        self.address = re.findall(r"^http://\S+$", self.said, re.MULTILINE)[0]

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self._log.read_text()

    @property
    def invitation(self) -> str | None:
        """The word in the link that makes the first account."""
        found = re.search(r"/welcome\?invitation=(\S+)", self.said)
        return found and found[1]

    def client(self, **headers: str) -> httpx2.Client:
        """Open a connection."""
        return httpx2.Client(base_url=self.address, headers=headers, trust_env=False, timeout=60)

    def end(self, number: signal.Signals) -> int:
        """End it and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@pytest.fixture
def user() -> Iterator[User]:
    yield from a_user("local")


def postgres_of(user: User) -> list[psutil.Process]:
    """Find the store's servers of a home."""
    data = str(user.home / "control-plane" / "postgres" / "data")
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if data in (each.info["cmdline"] or []) and each.status() != psutil.STATUS_ZOMBIE
    ]


def state_of(client: httpx2.Client, name: str) -> str:
    answer = client.get(f"/api/v1/sandboxes/{name}")
    return "removed" if answer.status_code == 404 else str(answer.json()["state"])


def test_a_killed_server_goes_on_where_it_was(user: User, tmp_path: Path) -> None:
    server = Server(user, tmp_path / "first.log")
    assert server.invitation is not None
    with server.client(origin=server.address) as browser:
        said = {"invitation": server.invitation, "name": "Ada", "password": PASSWORD}
        assert browser.post("/welcome", data=said).status_code == 303
        token = browser.post("/api/v1/tokens", json={"label": "mine"}).json()["token"]
        asked = {"name": "demo", "blocks": ["payee-institutions"], "people": {"size": 50}}
        assert browser.post("/api/v1/sandboxes", json=asked).status_code == 202
        eventually(lambda: state_of(browser, "demo") == "starting", within=30)
    second = user.types("serve", "--port", "0")
    assert second.code == 3
    assert "another `sandbox serve` works with" in second.err
    server.end(signal.SIGKILL)

    again = Server(user, tmp_path / "second.log")
    assert again.invitation is None
    with again.client(authorization=f"Bearer {token}") as program:
        eventually(lambda: state_of(program, "demo") == "running", within=90)
        assert [each["name"] for each in user.types("ls", "--json").value] == ["demo"]
        check_that_commands_are_the_same_there(user, again.address, token)
        eventually(lambda: state_of(program, "demo") == "removed", within=60)
    assert user.types("ls", "--json").value == []
    assert again.end(signal.SIGINT) == 130
    assert postgres_of(user) == []
    assert "Traceback" not in again.said


def check_that_commands_are_the_same_there(user: User, address: str, token: str) -> None:
    """What the command line says and does through a server is what it says and does here."""
    there = {"SANDBOX_SERVER": address, "SANDBOX_TOKEN": token}
    for listing in (("ls",), ("ls", "--json")):
        assert user.types(*listing, **there).out == user.types(*listing).out
    assert user.types("reset", "demo", **there).out == user.types("reset", "demo").out
    assert user.types("reset", "demo", "--json", **there).value["name"] == "demo"
    up = user.types("up", "--block", "payee-institutions", "--size", "50", "--name", "two", "--json", **there)
    assert up.code == 0, up.err
    assert set(up.value) == {"name", "url", "token"}
    assert len(user.types("logs", "two", "payee-institutions", "--tail", "3", **there).out.splitlines()) == 3
    assert user.types("up", "--block", "payee-institutions", "--name", "two", **there).code == 3
    assert user.types("down", "two", "--server", address, SANDBOX_TOKEN="nobody").code == 3
    assert user.types("down", "two", "demo-not", **there).code == 2
    assert user.types("down", "--all", "--json", **there).value == {"removed": ["demo", "two"]}
    refused = user.types("run", "construction-permit", "--input", "nope=1", **there)
    assert refused.code == 4
    assert "nope" in refused.err
    played = user.types("run", "construction-permit", **there)
    assert played.code == 0, played.err
    assert played.out.splitlines()[-1].startswith(f"{address}/api/v1/runs/")
    unreachable = user.types("ls", "--server", "http://127.0.0.1:1")
    assert unreachable.code == 5
    assert "does not answer" in unreachable.err
    assert "Traceback" not in unreachable.err


def test_a_port_that_is_taken_is_said_and_starts_nothing(user: User, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = user.types("serve", "--port", str(taken.getsockname()[1]))
    assert ended.code == 2
    assert "can't listen on 127.0.0.1" in ended.err
    assert postgres_of(user) == []
