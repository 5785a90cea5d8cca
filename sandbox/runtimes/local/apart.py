"""An instance in a process of its own: `python -m sandbox.runtimes.local.apart`, started by the host.

Beside the instances that are threads of the host, one that is to be killed alone. It serves on the socket
that it inherits, is told by one line on its standard input what it is, and ends when that input does: with
its host, however the host ended.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread

from sandbox.runtimes.local.logfile import BoundedLog
from sandbox.runtimes.local.output import Output, route_output

_PROGRAM = "sandbox.runtimes.local.apart"
_KILLED_WITHIN = 5.0


class Apart:
    """One such process, seen from the host."""

    is_apart = True

    def __init__(
        self,
        name: str,
        module: str,
        environment: Mapping[str, str],
        listener: socket.socket,
        log: Path,
        on_end: Callable[[], None],
    ) -> None:
        self.name = name
        self.output = Output(BoundedLog(log))
        self._told = {"module": module, "environment": dict(environment), "log": str(log)}
        self._listener = listener
        self._on_end = on_end
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Begin to serve, without waiting for it."""
        descriptor = self._listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", _PROGRAM, str(descriptor)],
            stdin=subprocess.PIPE,
            pass_fds=(descriptor,),
            start_new_session=True,
        )
        self._listener.close()
        assert process.stdin is not None, "it was asked for"
        process.stdin.write(json.dumps(self._told).encode() + b"\n")
        process.stdin.flush()
        self._process = process

    def stop(self, grace_seconds: float) -> None:
        """End it in order within `grace_seconds`; with none, and after them, kill it."""
        process = self._process
        if process is None:
            return
        if grace_seconds > 0:
            process.terminate()
            try:
                process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        else:
            process.kill()
        process.wait(_KILLED_WITHIN)
        self._on_end()


def main(arguments: Sequence[str]) -> int:
    """Serve until killed, told to end, or left alone."""
    # An import behind the host's own, so that the host pays nothing for it.
    from sandbox.runtimes.local.serving import make_server

    told = json.loads(sys.stdin.buffer.readline())
    route_output(Output(BoundedLog(Path(told["log"]))))
    Thread(target=_end_with_the_host, daemon=True).start()
    listener = socket.socket(fileno=int(arguments[0]))
    make_server(told["module"], told["environment"]).run(sockets=[listener])
    return 0


def _end_with_the_host() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
