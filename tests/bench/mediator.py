"""What the mediator costs: calls through it, beside direct ones and beside nginx as a plain reverse proxy.

All three lead to the same service, an nginx that answers a short document from memory, so that what is
measured is the way there. The mediator proves its caller, looks up the right, and answers when its line of
the message log is stored; nginx does none of it. Each runs in a process of its own on the loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, Series
from installation import Installation

from blockkit.standalone import throw_away_server
from blocks.information_mediator.seed import load
from sandbox.errors import RuntimeUnavailable

CLIENT = "SBX/GOV/MINISTRY/bench"
SERVICE = "SBX/GOV/CENTRAL/counter"
TOKEN = "token-of-the-bench"
ONE_BY_ONE = 500
AT_ONCE = 32
EACH = 50
"""Calls of each of the callers who call at once."""
WARMING = 200
PROGRAM = """
import os, socket, sys, uvicorn
from blocks.information_mediator.app import create_app
from blockkit.server import PatientProtocol
config = uvicorn.Config(create_app(os.environ), log_config=None, access_log=False, http=PatientProtocol)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""
NGINX = """
daemon off; worker_processes 1; pid {room}/pid; error_log {room}/errors;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {room}/body; proxy_temp_path {room}/proxy;
  fastcgi_temp_path {room}/fastcgi; uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
  server {{ listen 127.0.0.1:{service}; default_type application/json;
    location / {{ return 200 '{{"count":3}}'; }} }}
  upstream counter {{ server 127.0.0.1:{service}; keepalive 64; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{proxy}; location / {{
    proxy_pass http://counter; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Way:
    """How a call gets to the service."""

    port: int
    path: str
    headers: tuple[str, ...] = ()

    def request(self) -> bytes:
        """Write the call."""
        lines = (f"GET {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *self.headers, "", "")
        return "\r\n".join(lines).encode()


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure latency one call after another, and calls a second of many callers; the three take turns."""
    del installation
    nginx = shutil.which(
        os.environ.get("NGINX_PROGRAM", "nginx"), path=f"{os.environ.get('PATH', '')}:/usr/sbin"
    )
    if nginx is None:
        raise RuntimeUnavailable(
            "nginx is not installed", hint="apt-get install nginx, or name the program in NGINX_PROGRAM"
        )
    halves: dict[str, list[float]] = {}
    tails: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with ExitStack() as stack:
        ways = _ways(nginx, stack)
        for way in ways.values():
            asyncio.run(_call(way, WARMING))
        for run in range(runs):
            for name, way in ways.items():
                spent = sorted(asyncio.run(_call(way, ONE_BY_ONE)))
                halves.setdefault(name, []).append(spent[len(spent) // 2] * 1000)
                tails.setdefault(name, []).append(spent[len(spent) * 99 // 100] * 1000)
                began = time.perf_counter()
                asyncio.run(_call_at_once(way))
                rates.setdefault(name, []).append(AT_ONCE * EACH / (time.perf_counter() - began))
                say(
                    f"round {run + 1}: {name} p50 {halves[name][-1]:.2f} ms, p99 {tails[name][-1]:.2f} ms, "
                    f"{rates[name][-1]:.0f} calls/s of {AT_ONCE} callers"
                )
    figures = [
        Figure(
            name=f"mediator-call-{name}",
            unit="ms",
            measured=Series(values["mediator"]),
            peer="a direct call",
            peer_measured=Series(values["direct"]),
        )
        for name, values in (("p50", halves), ("p99", tails))
    ]
    figures += [
        Figure(
            name=f"mediator-overhead-{name}",
            unit="ms",
            measured=Series(
                [ours - direct for ours, direct in zip(values["mediator"], values["direct"], strict=True)]
            ),
            peer="nginx's over a direct call",
            peer_measured=Series(
                [theirs - direct for theirs, direct in zip(values["nginx"], values["direct"], strict=True)]
            ),
        )
        for name, values in (("p50", halves), ("p99", tails))
    ]
    throughput = Figure(
        name="mediator-throughput",
        unit="calls/s",
        measured=Series(rates["mediator"]),
        peer="nginx as a plain reverse proxy",
        peer_measured=Series(rates["nginx"]),
        more_is_better=True,
    )
    return [*figures, throughput]


def _ways(nginx: str, stack: ExitStack) -> dict[str, Way]:
    room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-mediator-")))
    room.chmod(0o777)  # nginx's workers are not root
    service, proxy = _free_port(), _free_port()
    (room / "nginx.conf").write_text(NGINX.format(room=room, service=service, proxy=proxy))
    command = [nginx, "-e", str(room / "errors"), "-c", str(room / "nginx.conf")]
    stack.enter_context(_running(command, service))
    server = stack.enter_context(throw_away_server())
    data = room / "data"
    data.mkdir()
    (data / "wiring.json").write_text(json.dumps(_wiring()))
    environment = {
        **os.environ,
        "DATABASE_URL": server.make_database("mediator", load, data),
        "SANDBOX_TOKEN": TOKEN,
        "PEERS": json.dumps({"counter": {"url": f"http://127.0.0.1:{service}", "secret": "of-the-counter"}}),
    }
    listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = listening.getsockname()[1]
    command = [sys.executable, "-c", PROGRAM, str(listening.fileno())]
    stack.enter_context(_running(command, port, env=environment, pass_fds=[listening.fileno()]))
    proven = (f"Information-Mediator-Client: {CLIENT}", f"Information-Mediator-Secret: {TOKEN}")
    return {
        "direct": Way(service, "/count"),
        "nginx": Way(proxy, "/count"),
        "mediator": Way(port, f"/r1/{SERVICE}/count", proven),
    }


def _wiring() -> dict[str, object]:
    why = dict.fromkeys(("purpose", "legal_basis", "retention", "recipient"), "to measure")
    operation = {"operation_id": "count", "method": "GET", "path": "/count", "summary": "count"}
    return {
        "services": [
            {"application": SERVICE, "block": "counter", "name": "Counter", "operations": [operation]}
        ],
        "clients": [{"application": CLIENT, "name": "Bench", "proof": "sandbox"}],
        "rights": [{"client": CLIENT, "service": SERVICE, "operations": ["count"], **why}],
    }


@contextmanager
def _running(command: list[str], port: int, **more: object) -> Iterator[None]:
    process = subprocess.Popen(command, **more)  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as probe:
            probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b" 200 " in probe.recv(64)
    except OSError:
        return False


async def _call_at_once(way: Way) -> None:
    await asyncio.gather(*(_call(way, EACH) for _ in range(AT_ONCE)))


async def _call(way: Way, times: int) -> list[float]:
    """Call over one connection, one call after another; give the seconds that each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
    request, spent = way.request(), []
    for _ in range(times):
        began = time.perf_counter()
        writer.write(request)
        await _read_answer(reader)
        spent.append(time.perf_counter() - began)
    writer.close()
    return spent


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"a call was answered {head[:40]!r}")
    _, stated, rest = head.partition(b"content-length: ")
    if stated:
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        return
    while size := int(await reader.readline(), 16):  # chunked
        await reader.readexactly(size + 2)
    await reader.readline()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
