"""Runs the command line and kills it (SIGKILL) or interrupts it (SIGINT) at its Nth step into the world.

    python tests/fakes/kill_at.py SIGNAL N TRACE ARGUMENTS...

A step is an audit event of the interpreter by which something outside can come into being: a
folder, a process, a file written, a request sent. With N = 0 it only writes the steps to TRACE.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

STEPS = {"os.mkdir", "os.rename", "os.link", "subprocess.Popen", "socket.connect", "http.client.send"}


def main() -> int:
    """Arm the hook, then run the command."""
    number, at, trace = getattr(signal, sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    from sandbox.cli.main import main as command

    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = (
            event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in "wax")
        )
        if event not in STEPS and not writes:
            return
        seen.append(f"{event} {str(arguments[0])[:200]!r}")
        if len(seen) == at:
            os.kill(os.getpid(), number)

    sys.addaudithook(hook)
    code = command(sys.argv[4:])
    if at == 0:
        steps, seen = seen, []
        with open(trace, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write("\n".join(steps))
    return code


if __name__ == "__main__":
    sys.exit(main())
