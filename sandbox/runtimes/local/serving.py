"""One instance inside the host: its thread, its event loop, its server.

Each instance has an event loop of its own, because blocks that share one starve each
other. Nothing here decides what runs; it serves one application on one socket and tells
how that ended.
"""

from __future__ import annotations

import importlib
import math
import socket
import traceback
from collections.abc import Callable, Mapping
from threading import Lock, Thread
from types import ModuleType

import uvicorn

from sandbox.runtimes.local.output import Output

_CLOSES_WITHIN = 5.0
"""Seconds that an application has for its own shutdown, after its requests have ended."""
PROTOCOL = "blockkit.server:PatientProtocol"
"""By name, as blocks are: it cuts off clients that never finish a request's head."""
_imports = Lock()


def import_program(name: str) -> ModuleType:
    """Import one module at a time: threads importing in parallel can meet half-made modules."""
    with _imports:
        return importlib.import_module(name)


class StillRunning(Exception):
    """The instance's thread does not end; only the end of the host will end it."""


class Served:
    """One instance, from its start to its end."""

    is_apart = False

    def __init__(
        self,
        name: str,
        module: str,
        environment: Mapping[str, str],
        listener: socket.socket,
        output: Output,
        on_end: Callable[[], None],
    ) -> None:
        self.name = name
        self.exit_code: int | None = None
        self.output = output
        self._module = module
        self._environment = environment
        self._listener = listener
        self._on_end = on_end
        self._server: uvicorn.Server | None = None
        self._leaving = False
        self._lock = Lock()
        self._thread = Thread(target=self._run, name=f"instance-{name}", daemon=True)

    def start(self) -> None:
        """Begin to serve, without waiting for it."""
        self._thread.start()

    def stop(self, grace_seconds: float) -> None:
        """End it: open requests have `grace_seconds`, then they are cut off.

        Raises StillRunning when the application holds its thread all the same.
        """
        seconds = math.ceil(grace_seconds)
        with self._lock:
            self._leaving = True
            if self._server is not None:
                self._server.config.timeout_graceful_shutdown = seconds
                self._server.should_exit = True
        self._thread.join(seconds + _CLOSES_WITHIN)
        if self._thread.is_alive():
            raise StillRunning(self.name)

    def _run(self) -> None:
        with self.output.attached():
            try:
                self._serve()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            except BaseException:  # whatever a block does wrong is its own exit, not the host's
                traceback.print_exc()
                code = 1
        self._listener.close()
        self._on_end()
        self.exit_code = code

    def _serve(self) -> None:
        server = make_server(self._module, self._environment)
        with self._lock:
            self._server = server
            server.should_exit = self._leaving
        server.run(sockets=[self._listener])


def make_server(module: str, environment: Mapping[str, str]) -> uvicorn.Server:
    """Make what serves a block's application."""
    application = import_program(f"{module}.app").create_app(environment)
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        http=PROTOCOL,
    )
    return uvicorn.Server(config)
