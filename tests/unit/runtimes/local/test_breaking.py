"""What is killed on `local` is one process, and comes back at its address; nobody else's server is killed."""

from __future__ import annotations

from pathlib import Path

import psutil

from sandbox.runtime import InstanceSpec, Phase
from sandbox.runtimes.local import server
from sandbox.runtimes.local.breaking import LocalBreaker
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.layout import Home
from tests.fakes.waiting import answers, eventually, fetch

ECHO = InstanceSpec(
    sandbox="one", name="payments", module="echo_block", environment={"WHO": "payments of one"}
)


def phases(runtime: LocalRuntime) -> dict[str, Phase]:
    return {instance.name: instance.phase for instance in runtime.observe("one")}


def apart(home_path: Path) -> list[psutil.Process]:
    """The processes of instances that were set apart, by their parent: the host of this home."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "sandbox.runtimes.local.apart" in (process.info["cmdline"] or ()):
            parent = process.parent()
            if parent is not None and any(str(home_path) in word for word in parent.cmdline()):
                found.append(process)
    return found


def test_an_instance_is_set_apart_killed_and_back_at_its_address(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    address = runtime.prepare(request_for("one")).addresses["payments"]
    breaker = LocalBreaker(home_path)
    runtime.start(ECHO)
    assert breaker.set_apart(ECHO)
    assert not breaker.set_apart(ECHO)
    eventually(lambda: answers(address))
    assert fetch(f"{address}/environment/WHO").json() == {"WHO": "payments of one"}
    assert len(apart(home_path)) == 1
    breaker.kill("one", "payments")
    assert not answers(address)
    assert phases(runtime) == {}
    breaker.start(ECHO)
    eventually(lambda: answers(address))
    runtime.discard("one")
    eventually(lambda: not apart(home_path))


def test_the_database_is_killed_only_where_it_is_nobody_elses(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("one"))
    breaker = LocalBreaker(home_path)
    assert breaker.why_not_the_database("one") == ""
    before = server.recorded_server(Home(home_path))
    assert before is not None
    with before.session() as connection:
        connection.execute("CREATE TABLE kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (1)")
    breaker.restart_database("one")
    after = server.recorded_server(Home(home_path))
    assert after == before
    with after.session() as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]
        connection.execute("DROP TABLE kept")
    runtime.prepare(request_for("two"))
    assert breaker.why_not_the_database("one").endswith("share its PostgreSQL: two")
