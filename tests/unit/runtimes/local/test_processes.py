from __future__ import annotations

import signal
import socket
from pathlib import Path

import psutil
import pytest

from sandbox.runtimes.local.processes import end_processes, find_processes, is_alive, spawn_detached
from tests.fakes.waiting import eventually

TELL_WHAT_ARRIVED = """
import os, socket, sys
for number, name in enumerate(sys.argv[1:], start=3):
    print(name, socket.socket(fileno=number).getsockname()[1], flush=True)
print(os.getsid(0) == os.getpid(), sys.stdin.read() == "", flush=True)
"""
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(name: str, code: str) -> str:
        (tmp_path / f"{name}.py").write_text(code)
        return name

    return write


def test_descriptors_arrive_in_their_order_in_a_session_of_its_own(module, tmp_path: Path) -> None:
    output = tmp_path / "out"
    # Opened in one order and handed over in the other, so that numbers would collide on the way.
    held = [socket.socket() for _ in range(3)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    handed = list(reversed(held))
    pid = spawn_detached(
        module("tell_what_arrived", TELL_WHAT_ARRIVED),
        ("a", "b", "c"),
        output=output,
        pass_fds=[each.fileno() for each in handed],
    )
    eventually(lambda: not is_alive(pid))
    ports = [each.getsockname()[1] for each in handed]
    assert output.read_text().split() == [
        "a",
        str(ports[0]),
        "b",
        str(ports[1]),
        "c",
        str(ports[2]),
        "True",
        "True",
    ]
    for each in held:
        each.close()


def test_a_process_is_found_by_its_arguments_and_ended_even_when_stubborn(module, tmp_path: Path) -> None:
    output, mark = tmp_path / "out", str(tmp_path)
    pid = spawn_detached(module("stubborn", STUBBORN), (mark,), output=output)
    eventually(lambda: output.exists() and "ready" in output.read_text())
    found = find_processes(lambda given: mark in given)
    assert [process.pid for process in found] == [pid]
    end_processes(found, ((signal.SIGTERM, 0.05), (signal.SIGKILL, 10.0)))
    assert not is_alive(pid)
    assert find_processes(lambda given: mark in given) == []


def test_a_process_that_took_over_a_pid_is_not_touched() -> None:
    ourselves = psutil.Process()
    ourselves._create_time = ourselves.create_time() - 1000  # the record of one that ended before
    ourselves._ident = (ourselves.pid, ourselves._create_time)
    end_processes([ourselves], ((signal.SIGKILL, 0.1),))
    assert is_alive(ourselves.pid)
