"""A block and its PostgreSQL as processes that a test kills (SIGKILL) and starts again, on the same ports.

The block's listening socket stays with the test, so a client that comes while nobody serves waits for
the next process. PostgreSQL is started again on the data that the killed one left.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil
import psycopg
import uvicorn

from blockkit.standalone import Server
from tests.fakes.waiting import eventually

FORKS = multiprocessing.get_context("forkserver")
"""The imports are paid for once, by the process that the others are forked from."""
FORKS.set_forkserver_preload(["tests.fakes.killable", "blocks.payments.app"])


def serve_payments(environment: Mapping[str, str], listening: socket.socket) -> None:
    """Serve the payments block until killed; what runs in the forked process."""
    from blocks.payments.app import create_app

    app = create_app(environment, patience=lambda _: 0.0)
    config = uvicorn.Config(app, log_config=None, access_log=False, backlog=2048)
    uvicorn.Server(config).run(sockets=[listening])


class KillableBlock:
    """A block's process, started again after each kill."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._listening = listen()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.start()

    def start(self) -> None:
        """Fork a process that serves."""
        self._process = FORKS.Process(
            target=serve_payments, args=(self._environment, self._listening), daemon=True
        )
        self._process.start()

    def kill(self) -> None:
        """End the process, as the machine would."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._listening.close()


class KillablePostgres:
    """A server of its own, started again on its data after each kill."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o711)
        self._folder = folder
        self.server = Server(_quiet_port(), secrets.token_hex(16))
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text(self.server.password)
        self.start()

    def start(self) -> None:
        """Start it, again and again while the killed one's children still hold the data."""
        with (self._folder / "log").open("ab") as log:

            def answers() -> bool:
                if self._process is None or self._process.poll() is not None:
                    self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
                try:
                    psycopg.connect(self.server.url(), connect_timeout=2).close()
                except psycopg.OperationalError:
                    return False
                return True

            self._process: subprocess.Popen[bytes] | None = None
            try:
                eventually(answers, within=120)
            except AssertionError as error:
                said = (self._folder / "log").read_text(errors="replace")
                raise AssertionError(f"PostgreSQL does not come back: {said[-2000:]}") from error

    def kill(self) -> None:
        """End the server and its children without a word, as a container is ended.

        A child that waits for a lock of another that is gone would outlive its server and hold the data.
        """
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        server.suspend()  # so that it starts no child meanwhile
        for process in (*server.children(recursive=True), server):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "blockkit.postgres", "serve"),
            *("--data", str(self._folder / "data"), "--port", str(self.server.port)),
            *("--password-file", str(self._folder / "password"), "--connections", "50"),
        ]


class HttpDouble:
    """Serves a function over HTTP from a thread, for processes that can't be handed a transport."""

    def __init__(self, answer: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self._answer = answer
        self._listening = listen()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, log_config=None, access_log=False, interface="asgi3", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), daemon=True)
        self._thread.start()

    async def _app(self, scope: dict[str, object], receive: object, send: object) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()  # type: ignore[operator]
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = httpx2.Request(
            str(scope["method"]),
            f"{self.url}{scope['path']}",
            headers=scope["headers"],  # type: ignore[arg-type]
            content=body,
        )
        answer = await asyncio.to_thread(self._answer, request)
        start = {"type": "http.response.start", "status": answer.status_code, "headers": answer.headers.raw}
        await send(start)  # type: ignore[operator]
        await send({"type": "http.response.body", "body": answer.content})  # type: ignore[operator]

    def close(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join()


def _quiet_port() -> int:
    """Choose a free port that the system gives to no client.

    While the server is down, clients that try to reach it would be given its port themselves now and
    then, and the server could not start again.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")


def listen() -> socket.socket:
    """Listen on a port of the loopback that is ours as long as the socket is open."""
    # TCP by name, or asyncio leaves TCP_NODELAY out and every answer on a kept connection waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening
