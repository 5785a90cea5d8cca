"""Kills the process it is loaded in (SIGKILL) or interrupts it (SIGINT) at its Nth step into the world.

A step is an audit event of the interpreter by which something outside can come into being: a
folder, a process, a file written, a request sent. With N = 0 it writes the steps down when all is done.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from pathlib import Path
from typing import Any

STEPS = {"os.mkdir", "os.rename", "os.link", "subprocess.Popen", "socket.connect", "http.client.send"}


def kill_at(name: str, number: int, trace: str) -> None:
    """Arm the hook: signal `name` at step `number`, or with 0 the steps into the file `trace`."""
    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = (
            event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in "wax")
        )
        if event not in STEPS and not writes:
            return
        seen.append(f"{event} {str(arguments[0])[:200]!r}")
        if len(seen) == number:
            os.kill(os.getpid(), getattr(signal, name))

    def write() -> None:
        steps = list(seen)
        Path(trace).write_text("\n".join(steps), encoding="utf-8")

    if number == 0:
        atexit.register(write)
    sys.addaudithook(hook)
