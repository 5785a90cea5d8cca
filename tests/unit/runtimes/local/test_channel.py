from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest

from sandbox.runtimes.local import channel
from sandbox.runtimes.local.layout import SandboxFolder


def answering(listener, reply: bytes | None) -> Thread:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            stream.readline()
            if reply is not None:
                connection.sendall(reply)

    thread = Thread(target=serve)
    thread.start()
    return thread


@pytest.fixture(params=["short", "far too long for a socket " * 6])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> SandboxFolder:
    path = tmp_path / request.param
    path.mkdir()
    return SandboxFolder(path)


def test_a_question_gets_its_answer_however_long_the_path(folder: SandboxFolder) -> None:
    with channel.open_channel(folder) as listener:
        thread = answering(listener, json.dumps({"instances": []}).encode() + b"\n")
        assert channel.ask(folder, {"do": "observe"}) == {"instances": []}
        thread.join()


def test_no_host_is_no_answer(folder: SandboxFolder) -> None:
    assert channel.ask(folder, {"do": "observe"}) is None
    channel.open_channel(folder).close()  # the socket's file stays behind
    assert channel.ask(folder, {"do": "observe"}) is None


def test_a_sandbox_that_does_not_exist_is_no_answer(tmp_path: Path) -> None:
    assert channel.ask(SandboxFolder(tmp_path / "never"), {"do": "observe"}) is None


def test_a_refusal_is_raised_with_the_last_words(folder: SandboxFolder) -> None:
    with channel.open_channel(folder) as listener:
        thread = answering(listener, b'{"refused": "no", "log_tail": "why"}\n')
        with pytest.raises(channel.Refused, match="no") as caught:
            channel.ask(folder, {"do": "start"})
        assert caught.value.log_tail == "why"
        thread.join()


def test_a_host_that_ends_before_it_answers_is_lost(folder: SandboxFolder) -> None:
    with channel.open_channel(folder) as listener:
        thread = answering(listener, None)
        with pytest.raises(channel.HostLost):
            channel.ask(folder, {"do": "run_once"})
        thread.join()
