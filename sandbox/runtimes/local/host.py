"""The process that is a local sandbox: `python -m sandbox.runtimes.local.host FOLDER ID NAME...`.

It holds one loopback port per instance from its first moment (its sockets are handed over
by whoever starts it: descriptor 3 is the channel, then one for each NAME), serves instances
in threads, and answers the questions of later commands on the channel. It ends by itself
when its folder is gone or another one: nothing needs to know its pid.

It isolates nothing: whoever wants that uses the `docker` runtime.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from types import FrameType
from typing import TYPE_CHECKING, Any

from sandbox.runtimes.local.layout import SandboxFolder
from sandbox.runtimes.local.logfile import BoundedLog
from sandbox.runtimes.local.output import Output, route_output

if TYPE_CHECKING:  # imported when first needed, so that the channel is served at once
    from sandbox.runtimes.local.apart import Apart
    from sandbox.runtimes.local.serving import Served

Message = Mapping[str, Any]
LOOPBACK = "127.0.0.1"
_FIRST_DESCRIPTOR = 3
_LOOKS_EVERY = 0.5


class Refusal(Exception):
    """What was asked can't be done; `log_tail` is what the instance said last."""

    def __init__(self, message: str, log_tail: str = "") -> None:
        super().__init__(message)
        self.log_tail = log_tail


class Host:
    """The instances of one sandbox."""

    def __init__(self, folder: SandboxFolder, listeners: Mapping[str, socket.socket]) -> None:
        self._folder = folder
        self._listeners = dict(listeners)
        self._ports: dict[str, int] = {name: held.getsockname()[1] for name, held in listeners.items()}
        self._instances: dict[str, Served | Apart] = {}
        self._logs: dict[str, BoundedLog] = {}
        self._lock = Lock()
        self._questions: dict[str, Callable[[Message], Message]] = {
            "start": self._start,
            "run_once": self._run_once,
            "stop": self._stop,
            "observe": self._observe,
        }

    def answer(self, question: Message) -> Message:
        """Do what is asked and say how it went; never raises."""
        try:
            return self._questions[question["do"]](question)
        except Refusal as refusal:
            return {"refused": str(refusal), "log_tail": refusal.log_tail}
        except Exception as error:  # the asker must hear of it; the host goes on
            traceback.print_exc()
            return {"refused": f"the host process failed: {error!r}", "log_tail": traceback.format_exc()}

    def _start(self, question: Message) -> Message:
        name = question["name"]
        with self._lock:
            there = self._instances.get(name)
            if there is None or there.exit_code is not None:  # one that runs is left alone
                instance = (
                    self._make_apart(question) if question.get("apart") else self._make_served(question)
                )
                self._instances[name] = instance
                instance.start()
        return {"pid": os.getpid()}

    def _make_served(self, question: Message) -> Served:
        from sandbox.runtimes.local.serving import Served

        name, module, environment = question["name"], question["module"], question["environment"]
        output, listener = self._output(name), self._listener(name)
        return Served(name, module, environment, listener, output, on_end=lambda: self._hold(name))

    def _make_apart(self, question: Message) -> Apart:
        from sandbox.runtimes.local.apart import Apart

        name, module, environment = question["name"], question["module"], question["environment"]
        log, listener = self._folder.log(name), self._listener(name)
        return Apart(name, module, environment, listener, log, on_end=lambda: self._hold(name))

    def _run_once(self, question: Message) -> Message:
        from sandbox.runtimes.local.serving import import_program

        output = self._output(question["name"])
        with output.attached():
            try:
                program = import_program(f"{question['module']}.__main__")
                code = program.main(question["arguments"], question["environment"])
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:  # as a process of its own would: traceback, exit code 1
                traceback.print_exc()
                code = 1
        return {"exit_code": code, "log_tail": output.tail()}

    def _stop(self, question: Message) -> Message:
        from sandbox.runtimes.local.serving import StillRunning

        with self._lock:
            served = self._instances.get(question["name"])
        if served is None:
            return {}
        try:
            served.stop(question["grace_seconds"])
        except StillRunning:
            raise Refusal(
                f"instance {served.name!r} holds its thread and can't be stopped alone", served.output.tail()
            ) from None
        with self._lock:
            if self._instances.get(served.name) is served:
                del self._instances[served.name]
        return {}

    def _observe(self, _: Message) -> Message:
        with self._lock:
            return {
                "pid": os.getpid(),
                "instances": [[name, served.exit_code] for name, served in self._instances.items()],
                "apart": [name for name, served in self._instances.items() if served.is_apart],
            }

    def _listener(self, name: str) -> socket.socket:
        if name not in self._ports:
            raise Refusal(f"{name!r} has no address here; the sandbox was laid out for {sorted(self._ports)}")
        if name not in self._listeners:
            self._hold(name)
        if name not in self._listeners:
            raise Refusal(f"port {self._ports[name]} of {name!r} was taken by another program")
        return self._listeners.pop(name)

    def _hold(self, name: str) -> None:
        """Keep the port of an instance that has ended for its next life, if nobody was quicker."""
        # TCP by name, or asyncio leaves TCP_NODELAY out and every answer on a kept connection waits 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Connections of the former life may linger in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, self._ports[name]))
        except OSError:
            listener.close()
        else:
            self._listeners[name] = listener

    def _output(self, name: str) -> Output:
        return Output(self._logs.setdefault(name, BoundedLog(self._folder.log(name))))


def serve_channel(channel: socket.socket, host: Host) -> None:
    """Answer for ever, each question in a thread of its own: some take minutes."""
    while True:
        connection, _ = channel.accept()
        Thread(target=_answer_one, args=(connection, host), daemon=True).start()


def _answer_one(connection: socket.socket, host: Host) -> None:
    with connection, connection.makefile("rw", encoding="utf-8", newline="\n") as stream:
        line = stream.readline()
        if not line:
            return
        answer = json.dumps(host.answer(json.loads(line)))
        try:
            stream.write(answer + "\n")
            stream.flush()
        except BrokenPipeError:
            return  # the asker was killed; what it asked for is done all the same


def _still_ours(folder: SandboxFolder, identity: str) -> bool:
    try:
        return folder.identity() == identity
    except OSError:
        return False


def _end_now(_: int, __: FrameType | None) -> None:
    # Blocks keep no state outside PostgreSQL and survive a kill; an orderly end would only take longer.
    os._exit(0)


def silence_warnings() -> None:
    """Show no warning of Python, whatever threads do: to be called before the first of them starts.

    A library that hides its own warning with `warnings.catch_warnings` changes the filters of the
    whole process, and threads that do so at once undo it for each other (FastAPI does for each
    parameter of a route). What leaks names files of this machine in a block's log, and so in
    evidence. Filters that are put back are always descended from these.
    """
    warnings.simplefilter("ignore")


def main(arguments: Sequence[str]) -> int:
    """Run until the folder is gone or SIGTERM comes."""
    silence_warnings()
    folder, identity, names = SandboxFolder(Path(arguments[0])), arguments[1], arguments[2:]
    signal.signal(signal.SIGTERM, _end_now)
    os.umask(0o077)
    os.chdir("/")
    route_output(Output(BoundedLog(folder.host_log)))
    descriptors = range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + 1 + len(names))
    channel, *listeners = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    for held in (channel, *listeners):
        held.set_inheritable(False)
    host = Host(folder, dict(zip(names, listeners, strict=True)))
    Thread(target=serve_channel, args=(channel, host), daemon=True).start()
    # The expensive imports of every block, while the databases are still being made.
    import fastapi  # noqa: F401
    import psycopg_pool  # noqa: F401

    import sandbox.runtimes.local.serving  # noqa: F401

    while _still_ours(folder, identity):
        time.sleep(_LOOKS_EVERY)
    os._exit(0)  # threads of blocks may hold the interpreter's orderly end up for ever


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
