"""A mediator killed while it accepts and pushes loses no accepted event: the next one goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from fastapi import FastAPI, Request, Response

from tests.fakes.waiting import eventually, fetch

ROOM = "/r1/SBX/GOV/CENTRAL/information-mediator"
ROOMS = "SBX/GOV/CENTRAL/information-mediator"
MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
REGISTRATION = "SBX/GOV/CENTRAL/registration"
WHY = {"purpose": "to tell", "legal_basis": "section 3", "retention": "a day", "recipient": "registers"}
BEFORE_THE_KILL = 20


class Subscriber:
    """A block that takes nothing at first, and later everything; it notes what it was given."""

    def __init__(self) -> None:
        self.takes = False
        self.asked = 0
        self.taken: list[int] = []
        self.app = FastAPI()
        self.app.add_api_route("/events/{event_type}", self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        self.asked += 1
        if not self.takes:
            return Response(status_code=503)
        self.taken.append((await request.json())["event"]["number"])
        return Response(status_code=204)


PROGRAM = """
import os, socket, sys, uvicorn
from blocks.information_mediator.app import create_app
server = uvicorn.Server(uvicorn.Config(create_app(os.environ), log_config=None))
server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@contextmanager
def mediator(database: str, ours: socket.socket, peers: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one as a process of its own on our socket; killed at the end, whatever happened."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "SANDBOX_SECRET": "mediators-own",
        "SANDBOX_TOKEN": "token-of-the-sandbox",
        "PEERS": json.dumps(peers),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(ours.fileno())],
        env=environment,
        pass_fds=[ours.fileno()],
        stderr=subprocess.DEVNULL,
    )
    try:
        assert fetch(f"http://127.0.0.1:{ours.getsockname()[1]}/readyz").status_code == 200
        yield process
    finally:
        process.kill()
        process.wait(30)


def test_every_accepted_event_arrives_although_the_mediator_is_killed(
    make_app: Callable[..., Any],
    wiring_document: dict[str, Any],
    serve: Callable[..., Any],
    ministry: dict[str, str],
    registration: dict[str, str],
    listening: socket.socket,
) -> None:
    lines = [
        {"client": MINISTRY, "room": ROOMS, "event_types": ["counted"], "acts": ["manage", "publish"], **WHY},
        {"client": REGISTRATION, "room": ROOMS, "event_types": ["*"], "acts": ["subscribe"], **WHY},
    ]
    _, database = make_app({**wiring_document, "topics": lines})
    subscriber = Subscriber()
    base = f"http://127.0.0.1:{listening.getsockname()[1]}{ROOM}"
    accepted = []
    with serve(subscriber.app) as address, httpx2.Client(trust_env=False, timeout=30) as client:
        peers = {"registration": {"url": address, "secret": "secret-of-registration"}}
        with mediator(database, listening, peers) as process:
            made = {"eventType": "counted", "schema": {"type": "object"}}
            client.post(f"{base}/api/v1/eventType", json=made, headers=ministry).raise_for_status()
            client.post(
                f"{base}/api/v1/subs/counted", json={"eventType": "counted"}, headers=registration
            ).raise_for_status()
            for number in range(BEFORE_THE_KILL):
                event = {"eventType": "counted", "event": {"number": number}}
                client.post(f"{base}/pub/v1/counted", json=event, headers=ministry).raise_for_status()
                accepted.append(number)
            eventually(lambda: subscriber.asked)
            os.kill(process.pid, signal.SIGKILL)
        assert subscriber.taken == []
        subscriber.takes = True
        with mediator(database, listening, peers):
            eventually(lambda: set(subscriber.taken) >= set(accepted))
    assert set(subscriber.taken) == set(accepted)
