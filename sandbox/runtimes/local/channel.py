"""How a command speaks to a sandbox's host process: one JSON line there, one back.

The socket lies in the sandbox's folder, which its owner alone may enter; that is the whole
access control. A host that is gone is None to `ask`, not an error: the caller knows
whether that matters.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import RuntimeFailure
from sandbox.runtimes.local.layout import SandboxFolder

Message = Mapping[str, Any]
_LONGEST_ADDRESS = 100
"""Characters that every system's AF_UNIX takes (Linux 107, macOS 103)."""
_BACKLOG = 128


class HostLost(Exception):
    """The host ended between the question and its answer."""


class Refused(Exception):
    """The host's answer is a refusal; `log_tail` is what the instance said last."""

    def __init__(self, message: str, log_tail: str = "") -> None:
        super().__init__(message)
        self.log_tail = log_tail


def open_channel(folder: SandboxFolder) -> socket.socket:
    """Open the socket that the host will listen on; questions wait in it until the host is up."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(folder) as address:
            listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def ask(folder: SandboxFolder, question: Message) -> Message | None:
    """Put one question to the host and wait for its answer; None when no host listens.

    Raises Refused, or HostLost when the host ends before it answers.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with _address(folder) as address:
                connection.connect(address)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        try:
            with connection.makefile("rw", encoding="utf-8", newline="\n") as stream:
                stream.write(json.dumps(question) + "\n")
                stream.flush()
                line = stream.readline()
        except (ConnectionResetError, BrokenPipeError):
            line = ""
    if not line:
        raise HostLost
    answer: dict[str, Any] = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"], answer["log_tail"])
    return answer


@contextmanager
def _address(folder: SandboxFolder) -> Iterator[str]:
    """Give the socket's address, by a detour over the folder's descriptor where the path is too long."""
    path = folder.path / "host.sock"
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    if not Path("/proc/self/fd").is_dir():
        raise RuntimeFailure(
            f"the path {path} is too long for a socket of this system",
            hint="set SANDBOX_HOME to a folder with a shorter path",
        )
    descriptor = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)
