"""Starting and following instances where something is in the way."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.errors import StartFailed
from sandbox.runtime import Phase

pytestmark = pytest.mark.docker


def test_a_published_port_taken_by_another_program_is_named(runtime, request_for, program):
    site = runtime.prepare(request_for("squeezed"))
    port = int(site.public_url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(StartFailed, match=f"port {port} of sandbox 'squeezed'") as caught:
            runtime.start(program("squeezed", "information-mediator"))
        assert "sandbox down squeezed" in caught.value.hint
        assert runtime.observe("squeezed") == []
    assert runtime.start(program("squeezed", "information-mediator")).phase is Phase.RUNNING


def test_instances_may_be_started_from_several_threads(runtime, request_for, program):
    runtime.prepare(request_for("busy"))
    names = ["information-mediator", "payments", "consent", "identity"]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: runtime.start(program("busy", name)), names))
    assert [instance.name for instance in runtime.observe("busy")] == sorted(names)


def test_a_reader_may_leave_a_log_that_is_still_written(runtime, request_for, program):
    runtime.prepare(request_for("chatty"))
    targets = '[["127.0.0.1", 1]]'
    runtime.start(program("chatty", "payments", "sending", TOKEN="t", TARGETS=targets))
    following = runtime.logs("chatty", "payments", tail=10, follow=True)
    assert "127.0.0.1" in next(following)
    following.close()
    runtime.stop("chatty", "payments", grace_seconds=0)
    assert runtime.observe("chatty") == []
