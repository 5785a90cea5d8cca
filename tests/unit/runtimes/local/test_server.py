from __future__ import annotations

import shutil
import signal
import socketserver
from pathlib import Path
from threading import Thread

import psutil
import psycopg
import pytest

from sandbox.errors import RuntimeUnavailable
from sandbox.runtime import InstanceSpec
from sandbox.runtimes.local import server
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.layout import Home
from sandbox.runtimes.local.processes import is_alive
from tests.fakes.waiting import eventually


class OtherProgram(socketserver.TCPServer):
    """Takes connections and closes them; never speaks PostgreSQL."""

    allow_reuse_address = True


def postmaster(home_path: Path) -> int:
    return int((home_path / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def crash(home_path: Path) -> None:
    process = psutil.Process(postmaster(home_path))
    family = [process, *process.children(recursive=True)]
    process.send_signal(signal.SIGKILL)
    eventually(lambda: not any(is_alive(each.pid) for each in family))


def test_the_last_sandbox_takes_the_server_with_it(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    for name in ("one", "two"):
        runtime.prepare(request_for(name))
    pid = postmaster(home_path)
    runtime.discard("one")
    assert is_alive(pid)
    runtime.discard("two")
    assert not is_alive(pid)
    assert server.recorded_server(Home(home_path)) is None


def test_a_crashed_server_is_started_again_where_the_sandboxes_know_it(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    database = runtime.prepare(request_for("one")).database
    crash(home_path)
    done = runtime.run_once(
        InstanceSpec(
            sandbox="one",
            name="task",
            module="echo_block",
            arguments=("sql", database.url(database.user), "SELECT 'recovered'"),
        )
    )
    assert done.log_tail == "recovered"


def test_a_server_that_crashed_with_no_sandbox_left_is_made_anew(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    mark = home_path / "postgres" / "data" / "mark"
    mark.touch()
    crash(home_path)
    runtime.discard("one")
    assert not mark.exists()
    assert runtime.prepare(request_for("one")).database.port


def test_broken_data_is_made_anew_when_no_sandbox_needs_it(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    runtime.discard("one")
    shutil.rmtree(home_path / "postgres" / "data" / "global")
    (home_path / "postgres" / "data.0123abcd").mkdir()  # what a killed initdb leaves
    runtime.prepare(request_for("one"))
    assert not (home_path / "postgres" / "data.0123abcd").exists()


def test_a_sandbox_can_be_discarded_though_its_server_can_not_start(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    for name in ("one", "two"):
        runtime.prepare(request_for(name))
    crash(home_path)
    shutil.rmtree(home_path / "postgres" / "data" / "global")
    with pytest.raises(RuntimeUnavailable, match="did not start"):
        runtime.prepare(request_for("three"))
    for name in ("one", "two"):
        runtime.discard(name)
    assert runtime.list_sandboxes() == []
    assert runtime.prepare(request_for("three")).ports


def test_a_port_that_sandboxes_know_and_another_program_has_is_named(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    database = runtime.prepare(request_for("one")).database
    crash(home_path)
    with OtherProgram((database.host, database.port), socketserver.BaseRequestHandler) as other:
        Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with pytest.raises(
            RuntimeUnavailable, match=f"port {database.port}.* one .*taken by another program"
        ):
            runtime.prepare(request_for("two"))
        other.shutdown()
    assert [remains.name for remains in runtime.list_sandboxes()] == ["one"]


def test_what_hangs_in_the_server_from_a_killed_command_is_ended(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("stays"))
    runtime.prepare(request_for("one"))
    found = server.recorded_server(Home(home_path))
    assert found is not None
    with found._connect("sbx_one") as stray:
        runtime.discard("one")
        with pytest.raises(psycopg.OperationalError):
            stray.execute("SELECT 1")
