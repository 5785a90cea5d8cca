"""Detached processes: started, found again by what they were started with, and ended.

No pid is written down anywhere: a process is found by its arguments, so also one whose
starter was killed before it could record anything. It is ended by pid and start time
(psutil compares both), and never when it belongs to another root file system, where the
same path is another folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path

import psutil

_FIRST_PASSED = 3
_OUT_OF_THE_WAY = 256
_POLL = 0.005


def spawn_detached(
    module: str, arguments: Sequence[str], *, output: Path, pass_fds: Sequence[int] = ()
) -> int:
    """Start `python -m module arguments` in a session of its own and return its pid.

    It reads nothing and writes to `output`. The descriptors arrive as 3, 4, 5 ... in
    their order. It is a child that nobody needs to wait for: it outlives the caller.
    """
    # Copies above every target number, so that one dup2 can't overwrite the source of the next.
    sources = [fcntl(descriptor, F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for descriptor in pass_fds]
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", module, *arguments],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                *((os.POSIX_SPAWN_DUP2, fd, _FIRST_PASSED + n) for n, fd in enumerate(sources)),
            ],
            setsid=True,
            # A caller may run with signals blocked or ignored; what it starts must be endable.
            setsigmask=(),
            setsigdef=(signal.SIGTERM, signal.SIGINT, signal.SIGHUP),
        )
    finally:
        for descriptor in sources:
            os.close(descriptor)


def find_processes(belongs: Callable[[list[str]], bool]) -> list[psutil.Process]:
    """Find the running processes of this root file system whose arguments satisfy `belongs`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if belongs(process.cmdline()) and _shares_our_root(process.pid):
                found.append(process)
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs still; a zombie does not, however late its parent looks after it."""
    try:
        return _runs(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def end_processes(processes: Sequence[psutil.Process], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn to those still running, waiting up to so many seconds after each."""
    remaining = list(processes)
    for number, seconds in steps:
        for process in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        deadline = time.monotonic() + seconds
        while remaining := [process for process in remaining if _runs(process)]:
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL)
        if not remaining:
            return


def _runs(process: psutil.Process) -> bool:
    try:
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return False
    with contextlib.suppress(ChildProcessError):  # it was our own child: nobody else can bury it
        os.waitpid(process.pid, os.WNOHANG)
    return False


def _shares_our_root(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/root").samefile("/")
    except OSError:
        return True  # not Linux, or another user's process, which we could not end anyway
