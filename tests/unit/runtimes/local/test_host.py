from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from sandbox.errors import RuntimeFailure, StartFailed
from sandbox.runtime import Completed, InstanceSpec, Phase
from sandbox.runtimes.local import channel, server
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.host import Host
from sandbox.runtimes.local.layout import Home
from sandbox.runtimes.local.processes import is_alive
from tests.fakes.waiting import answers, eventually, fetch


def echo(name: str = "payments", **environment: str) -> InstanceSpec:
    return InstanceSpec(sandbox="one", name=name, module="echo_block", environment=environment)


def host_pid(home_path: Path) -> int:
    answer = channel.ask(Home(home_path).folder("one"), {"do": "observe"})
    assert answer is not None
    pid: int = answer["pid"]
    return pid


def test_the_host_outlives_nobody_who_needs_to_know_it(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    pid = host_pid(home_path)
    Home(home_path).folder("one").path.rename(home_path / "taken-away")
    eventually(lambda: not is_alive(pid))


def test_a_folder_of_the_same_name_is_not_the_hosts_own(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    pid = host_pid(home_path)
    folder = Home(home_path).folder("one").path
    folder.rename(home_path / "taken-away-too")
    folder.mkdir()
    eventually(lambda: not is_alive(pid))


def test_a_host_whose_records_were_never_written_is_found_by_its_arguments(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    pid = host_pid(home_path)
    folder = Home(home_path).folder("one")
    for path in (folder.spec, folder.site, folder.secret, folder.path / "host.sock"):
        path.unlink()
    assert [remains.spec for remains in runtime.list_sandboxes()] == [None]
    runtime.discard("one")
    assert not is_alive(pid)


def test_instances_of_a_killed_host_have_exited(runtime: LocalRuntime, request_for, home_path: Path) -> None:
    runtime.prepare(request_for("one"))
    runtime.start(echo())
    pid = host_pid(home_path)
    psutil.Process(pid).kill()
    eventually(lambda: not is_alive(pid))
    seen = {instance.name: instance.phase for instance in runtime.observe("one")}
    assert seen == {"information-mediator": Phase.EXITED, "payments": Phase.EXITED}
    runtime.stop("one", "payments", grace_seconds=1)
    with pytest.raises(RuntimeFailure, match="host process of sandbox 'one' is gone") as caught:
        runtime.start(echo())
    assert "sandbox down one" in caught.value.hint


def test_each_instance_has_its_own_log_and_its_own_event_loop(runtime: LocalRuntime, request_for) -> None:
    site = runtime.prepare(request_for("one"))
    loops = set()
    for name in ("information-mediator", "payments"):
        runtime.start(echo(name))
        loops.add(fetch(f"{site.addresses[name]}/thread").text)
        fetch(f"{site.addresses[name]}/say/{name}")
    for name in ("information-mediator", "payments"):
        told = [line for line in runtime.logs("one", name, tail=100) if "told to say" in line]
        assert len(told) == 1
        assert name in told[0]
    assert len(loops) == 2


def test_one_instances_failure_is_not_the_others(runtime: LocalRuntime, request_for) -> None:
    site = runtime.prepare(request_for("one"))
    runtime.start(echo("information-mediator"))
    runtime.start(echo(REFUSE_TO_START="broken"))
    eventually(lambda: any(seen.exit_code for seen in runtime.observe("one")))
    assert fetch(f"{site.public_url}/readyz").status_code == 200
    runtime.start(echo())  # and it may be started again, repaired
    assert fetch(f"{site.addresses['payments']}/readyz").status_code == 200


def test_an_application_that_fails_while_starting_has_exited(runtime: LocalRuntime, request_for) -> None:
    runtime.prepare(request_for("one"))
    runtime.start(echo(FAIL_IN_LIFESPAN="no database"))
    eventually(lambda: [seen.exit_code for seen in runtime.observe("one")] == [3])
    assert any("no database" in line for line in runtime.logs("one", "payments", tail=50))


def test_an_open_request_is_cut_off_after_the_grace(runtime: LocalRuntime, request_for) -> None:
    site = runtime.prepare(request_for("one"))
    runtime.start(echo())
    fetch(f"{site.addresses['payments']}/readyz")
    hanging = socket.create_connection(("127.0.0.1", site.ports["payments"]))
    with hanging:
        hanging.sendall(b"GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(
            lambda: any("waiting for ever" in line for line in runtime.logs("one", "payments", tail=9))
        )
        runtime.stop("one", "payments", grace_seconds=0.2)
    assert runtime.observe("one") == []
    assert not answers(site.addresses["payments"])


def test_a_caller_that_keeps_its_connection_does_not_keep_the_port(
    runtime: LocalRuntime, request_for
) -> None:
    site = runtime.prepare(request_for("one"))
    runtime.start(echo())
    fetch(f"{site.addresses['payments']}/readyz")
    with socket.create_connection(("127.0.0.1", site.ports["payments"])) as lingering:
        lingering.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert lingering.recv(100).startswith(b"HTTP/1.1 200")
        runtime.stop("one", "payments", grace_seconds=1)
        runtime.start(echo())
        assert fetch(f"{site.addresses['payments']}/readyz").status_code == 200


def test_a_name_without_an_address_is_refused(runtime: LocalRuntime, request_for) -> None:
    runtime.prepare(request_for("one"))
    with pytest.raises(StartFailed, match=r"'consent' has no address.*information-mediator.*payments"):
        runtime.start(echo("consent"))


def test_an_images_candidate_is_refused_with_the_runtime_that_takes_it(
    runtime: LocalRuntime, request_for
) -> None:
    runtime.prepare(request_for("one"))
    candidate = InstanceSpec(sandbox="one", name="payments", image="vendor/payments@sha256:0")
    for do in (runtime.start, runtime.run_once):
        with pytest.raises(StartFailed, match="reference blocks only") as caught:
            do(candidate)
        assert "docker" in caught.value.hint


def test_a_module_that_does_not_exist_is_the_programs_own_failure(runtime: LocalRuntime, request_for) -> None:
    runtime.prepare(request_for("one"))
    done = runtime.run_once(InstanceSpec(sandbox="one", name="task", module="no_such_block"))
    assert done.exit_code == 1
    assert "ModuleNotFoundError" in done.log_tail


def test_a_librarys_hidden_warning_reaches_no_log_when_threads_undo_the_hiding(
    runtime: LocalRuntime, request_for
) -> None:
    """It would name a file of this machine in the log, and so in a bundle of evidence."""
    runtime.prepare(request_for("one"))
    warning = ("warn", "an attribute without effect")
    done = runtime.run_once(InstanceSpec(sandbox="one", name="task", module="echo_block", arguments=warning))
    assert done == Completed(exit_code=0, log_tail="")


def test_the_loopback_alone_is_listened_on(runtime: LocalRuntime, request_for, home_path: Path) -> None:
    site = runtime.prepare(request_for("one"))
    runtime.start(echo())
    fetch(f"{site.addresses['payments']}/readyz")
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(host_pid(home_path)).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [server.LOOPBACK]


def test_the_port_of_a_next_life_answers_as_fast_as_the_first() -> None:
    # asyncio sets TCP_NODELAY only on sockets that name their protocol.
    held: dict[str, socket.socket] = {}
    Host._hold(cast("Any", SimpleNamespace(_ports={"payments": 0}, _listeners=held)), "payments")
    with held["payments"] as listener:
        assert listener.proto == socket.IPPROTO_TCP
