"""Types commands for a user: each in a process of its own, forked from one that has loaded the command line.

What a command finds is what it finds when it is typed: its environment, its folder, its arguments, pipes
to write to, and an exit code of its own; only the second of loading is spent once and not every time.
How a command begins to load is the matter of others: documents' commands, commands that are interrupted
or killed, and those of test_main.py are started as users start them.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
LONGEST = 1 << 20
"""Bytes of a question."""
LOOKS_EVERY = 5.0
"""Seconds between looks whether anybody is still there to ask."""


class Typist:
    """The loaded process, and how it is asked. Several commands may run at once."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-typist-")
        self._address = str(Path(self._folder.name) / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._address)
            listening.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
            )

    def types(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        timeout: float,
        killed: tuple[str, int, str] | None = None,
    ) -> tuple[int, str, str]:
        """Run one command to its end; gives exit code, output and errors, as `subprocess.run` would.

        `killed`: by which signal at which step, as kill_at.py takes it.
        """
        asked = {
            **{"arguments": list(arguments), "environment": dict(environment)},
            **{"folder": str(Path.cwd()), "killed": killed},
        }
        (out, into_out), (err, into_err) = os.pipe(), os.pipe()
        with socket.socket(socket.AF_UNIX) as line, ThreadPoolExecutor(2) as readers:
            line.connect(self._address)
            line.settimeout(timeout)
            socket.send_fds(line, [json.dumps(asked).encode()], [into_out, into_err])
            for sent in (into_out, into_err):
                os.close(sent)
            # Read to their ends: what a command leaves running must not hold them.
            said = [readers.submit(_read, each) for each in (out, err)]
            with line.makefile() as answers:
                pid = int(answers.readline())
                try:
                    code = int(answers.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(list(arguments), timeout) from None
            return code, said[0].result(timeout), said[1].result(timeout)

    def close(self) -> None:
        """End the loaded process."""
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


@cache
def the_typist() -> Typist:
    """Give the one of these tests; it ends with them."""
    typist = Typist()
    atexit.register(typist.close)
    return typist


def _read(descriptor: int) -> str:
    with os.fdopen(descriptor, encoding="utf-8") as pipe:
        return pipe.read()


def _serve(listening: socket.socket) -> None:
    """Answer for ever; returns only in a process forked for a command, which is to run it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for commands
    parent = os.getppid()
    listening.settimeout(LOOKS_EVERY)
    while True:
        try:
            line, _ = listening.accept()
        except TimeoutError:
            if os.getppid() != parent:
                sys.exit()  # the tests were killed
            continue
        with line:
            content, descriptors, _, _ = socket.recv_fds(line, LONGEST, 2)
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                pid = os.fork()
                if pid == 0:
                    break
                _tell_how_it_ends(line, pid, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
    _take_place(json.loads(content), descriptors)


def _tell_how_it_ends(line: socket.socket, pid: int, descriptors: Sequence[int]) -> NoReturn:
    for descriptor in descriptors:
        os.close(descriptor)
    line.sendall(f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        line.sendall(f"{code}\n".encode())
    finally:
        os._exit(0)  # whoever asked may have gone


def _take_place(asked: Mapping[str, object], descriptors: Sequence[int]) -> None:
    """Become the process that the command would have been."""
    for descriptor, standard in zip(descriptors, (1, 2), strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    os.chdir(str(asked["folder"]))
    sys.argv = [str(ROOT / "sandbox" / "__main__.py"), *asked["arguments"]]  # type: ignore[misc]
    sys.modules["__main__"].__package__ = "sandbox"
    if asked["killed"] is not None:
        from tests.fakes.kill_at import kill_at

        kill_at(*asked["killed"])  # type: ignore[misc]


def _load() -> None:
    """Load what most commands load."""
    sys.path[0] = str(ROOT)
    import sandbox.cli.commands.checkpoint
    import sandbox.cli.commands.run
    import sandbox.cli.commands.sandboxes
    import sandbox.lifecycle.loading
    import sandbox.runtimes.docker.driver
    import sandbox.runtimes.local.driver
    import sandbox.trial  # noqa: F401


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from sandbox.__main__ import main

    main()
